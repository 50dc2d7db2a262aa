"""Files that are written whole or not at all, and folders that one process has to itself."""

import errno
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, TextIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".trans3dhead.lock"  # in a folder that is written to over a long time; the file itself claims nothing
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)-\d+\.tmp(\.\w+)?")  # what `replacing` yields


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
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


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what processes that are gone left half written in a folder; name: of one file alone."""
    if folder.is_dir():
        for path in folder.iterdir():
            match = _TEMPORARY.fullmatch(path.name)
            if match and name in (None, match["name"]) and not _alive(int(match["process"])):
                path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    """Whether there may be such a process on this machine."""
    if sys.platform == "win32":
        return True  # a harmless question about it is not to be had
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@contextmanager
def locked(folder: Path, name: str = LOCK) -> Iterator[None]:
    """Have a folder to oneself among the processes that lock it. It is made where it is not there, and goes if it stays
    empty. name: of the lock, where less than the whole folder is meant.

    The claim ends with the process, however that ends. What killed ones left half written is swept away. Raises
    ValueError where another process has the folder, and where nobody may write to it.
    """
    fresh = [path for path in (folder, *folder.parents) if not path.exists()]
    file = _lock_file(folder, name)
    try:
        sweep(folder, None if name == LOCK else _locked_by(name))
        yield
    finally:
        somebodys_own = os.fstat(file.fileno()).st_size > 0  # a claim writes nothing
        if sys.platform == "win32":
            file.close()  # first: what is open cannot be removed there
        if not somebodys_own:
            _remove(folder / name)
        file.close()
        for path in fresh:
            _remove(path)


def locked_file(path: Path) -> AbstractContextManager[None]:
    """Have a file that is written in the end to oneself, as `locked` has a folder."""
    return locked(path.parent, f".{path.name}.lock")


def _locked_by(name: str) -> str:
    """The file that a lock of `locked_file` is for."""
    return name.removeprefix(".").removesuffix(".lock")


def _lock_file(folder: Path, name: str) -> IO[bytes]:
    """The open lock file, held by this process."""
    path = folder / name
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise ValueError(f"{folder}: expected a folder that may be written to ({error.strerror})") from error
        if not lock_bytes(file, 0, 1):
            file.close()
            what = folder if name == LOCK else folder / _locked_by(name)
            raise ValueError(f"{what}: another process is writing to it; wait for it, stop it, or give another one")
        try:
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        file.close()  # its holder has ended and removed it since it was opened: this claim is to nothing


def _remove(path: Path) -> None:
    """Remove a lock, or a folder that holds nothing; where somebody else needs it, it stays."""
    try:
        path.rmdir() if path.is_dir() else path.unlink()
    except OSError:
        return


def lock_bytes(file: IO[bytes], start: int, count: int, wait: bool = False) -> bool:
    """Claim bytes of a lock file, which need not be there; False where another process has some of them.

    The claim ends with the process, or when any file that it has opened under this name is closed. Where the file
    system has no locks everything is free.
    """
    if count == 0:
        return True
    try:
        _claim(file, start, count, wait)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _claim(file: IO[bytes], start: int, count: int, wait: bool) -> None:
    if sys.platform == "win32":
        os.lseek(file.fileno(), start, os.SEEK_SET)
        while True:
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, count)
            except OSError as error:
                if error.errno != errno.EDEADLK:  # which is a wait that msvcrt gives up after ten tries
                    raise
    else:
        fcntl.lockf(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB, count, start, os.SEEK_SET)


def unlock_bytes(file: IO[bytes], start: int, count: int) -> None:
    """Give back bytes as they were claimed."""
    try:
        if sys.platform == "win32":
            os.lseek(file.fileno(), start, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, count)
        else:
            fcntl.lockf(file, fcntl.LOCK_UN, count, start, os.SEEK_SET)
    except OSError:
        return
