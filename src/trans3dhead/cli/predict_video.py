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

from trans3dhead.cli.errors import printable
from trans3dhead.cli.interruption import exit_code
from trans3dhead.cli.predict_journal import Journal
from trans3dhead.cli.predict_recording import Recording
from trans3dhead.cli.progress import with_frames_left

if TYPE_CHECKING:
    import numpy as np

    from trans3dhead.inference import FrameSource, Predictor, TrackedHead, VideoFrame
    from trans3dhead.inference.output.video_files import VideoFiles
    from trans3dhead.inference.recorded import RecordedPredictor

    Writer = Callable[[VideoFrame, Sequence[TrackedHead], np.ndarray | None], None]

_FEW = 0.95  # of the frames that a file says it has: with fewer the last line says so


@dataclass(frozen=True)
class VideoOptions:
    """How heads are followed, what to write and where."""

    output: Path
    glb: bool
    parts: tuple[str, ...]  # what pictures show
    overlay: bool  # whether they are written as a video
    show: bool  # whether they are shown in a window
    lines: bool  # JSON to standard output, a line for each frame, in place of files
    smooth: bool
    every: int  # frames from one detection to the next
    frame_rate: float | None  # of folders of frames; None: the usual one


def split_videos(inputs: Iterable[Path], frames: bool) -> tuple[list[Path], list[Path]]:
    """What was given -> the videos among it, and all else. frames: folders hold the frames of videos."""
    from trans3dhead.inference.video import is_video

    given = list(dict.fromkeys(inputs))
    if frames and not any(path.is_dir() for path in given):
        raise ValueError(f"--frames: expected a folder of frames, got {', '.join(map(str, given))}")
    videos = [
        path for path in given if (frames if path.is_dir() else camera_number(path) is not None or is_video(path))
    ]
    return videos, [path for path in given if path not in videos]


def camera_number(path: Path) -> int | None:
    """The camera that is meant by a number of one or two digits; None of all else, and where a file is called so."""
    words = str(path)
    return int(words) if words.isdecimal() and len(words) <= 2 and not path.exists() else None


def named(path: Path) -> Path:
    """A video's path by which its results are called: a camera's, and a folder's with its own name."""
    number = camera_number(path)
    if number is not None:
        return Path(f"camera-{number}")
    return Path(path.resolve().name.replace(".", "_")) if path.is_dir() else path


def open_frames(path: Path, frame_rate: float | None) -> "FrameSource":
    """A camera, a folder of frames or a video file. Raises ValueError and FileNotFoundError as these do."""
    from trans3dhead.inference import FrameFolder, Video, Webcam

    number = camera_number(path)
    if number is not None:
        return Webcam(number)
    if path.is_dir():
        return FrameFolder(path) if frame_rate is None else FrameFolder(path, frame_rate)
    return Video(path)


def predict_videos(
    predictor: "Predictor",
    videos: Sequence[tuple[Path, str]],
    options: VideoOptions,
    failures: list[str],
    journal: Journal | None = None,
) -> None:
    """Write or print the results of every video, under the name beside it; what goes wrong joins `failures`.

    Ctrl-C ends the video after the frame at hand: its files are written for the frames that were done, and the exit
    code is 130, or 0 of a camera, which has no other end. So it is when a camera is lost or a frame is broken, but
    then the others follow. A video whose results are there whole by the journal is left as it is, and one that was
    ended before, by Ctrl-C or by a kill, goes on by its recording.
    """
    with ended_by_interrupt() as ended:
        for path, name in videos:
            try:
                if journal is not None and journal.has(path, name):
                    told = f"{printable(path.name)}: was done before"
                    Console().print(told, highlight=False, markup=False, soft_wrap=True)
                    continue
                with open_frames(path, options.frame_rate) as frames:
                    recording = None if journal is None else Recording.of(journal, path, name)
                    files = _predict_one(predictor, frames, name, options, ended, recording)
                if journal is not None and files is not None:
                    journal.add(path, name, files)
            except BrokenPipeError:  # whoever read the lines has gone: no fault of the video
                raise
            except (ValueError, OSError) as error:
                failures.append(str(error))
            if ended():
                raise typer.Exit(exit_code(KeyboardInterrupt()) if camera_number(path) is None else int(bool(failures)))


