"""The files of one video: overlay, JSON lines, and for each head an animated GLB and a Live Link Face CSV."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trans3dhead.files import replacing, whole_file, write_atomically
from trans3dhead.inference.output.animation import animated_glb
from trans3dhead.inference.output.live_link import has_live_link_names, live_link_csv
from trans3dhead.inference.output.overlay import OVERLAY_PARTS, draw_overlay
from trans3dhead.inference.takes import Take
from trans3dhead.inference.tracking import TrackedHead
from trans3dhead.inference.video import VideoFrame

_CODEC = cv2.VideoWriter.fourcc(*"mp4v")  # MPEG-4 part 2: the one for MP4 files that every OpenCV brings


@dataclass(frozen=True)
class VideoFiles:
    """Which files to write, and where."""

    folder: Path
    name: str  # what all of their names begin with
    frame_rate: float  # of the overlay, frames a second
    overlay: bool = True
    glb: bool = True
    paced: bool = False  # whether the overlay repeats frames, so that it lasts as long as their times say

    @contextmanager
    def open(self) -> "Iterator[Callable[[VideoFrame, Sequence[TrackedHead], np.ndarray | None], None]]":
        """Yield a function that takes each frame with its heads and its picture for the overlay, as `frame_overlay`
        draws it; without an overlay None. All files appear at the end, or none after an error.

        Only one frame is held in memory, and some hundred numbers for each head in each.
        """
        takes: dict[int, Take] = {}
        with ExitStack() as files:
            lines = files.enter_context(whole_file(self.folder / f"{self.name}.jsonl"))
            show = files.enter_context(mp4_file(self._path(".overlay.mp4"), self.frame_rate)) if self.overlay else None
            shown = 0

            def add(frame: VideoFrame, heads: Sequence[TrackedHead], picture: np.ndarray | None) -> None:
                nonlocal shown
                lines.write(json.dumps(frame_json(frame, heads)) + "\n")
                for one in heads:
                    size = (frame.pixels.shape[1], frame.pixels.shape[0])
                    takes.setdefault(one.id, Take(one.head.head_model, size)).add(one.head, frame.time)
                if show is not None and picture is not None:
                    for _ in range(self._repeats(frame.time, shown)):
                        show(picture)
                        shown += 1

            yield add
            self._write_takes(takes)

    def written(self, ids: Iterable[int]) -> list[Path]:
        """The files that are there of a video whose heads have these ids."""
        endings = [".jsonl", ".overlay.mp4", *(f"-{key}.{suffix}" for key in sorted(ids) for suffix in ("glb", "csv"))]
        return [path for path in map(self._path, endings) if path.is_file()]

    def _repeats(self, time: float, shown: int) -> int:
        """How often the overlay shows the frame at `time`, seconds, after so many: all together up to its own time."""
        return max(0, round(time * self.frame_rate) + 1 - shown) if self.paced else 1

    def _write_takes(self, takes: dict[int, Take]) -> None:
        for key, take in takes.items():
            if self.glb:
                write_atomically(self._path(f"-{key}.glb"), animated_glb(take))
            if has_live_link_names(take.head_model):
                write_atomically(self._path(f"-{key}.csv"), live_link_csv(take).encode())

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self.name}{ending}"


def frame_json(frame: VideoFrame, heads: Sequence[TrackedHead]) -> dict[str, Any]:
    """What a line of JSON says of a frame: its number, its time in seconds, its own file if it has one, its heads."""
    found = [{"id": one.id, **one.head.to_json()} for one in heads]
    file = {} if frame.file is None else {"image": frame.file}
    return {"frame": frame.number, "time": round(frame.time, 6), **file, "heads": found}


def frame_overlay(frame: VideoFrame, heads: Sequence[TrackedHead], parts: Sequence[str]) -> np.ndarray:
    """(k·H, k·W, 3) uint8 RGB: the frame with those of `OVERLAY_PARTS`, and each head's id; see `draw_overlay`."""
    shown = {part: part in parts for part in OVERLAY_PARTS}
    return draw_overlay(frame.pixels, [one.head for one in heads], names=[f"head {one.id}" for one in heads], **shown)


@contextmanager
def mp4_file(path: Path, frame_rate: float) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends a picture, (H, W, 3) uint8 RGB, all of one size; the file appears at the end.

    An odd last row or column is left out, as the format has none. Raises ValueError where OpenCV cannot write it.
    """
    with replacing(path) as temporary:
        growing = temporary.with_name(temporary.name + path.suffix)  # OpenCV goes by it
        writer = cv2.VideoWriter()

        def append(picture: np.ndarray) -> None:
            height, width = (side // 2 * 2 for side in picture.shape[:2])
            if not writer.isOpened() and not writer.open(str(growing), _CODEC, frame_rate, (width, height)):
                raise ValueError(
                    f"{path}: this OpenCV cannot write an MP4 video of {width} × {height} pixels at {frame_rate} "
                    "frames a second; leave it out with --no-overlay"
                )
            writer.write(cv2.cvtColor(picture[:height, :width], cv2.COLOR_RGB2BGR))

        try:
            yield append
            writer.release()
            growing.replace(temporary)
        finally:
            writer.release()
            growing.unlink(missing_ok=True)
