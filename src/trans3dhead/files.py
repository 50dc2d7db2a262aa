"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def is_there(path: Path) -> bool:
    """Whether there is a file of this name; none is of a name that the file system cannot hold."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def inside(folder: Path, name: str) -> Path | None:
    """The path of a file in a folder or below; None for a name that leads out of it, which nothing read may do."""
    path = Path(name)
    return None if path.is_absolute() or ".." in path.parts else folder / path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to. The file there replaces `path` at the end; an error removes it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that nobody meets half a file."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Yield a UTF-8 text file to stream to; it replaces `path` once all is written, and is removed after an error."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file