def _predict_one(
    predictor: "Predictor",
    frames: "FrameSource",
    name: str,
    options: VideoOptions,
    ended: Callable[[], bool],
    recording: Recording | None,
) -> list[Path] | None:
    """The files that were written; None where somebody ended it before its end, and the recording then stays.

    Raises BrokenFramesError after all is written, where the frames ended before their time.
    """
    from trans3dhead.inference import BrokenFramesError, HeadSmoother, HeadTracker
    from trans3dhead.inference.output.video_files import frame_overlay

    recorded = None if recording is None else _recorded(predictor, recording)
    tracker = HeadTracker(recorded or predictor, every=options.every)
    smoother = HeadSmoother() if options.smooth else None
    seen, broken, closed = _Seen(), None, False
    with _writer(frames, name, options) as write, _window(frames.name, options.show) as show:
        try:
            for frame in with_frames_left(frames, frames.length, frames.name):
                heads = tracker(frame.pixels, frame.time)
                if smoother is not None:
                    heads = smoother(heads, frame.time)
                drawn = frame_overlay(frame, heads, options.parts) if options.overlay or options.show else None
                write(frame, heads, drawn if options.overlay else None)
                seen.add(heads, remembered=recorded is not None and recorded.remembers)
                closed = drawn is not None and not show(drawn)
                if closed or ended():
                    break
        except BrokenFramesError as error:
            broken = error
        if not seen.frames:
            raise broken or ValueError(f"{frames.name}: expected a video with frames, got none that OpenCV can decode")
    stopped = closed or ended()
    where = "" if options.lines else f"; results in {options.output}"
    ending = _how_to_go_on(recording) if stopped else _missing(frames.length, seen.frames)
    seen.tell(Console(stderr=options.lines), f"{frames.name}: ", where + ending)
    if recording is not None and not stopped:
        recording.remove()
    if broken is not None:
        raise broken
    if stopped:
        return None
    return [] if options.lines else _files(frames, name, options).written(seen.ids)


def _recorded(predictor: "Predictor", recording: Recording) -> "RecordedPredictor":
    from trans3dhead.inference.recorded import RecordedPredictor

    return RecordedPredictor(predictor, recording.answers(predictor.head_model), recording.add)


def _how_to_go_on(recording: Recording | None) -> str:
    """What the last line says where somebody ended the video."""
    return "; stopped" if recording is None else "; stopped, the same command with --resume goes on from there"


def _missing(length: int | None, frames: int) -> str:
    """What the last line says where a video has fewer frames than it told, as of a file that was cut off."""
    return f"; the file says that it has {length}" if length is not None and frames < _FEW * length else ""


@contextmanager
def _window(title: str, show: bool) -> "Iterator[Callable[[np.ndarray], bool]]":
    """A function that shows a picture and says whether to go on; without a window it always does."""
    if not show:
        yield lambda picture: True
        return
    from trans3dhead.inference.output.window import Window

    with Window(title) as window:
        yield window


@contextmanager
def _writer(frames: "FrameSource", name: str, options: VideoOptions) -> "Iterator[Writer]":
    """Yield a function that writes each frame: to files, or as a line of JSON to standard output."""
    from trans3dhead.inference.output.video_files import frame_json

    if options.lines:
        yield lambda frame, heads, _: print(json.dumps(frame_json(frame, heads)), flush=True)
        return
    with _files(frames, name, options).open() as write:
        yield write


def _files(frames: "FrameSource", name: str, options: VideoOptions) -> "VideoFiles":
    from trans3dhead.inference.output.video_files import VideoFiles

    return VideoFiles(options.output, name, frames.frame_rate, options.overlay, options.glb, paced=frames.live)


class _Seen:
    """What there was in a video, and how fast it went."""

    def __init__(self) -> None:
        self.frames = self._empty = self._remembered = 0
        self.ids: set[int] = set()
        self._begun = time.perf_counter()

    def add(self, heads: "Sequence[TrackedHead]", remembered: bool) -> None:
        """remembered: by what was seen of the frame before an interruption."""
        self.frames += 1
        self._empty += not heads
        self._remembered += remembered
        self.ids.update(one.id for one in heads)

    def tell(self, console: Console, before: str, after: str) -> None:
        """One line: frames, heads, frames without any, frames a second."""
        counts = f"{self.frames} {'frame' if self.frames == 1 else 'frames'}, "
        rate = f", {self.frames / (time.perf_counter() - self._begun):.1f} frames a second"
        if self._remembered:
            rate += f", {self._remembered} of them seen before"
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
