"""Files that are whole or not there, and folders that one process has to itself."""

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from trans3dhead.files import LOCK, lock_bytes, locked, locked_file, replacing, sweep

_HOLDER = """
    import sys
    from pathlib import Path
    from trans3dhead.files import locked, locked_file
    with {claim}(Path(sys.argv[1])):
        print("claimed", flush=True)
        sys.stdin.read()
"""


def holder(claim: str, path: Path) -> Iterator[subprocess.Popen]:
    """Another process that holds a folder or a file until it is killed, or its test ends."""
    command = [sys.executable, "-c", textwrap.dedent(_HOLDER).format(claim=claim), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


@pytest.fixture
def of_folder(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A process that holds tmp_path/out."""
    yield from holder("locked", tmp_path / "out")


@pytest.fixture
def of_file(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A process that holds tmp_path/a.json."""
    yield from holder("locked_file", tmp_path / "a.json")


def test_the_second_process_is_refused_until_the_first_is_dead(of_folder: subprocess.Popen, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(ValueError, match=r"out: another process is writing to it; wait for it"), locked(folder):
        pass
    of_folder.kill()
    of_folder.wait()
    assert (folder / LOCK).exists()  # a file, but nobody's claim
    with locked(folder):
        (folder / "result").touch()
    assert [path.name for path in folder.iterdir()] == ["result"]


def test_what_somebody_keeps_under_the_locks_name_stays(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("mine")
    with locked(tmp_path):
        pass
    assert (tmp_path / LOCK).read_text() == "mine"


def test_where_an_open_lock_cannot_be_removed_it_is_closed_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trans3dhead.files.lock_bytes", lambda *_: True)  # its Windows half needs Windows
    monkeypatch.setattr("trans3dhead.files.sys.platform", "win32")
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()
    assert list(tmp_path.iterdir()) == []


class _Msvcrt:
    """Windows' locks of a file that somebody else holds for a while: each wait is given up after ten tries."""

    LK_LOCK = LK_NBLCK = 1

    def __init__(self, *answers: OSError | None) -> None:
        self.answers = list(answers)

    def locking(self, *_: int) -> None:
        if (answer := self.answers.pop(0)) is not None:
            raise answer


def test_a_wait_on_windows_lasts_until_the_lock_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = OSError(errno.EDEADLK, "Resource deadlock avoided")
    windows = _Msvcrt(given_up, given_up, None)
    monkeypatch.setattr("trans3dhead.files.msvcrt", windows, raising=False)
    monkeypatch.setattr("trans3dhead.files.sys.platform", "win32")
    with (tmp_path / "lock").open("a+b") as file:
        assert lock_bytes(file, 0, 1, wait=True)
    assert windows.answers == []


def test_a_file_is_claimed_beside_others(of_file: subprocess.Popen, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.json: another process is writing"), locked_file(tmp_path / "a.json"):
        pass
    with locked_file(tmp_path / "b.json"):
        assert (tmp_path / ".b.json.lock").exists()
    assert not (tmp_path / ".b.json.lock").exists()


def test_folders_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / LOCK).exists()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(ValueError, match="expected a folder that may be written to"), locked(tmp_path / "out"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not asked for there, and leftovers stay")
def test_leftovers_of_the_dead_are_swept_away(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [f".a.json.{dead.pid}-7.tmp", f".clip.overlay.mp4.{dead.pid}-7.tmp.mp4"]
    kept = [f".a.json.{os.getpid()}-7.tmp", "a.json", ".predict.jsonl", f"a.{dead.pid}-7.tmp", f".a.{dead.pid}.json"]
    for name in (*left, *kept):
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_an_error_leaves_the_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.json", "old")]
