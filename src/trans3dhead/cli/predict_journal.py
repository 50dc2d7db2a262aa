"""What a folder of results holds, and by which request it was made, so that an interrupted `predict` can go on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from trans3dhead.files import write_atomically
from trans3dhead.reading.checked_json import read_json

JOURNAL = ".predict.jsonl"
# Where a file is, its bytes, when it was changed. Of a folder of frames: all their bytes, and what digests their names
# and times.
Identity = tuple[str, int, int]


@dataclass(frozen=True)
class _Begun:
    """The first line: what the results were asked for with."""

    request: dict[str, Any]


@dataclass(frozen=True)
class _Done:
    """One photograph or video."""

    name: str  # of its results
    source: Identity
    files: dict[str, int]  # bytes of each file of its results


Line = TypeVar("Line")


class Journal:
    """A file of JSON lines in the folder of results: the request, then a line for each photograph or video done.

    A line is written after the files that it tells of. What a kill leaves of the last line is not believed.
    """

    def __init__(self, folder: Path, request: Mapping[str, Any], resume: bool) -> None:
        """request: plain values, all that the results depend on but for the pictures themselves.

        resume: believe what is there. Raises ValueError where that was made by another request.
        """
        self.folder, self._path, self._begun = folder, folder / JOURNAL, False
        self.request, self.resume = dict(request), resume
        self._done = {line.name: line for line in _done(folder, self._path, self.request)} if resume else {}
        if not resume:
            self._path.unlink(missing_ok=True)  # its words may not be true for long

    def has(self, source: Path, name: str) -> bool:
        """Whether the results of a photograph are there whole, and the photograph is still the one that it was."""
        line = self._done.get(name)
        return line is not None and line.source == identity(source) and line.files == self._sizes(list(line.files))

    def add(self, source: Path, name: str, files: Sequence[Path]) -> None:
        """The results of a photograph or a video are there; standard input is not remembered."""
        known = identity(source)
        if known is None:
            return
        names = [path.relative_to(self.folder).as_posix() for path in files]
        line = _Done(name, known, self._sizes(names))
        if not self._begun:  # anew, since a torn last line would spoil the next one
            before = [{"request": self.request}, *map(asdict, self._done.values())]
            write_atomically(self._path, "".join(json.dumps(one) + "\n" for one in before).encode())
            self._begun = True
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line)) + "\n")

    def _sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Bytes of each file; -1 of one that is not there."""
        paths = {name: self.folder / name for name in names}
        return {name: path.stat().st_size if path.is_file() else -1 for name, path in paths.items()}


def fingerprint(path: Path) -> str:
    """A file by its content: its name and the first digits of its SHA-256. Raises ValueError for what is no file."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return f"{path.name} {digest.hexdigest()[:16]}"


def identity(source: Path) -> Identity | None:
    """What tells a photograph, a video or a folder of frames from another, or from itself once it has changed.

    None of a camera and of standard input.
    """
    if source.is_dir():
        return _identity_of_frames(source)
    if not source.is_file():
        return None
    stat = source.stat()
    return str(source.resolve()), stat.st_size, stat.st_mtime_ns


def _identity_of_frames(folder: Path) -> Identity:
    from trans3dhead.images import find_photographs

    stats = [(path.name, path.stat()) for path in find_photographs([folder])]
    told = json.dumps(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))
    digest = int(hashlib.sha256(told.encode()).hexdigest()[:15], 16)
    return str(folder.resolve()), sum(stat.st_size for _, stat in stats), digest


def _done(folder: Path, path: Path, request: dict[str, Any]) -> list[_Done]:
    """What a journal holds by the same request; nothing where there is none."""
    if not path.is_file():
        return []
    first, *rest = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    begun = read_line(first, _Begun)
    if begun is None and not rest:
        return []
    check_same(folder, None if begun is None else begun.request, request)
    return [line for text in rest if (line := read_line(text, _Done)) is not None]


def read_line(text: str | bytes, kind: type[Line]) -> Line | None:
    """A line of JSON; None of what a kill left of one."""
    try:
        return read_json(text, kind, JOURNAL)
    except ValueError:
        return None


def check_same(folder: Path, before: object, now: dict[str, Any]) -> None:
    """Raise ValueError where what a folder holds was asked for otherwise."""
    if not isinstance(before, dict):
        raise ValueError(f"{folder / JOURNAL}: does not say what was asked for; leave out --resume to begin anew")
    plain = json.loads(json.dumps(now))
    differing = [name for name in plain if plain[name] != before.get(name)]
    if differing:
        words = "; ".join(f"{name}: {before.get(name)} there, {plain[name]} now" for name in differing)
        raise ValueError(
            f"{folder}: holds results of another request ({words}); ask for the same, give another folder, or leave "
            "out --resume to begin anew"
        )
