"""What was seen in a video's frames, kept beside its results until they are there, so that a killed video can go on."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trans3dhead.cli.predict_journal import Identity, Journal, check_same, identity, read_line

if TYPE_CHECKING:
    from trans3dhead.head_model import NumpyHeadModel
    from trans3dhead.inference.recorded import Answer


@dataclass(frozen=True)
class _Begun:
    """The first line."""

    request: dict[str, Any]
    source: Identity


class Recording:
    """A hidden file of JSON lines: by which request and of which video, then each answer of the predictor.

    Every line goes to the system at once. What a kill leaves of the last one is not believed.
    """

    def __init__(self, path: Path, begun: _Begun) -> None:
        self._path, self._begun = path, begun
        self._end = 0  # bytes that are believed

    @classmethod
    def of(cls, journal: Journal, source: Path, name: str) -> "Recording | None":
        """The recording beside a video's results, with what it holds already where the journal resumes.

        None for a camera. Raises ValueError where another request began it. A video that has changed since begins anew.
        """
        known = identity(source)
        if known is None:
            return None
        results = journal.folder / name
        path = results.with_name(f".{results.name}.frames.jsonl")
        recording = cls(path, _Begun(journal.request, known))
        if not journal.resume or not recording._is_of_the_same():
            path.unlink(missing_ok=True)
        return recording

    def answers(self, head_model: "NumpyHeadModel") -> Iterator["Answer"]:
        """What is there, in its order; after the last of it `add` goes on."""
        from trans3dhead.inference.recorded import Answer

        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            self._end = len(file.readline())
            for line in file:
                answer = read_line(line, Answer) if line.endswith(b"\n") else None
                if answer is None or not all(head.fits(head_model) for head in answer.heads):
                    return
                self._end += len(line)
                yield answer

    def add(self, answer: "Answer") -> None:
        """Write down an answer behind all that `answers` gave."""
        line = json.dumps(asdict(answer)).encode() + b"\n"
        if not self._end:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            line = json.dumps(asdict(self._begun)).encode() + b"\n" + line
        with self._path.open("r+b" if self._end else "wb") as file:
            file.truncate(self._end)
            file.seek(self._end)
            file.write(line)
        self._end += len(line)

    def remove(self) -> None:
        """The results are there, and nothing has to be remembered."""
        self._path.unlink(missing_ok=True)

    def _is_of_the_same(self) -> bool:
        """Whether there is a recording, and the video is the one that it was. Raises as `of` does."""
        if not self._path.is_file():
            return False
        with self._path.open("rb") as file:
            begun = read_line(file.readline(), _Begun)
        if begun is None:
            return False
        check_same(self._path.parent, begun.request, self._begun.request)
        return begun.source == self._begun.source
