"""Every seed is read; what was once at fault is read or refused; a minute of new ones finds nothing."""

from contextlib import suppress
from pathlib import Path

import pytest

from fuzz import targets
from fuzz.__main__ import main

KEPT = [(name, path) for name in targets.names() for path in targets.corpus(name)]


@pytest.mark.parametrize("name", targets.names())
def test_every_seed_is_read(name: str, tmp_path: Path):
    target = targets.load(name)
    for number, seed in enumerate(target.seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        target.read(seed, folder)


@pytest.mark.parametrize(("name", "path"), KEPT, ids=[f"{name}-{path.stem}" for name, path in KEPT])
def test_what_was_once_at_fault_is_read_or_refused(name: str, path: Path, tmp_path: Path):
    assert path.stat().st_size < 20_000
    with suppress(ValueError, OSError):
        targets.load(name).read(path.read_bytes(), tmp_path)


@pytest.mark.slow
def test_a_minute_of_fuzzing_finds_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture):
    seconds = 60 / len(targets.names())
    assert main(["--seconds", f"{seconds:.1f}", "--faults", str(tmp_path)]) == 0, capsys.readouterr().out
