"""`predict` does not grow with the number of photographs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from paths import REPOSITORY

MOST = 20.0  # MiB; a photograph of 256 × 256 pixels that stayed would be 0.2, its head with mesh 0.5


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="asks /proc how much memory there is")
def test_memory_is_flat_over_two_hundred_photographs(tmp_path: Path) -> None:
    script = REPOSITORY / "benchmarks" / "steady_memory.py"
    subprocess.run([sys.executable, script, "--count", "200", "-o", tmp_path / "memory.json"], check=True)
    assert json.loads((tmp_path / "memory.json").read_text())["growth"] < MOST
