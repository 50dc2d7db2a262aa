"""The real command, killed: what it leaves, what it says, and that it goes on to the same bytes."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trans3dhead.cli import app

pytest.importorskip("embreex", reason="the renderer needs the extra `synth`")

_SETTINGS = ["--count", "60", "--seed", "5", "--size", "32", "--shard-size", "12"]


def _command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "trans3dhead", "synth", "-o", str(folder), *_SETTINGS, *options]


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*shard*")}


def _started(folder: Path, workers: int, shards: int) -> subprocess.Popen:
    """The command, in a group of its own, at the moment when it has written so many shards."""
    process = subprocess.Popen(
        _command(folder, "--workers", str(workers)), stderr=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts
    )
    deadline = time.monotonic() + 120
    while len(list(folder.glob("shard-*.tar"))) < shards:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def _heed_interrupts() -> None:
    """A shell that runs the tests in the background has them, and what they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _alive(pids: list[int]) -> list[int]:
    states = {pid: Path(f"/proc/{pid}/stat") for pid in pids}
    return [pid for pid, stat in states.items() if stat.exists() and ") Z" not in stat.read_text()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="counts processes in /proc")
def test_a_killed_command_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    subprocess.run(_command(whole, "--workers", "1"), check=True)
    folder = tmp_path / "killed"
    for workers, shards in ((2, 1), (3, 3)):
        process = _started(folder, workers, shards)
        children = [
            int(pid)
            for path in Path(f"/proc/{process.pid}/task").glob("*/children")
            for pid in path.read_text().split()
        ]
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(_hashes(folder)) < len(_hashes(whole))
        deadline = time.monotonic() + 120
        while _alive(children) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _alive(children)
    (folder / ".shard-000004.tar.99999.tmp").write_bytes(b"half a shard")  # as a kill in mid write leaves it
    stamps = {path.name: path.stat().st_mtime_ns for path in folder.glob("shard-*.tar")}
    subprocess.run(_command(folder, "--workers", "2"), check=True)
    assert _hashes(folder) == _hashes(whole)
    assert {name: (folder / name).stat().st_mtime_ns for name in stamps} == stamps


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_stops_at_once_and_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    process = _started(tmp_path, 1, 1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)  # only against a hang
    assert process.returncode == 130
    assert "of 60 photographs are in whole shards, the same command goes on from there" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob(".shard*"))


def test_what_the_manifest_says_is_not_given_twice(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["synth", "-o", str(tmp_path), "--like", str(tmp_path), "--count", "3"])
    assert result.exit_code == 1
    assert "leave out --count" in result.output


def test_an_unknown_ingredient_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["synth", "-o", str(tmp_path / "set"), "--without", "hair, wings"])
    assert result.exit_code == 1
    assert "expected some of hair, occlusion" in result.output
    assert not (tmp_path / "set").exists()
