"""The part of `trans3dhead predict` that follows heads through videos."""

import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.predict_journal import Journal
from trans3dhead.cli.progress import with_frames_left

if TYPE_CHECKING:
    from trans3dhead.inference import Predictor, TrackedHead
    from trans3dhead.inference.output.video_files import VideoFiles
    from trans3dhead.inference.video import Video, VideoFrame

    Writer = Callable[[VideoFrame, Sequence[TrackedHead]], None]

_MEMORY = 1.5  # seconds for which a head that is lost may come back under its id
_INTERRUPTED = 130  # the exit code of what Ctrl-C ended, as shells have it


@dataclass(frozen=True)
class VideoOptions:
    """How heads are followed, what to write and where."""

    output: Path
    glb: bool
    overlay: tuple[str, ...]  # what the overlay shows; nothing: no overlay
    lines: bool  # JSON to standard output, a line for each frame, in place of files
    smooth: bool
    every: int  # frames from one detection to the next


def split_videos(inputs: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """What was given -> the videos among it, and all else."""
    from trans3dhead.inference.video import is_video

    given = list(dict.fromkeys(inputs))
    videos = [path for path in given if not path.is_dir() and is_video(path)]
    return videos, [path for path in given if path not in videos]


def predict_videos(
    predictor: "Predictor",
    videos: Sequence[Path],
    names: Sequence[str],
    options: VideoOptions,
    journal: Journal | None = None,
) -> list[str]:
    """Write or print every video's results under its name -> what went wrong.

    Ctrl-C ends the video after the frame at hand: its files are written for the frames that were done, and the exit
    code is 130. A video whose results are there whole by the journal is left as it is.
    """
    from trans3dhead.inference.video import Video

    failures = []
    with ended_by_interrupt() as ended:
        for path, name in zip(videos, names, strict=True):
            if journal is not None and journal.has(path, name):
                Console().print(f"{path.name}: was done before", highlight=False, markup=False, soft_wrap=True)
                continue
            try:
                with Video(path) as video:
                    files = _predict_one(predictor, video, name, options, ended)
                if journal is not None and not ended():
                    journal.add(path, name, files)
            except (ValueError, OSError) as error:
                failures.append(str(error))
            if ended():
                raise typer.Exit(_INTERRUPTED)
    return failures


def _predict_one(
    predictor: "Predictor", video: "Video", name: str, options: VideoOptions, ended: Callable[[], bool]
) -> list[Path]:
    """The files that were written."""
    from trans3dhead.inference import HeadSmoother, HeadTracker
    from trans3dhead.inference.output.video_files import VideoFiles

    tracker = HeadTracker(predictor, every=options.every, memory=round(_MEMORY * video.frame_rate))
    smoother = HeadSmoother() if options.smooth else None
    files = VideoFiles(options.output, name, video.frame_rate, options.overlay, options.glb)
    seen = _Seen()
    with _writer(files, options.lines) as write:
        for frame in with_frames_left(video, video.length, video.path.name):
            heads = tracker(frame.pixels)
            if smoother is not None:
                heads = smoother(heads, frame.time)
            write(frame, heads)
            seen.add(heads)
            if ended():
                break
        if not seen.frames:
            raise ValueError(f"{video.path}: expected a video with frames, got none that OpenCV can decode")
    where = "" if options.lines else f"; results in {options.output}"
    seen.tell(Console(stderr=options.lines), f"{video.path.name}: ", where + ("; stopped" if ended() else ""))
    return [] if options.lines else files.written(seen.ids)


@contextmanager
def _writer(files: "VideoFiles", lines: bool) -> "Iterator[Writer]":
    """To files, or as JSON lines to standard output."""
    if not lines:
        with files.open() as write:
            yield write
        return
    from trans3dhead.inference.output.video_files import frame_json

    yield lambda frame, heads: print(json.dumps(frame_json(frame, heads)), flush=True)


class _Seen:
    """What there was in a video, and how fast it went."""

    def __init__(self) -> None:
        self.frames = self._empty = 0
        self.ids: set[int] = set()
        self._begun = time.perf_counter()

    def add(self, heads: "Sequence[TrackedHead]") -> None:
        self.frames += 1
        self._empty += not heads
        self.ids.update(one.id for one in heads)

    def tell(self, console: Console, before: str, after: str) -> None:
        """One line: frames, heads, frames without any, frames a second."""
        counts = f"{self.frames} {'frame' if self.frames == 1 else 'frames'}, "
        rate = f", {self.frames / (time.perf_counter() - self._begun):.1f} frames a second"
        if not self.ids:
            told = f"{escape(before)}[yellow]{counts}no head in any of them[/yellow]{rate}{escape(after)}"
            console.print(told, highlight=False, soft_wrap=True)
            return
        heads = f"{len(self.ids)} {'head' if len(self.ids) == 1 else 'heads'}"
        told = f"{before}{counts}{heads}, {self._empty} frames without one{rate}{after}"
        console.print(escape(told), highlight=False, soft_wrap=True)


@contextmanager
def ended_by_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C was pressed in here: the first time ends nothing by itself, the second time as always."""
    pressed: list[bool] = []

    def note(number: int, _frame: object) -> None:
        pressed.append(True)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
