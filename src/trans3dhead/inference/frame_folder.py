"""A folder of pictures that are the frames of a video."""

import re
from collections.abc import Iterator
from pathlib import Path

from trans3dhead.images import find_photographs, read_photograph
from trans3dhead.inference.video import USUAL_RATE, BrokenFramesError, SizeCheck, VideoFrame


class FrameFolder:
    """The pictures directly in a folder, by the numbers in their names: frame2.png comes before frame10.png.

    It is used as a `Video` is.
    """

    live = False

    def __init__(self, path: str | Path, frame_rate: float = USUAL_RATE) -> None:
        """frame_rate: frames a second. Raises ValueError for what is no folder of pictures."""
        self.path = Path(path)
        if not self.path.is_dir():
            raise ValueError(f"{self.path}: expected a folder of frames, got {_kind(self.path)}")
        if not 0 < frame_rate <= 1000:
            raise ValueError(f"frame rate: expected more than 0 and at most 1000 frames a second, got {frame_rate}")
        self.name = self.path.resolve().name
        self.frame_rate = frame_rate
        self._files = sorted(find_photographs([self.path]), key=lambda file: _natural(file.name))
        self.length: int | None = len(self._files)

    def __enter__(self) -> "FrameFolder":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames, at even times. Raises BrokenFramesError at one that cannot be read or is of another size."""
        check_size = SizeCheck()
        for number, file in enumerate(self._files):
            try:
                pixels = read_photograph(file)
            except (ValueError, OSError) as error:
                raise BrokenFramesError(str(error)) from error
            check_size(pixels, str(file))
            yield VideoFrame(number, number / self.frame_rate, pixels, file.name)


def _natural(name: str) -> list[tuple[int, str]]:
    """What names are sorted by: digits as numbers, all else as letters."""
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing there"
