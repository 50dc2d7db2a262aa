"""What `predict --resume` believes: the recording of a video's answers, and the journal of a folder of results."""

import json
import os
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from toy_heads import toy_head_model
from toy_world import Person, World, frames
from trans3dhead.cli.predict_journal import JOURNAL, Journal
from trans3dhead.cli.predict_recording import Recording
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Head, HeadSmoother, HeadTracker
from trans3dhead.inference.recorded import RecordedPredictor

_FOLDER = b"THE-FOLDER"  # in place of the folder that a file is read in, for both say where their video is
_REQUEST = {"model": "toy 0123456789abcdef", "every": 3, "smooth": True}
_FRAMES = 6


def seeds() -> list[bytes]:
    """As they are written: of two people, one of whom comes later, and of nobody; then a journal."""
    somebody = [Person((50, 50, 100, 120)), Person((400, 50, 90, 90), first=3)]
    return [_recording(somebody), _recording([]), _journal()]


def read(data: bytes, folder: Path) -> None:
    """Go on by a recording to the last frame, or by a journal; a head that is no finite numbers is a fault."""
    data = data.replace(_FOLDER, os.fsencode(folder.resolve()))
    clip = _clip(folder)
    if b'"files"' in data:
        (folder / JOURNAL).write_bytes(data)
        journal = Journal(folder, _REQUEST, resume=True)
        if not journal.has(clip, "clip"):
            journal.add(clip, "clip", [clip])
        assert Journal(folder, _REQUEST, resume=True).has(clip, "clip"), "what was written is not believed"
        return
    (folder / ".clip.frames.jsonl").write_bytes(data)
    _follow(folder, [])


def _recording(people: list[Person]) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        _clip(folder)
        _follow(folder, people)
        return (folder / ".clip.frames.jsonl").read_bytes().replace(os.fsencode(folder), _FOLDER)


def _journal() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        clip = _clip(folder)
        Journal(folder, _REQUEST, resume=False).add(clip, "clip", [clip])
        return (folder / JOURNAL).read_bytes().replace(os.fsencode(folder), _FOLDER)


def _clip(folder: Path) -> Path:
    """What stands for the video, always of the same time."""
    clip = folder / "clip.mp4"
    clip.write_bytes(b"frames")
    os.utime(clip, (0, 0))
    return clip


def _follow(folder: Path, people: list[Person]) -> None:
    """As `predict` does. people: whom the predictor sees where nothing is remembered."""
    recording = Recording.of(Journal(folder, _REQUEST, resume=True), folder / "clip.mp4", "clip")
    assert recording is not None
    predictor = _Predictor(people)
    remembered = RecordedPredictor(predictor, recording.answers(predictor.head_model), recording.add)  # type: ignore[arg-type]
    tracker, smoother = HeadTracker(remembered, every=3), HeadSmoother()
    for number, frame in enumerate(frames(_FRAMES)):
        heads = smoother(tracker(frame, number / 25), number / 25)
        text = json.dumps([one.head.to_json() for one in heads])
        assert "NaN" not in text, "a number that is none"
        assert "Infinity" not in text, "a number that is not finite"


class _Predictor:
    """A world as a `Predictor`."""

    any_roll = False

    def __init__(self, people: list[Person]) -> None:
        self._world, self.head_model = World(_toy(), people), _toy().numpy()

    def __call__(
        self, frame: np.ndarray, boxes: np.ndarray | None = None, rolls: np.ndarray | None = None
    ) -> list[Head]:
        return self._world(frame, boxes)


@cache
def _toy() -> HeadModel:
    with tempfile.TemporaryDirectory() as name:
        return toy_head_model(Path(name) / "toy.safetensors")
