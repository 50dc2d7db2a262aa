"""What the files are called that `trans3dhead predict` writes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

STANDARD_INPUT = Path("-")


def result_names(photographs: Sequence[Path], folders: Sequence[Path] = ()) -> list[str]:
    """A name for the results of each photograph: its stem, in the folder in which it lies inside of one of `folders`.

    With the suffix where the stem is not its own, then a number. Another photograph may have the same stem, or heads
    whose meshes are called so: `a-1.glb` of a.jpg and a-1.jpg.
    """
    places = [_place(path, folders) for path in photographs]
    stems: defaultdict[Path, Counter[str]] = defaultdict(Counter)
    for path, place in zip(photographs, places, strict=True):
        stems[place][_stem(path)] += 1
    names, used = [], set()
    for path, place in zip(photographs, places, strict=True):
        stem, beside = _stem(path), stems[place]
        other, _, number_of_head = stem.rpartition("-")
        own = beside[stem] == 1 and not (other in beside and number_of_head.isdecimal())
        name = base = str(place / (stem if own else path.name))
        number = 1
        while name in used:
            number += 1
            name = f"{base}.{number}"
        used.add(name)
        names.append(name)
    return names


def _place(path: Path, folders: Sequence[Path]) -> Path:
    """The folder of a photograph within the first of `folders` that holds it; of all others no folder."""
    holding = next((folder for folder in folders if folder in path.parents), path.parent)
    return path.parent.relative_to(holding)


def _stem(path: Path) -> str:
    return "stdin" if path == STANDARD_INPUT else path.stem
