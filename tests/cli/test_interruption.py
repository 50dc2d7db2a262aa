"""Ctrl-C and SIGTERM in any command: one line, the right code."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from trans3dhead.cli.errors import reported
from trans3dhead.cli.held import hold
from trans3dhead.files import locked

_RAISED: list[signal.Signals] = []


@reported
def _command(output: Path) -> None:
    hold(locked(output))
    (output / "half").touch()
    (output / "half").unlink()
    for number in _RAISED:
        signal.raise_signal(number)


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Ctrl-C as at a terminal: processes in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ended_by(number: signal.Signals, output: Path) -> Result:
    """What a command answers that gets a signal."""
    app = typer.Typer()
    app.command()(_command)
    _RAISED[:] = [number]
    return CliRunner().invoke(app, [str(output)])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_one_line_and_its_code(number: signal.Signals, code: int, tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    result = ended_by(number, tmp_path / "out")
    assert result.exit_code == code
    assert result.stderr == "error: stopped; no file is half-written\n"
    assert signal.getsignal(signal.SIGTERM) is handler
    assert list(tmp_path.iterdir()) == []  # the lock and the empty folder are gone
