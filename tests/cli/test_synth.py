"""The real command, killed: what it leaves, what it says, and that it goes on to the same bytes."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trans3dhead.cli import app

pytest.importorskip("embreex", reason="the renderer needs the extra `synth`")

from headsynth import generate
from one_process import OneProcess

# Without what takes a worker long to prepare; tests/headsynth renders everything.
_WITHOUT = ["hair", "occlusion", "skin"]
_SETTINGS = {"count": 24, "seed": 5, "size": 32, "shard_size": 4}
_OPTIONS = [word for name, value in _SETTINGS.items() for word in (f"--{name.replace('_', '-')}", str(value))]


# The command, but that it waits once it has written so many shards: it is not a race who gets there first.
_WAITING = """
import signal, sys
from headsynth import generator

class Waiting(generator._Writer):
    left = int(sys.argv.pop(1))

    def write(self, shard, samples):
        super().write(shard, samples)
        self.left -= 1
        if not self.left:
            self._last.result()
            print("written", flush=True)
            while True:
                signal.pause()

generator._Writer = Waiting
from trans3dhead.cli import app
app(prog_name="trans3dhead")
"""


def _options(folder: Path, workers: int) -> list[str]:
    return ["synth", "-o", str(folder), *_OPTIONS, "--without", ",".join(_WITHOUT), "--workers", str(workers)]


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*shard*")}


def _waiting(folder: Path, workers: int, shards: int) -> subprocess.Popen:
    """The command at the moment when it has written so many shards: by then it heeds signals."""
    command = [sys.executable, "-c", _WAITING, str(shards), *_options(folder, workers)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def _heed_interrupts() -> None:
    """A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _children(process: subprocess.Popen) -> list[int]:
    files = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for path in files for pid in path.read_text().split()]


def _alive(pids: list[int]) -> list[int]:
    states = {pid: Path(f"/proc/{pid}/stat") for pid in pids}
    return [pid for pid, stat in states.items() if stat.exists() and ") Z" not in stat.read_text()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="counts processes in /proc")
def test_a_killed_and_an_interrupted_command_go_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    generate(whole, engine=OneProcess(), without=_WITHOUT, **_SETTINGS)
    _kill(_waiting(folder, workers=2, shards=1))
    for number, more, shards in ((signal.SIGINT, 1, 2), (signal.SIGTERM, 2, 4)):
        _interrupt(_waiting(folder, workers=1, shards=more), number)
        assert not list(folder.glob(".shard*"))
        assert len(_hashes(folder)) == shards
    (folder / ".shard-000005.tar.99999.tmp").write_bytes(b"half a shard")  # as a kill in mid write leaves it
    stamps = {path.name: path.stat().st_mtime_ns for path in folder.glob("shard-*.tar")}
    subprocess.run([sys.executable, "-m", "trans3dhead", *_options(folder, workers=1)], check=True)
    assert _hashes(folder) == _hashes(whole)
    assert {name: (folder / name).stat().st_mtime_ns for name in stamps} == stamps


def _kill(process: subprocess.Popen) -> None:
    """Its workers end with it."""
    children = _children(process)
    assert len(children) >= 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 600  # only against a hang
    while _alive(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(children)


def _interrupt(process: subprocess.Popen, number: signal.Signals) -> None:
    """It stops at once and says how to go on."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=600)  # only against a hang
    assert process.returncode == 128 + number
    assert "of 24 photographs are in whole shards, the same command goes on from there" in errors
    assert "Traceback" not in errors


def test_what_the_manifest_says_is_not_given_twice(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["synth", "-o", str(tmp_path), "--like", str(tmp_path), "--count", "3"])
    assert result.exit_code == 1
    assert "leave out --count" in result.output


def test_an_unknown_ingredient_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["synth", "-o", str(tmp_path / "set"), "--without", "hair, wings"])
    assert result.exit_code == 1
    assert "expected some of hair, occlusion" in result.output
    assert not (tmp_path / "set").exists()
