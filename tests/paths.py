"""Where the tests find files of the repository, and the reference data beside it."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RECIPES = REPOSITORY / "recipes"
ASTRONAUT = REPOSITORY / "examples" / "astronaut.jpg"  # 512 x 512 pixels, one head
SHARED = REPOSITORY.parent / "shared"  # not part of the repository; the fixture `shared` skips where it is absent
