"""A small form of benchmarks/demo_load.py: several clients at once, and every answer is right."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from paths import ASTRONAUT, REPOSITORY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc, of Linux"),
]


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    sys.path.insert(0, str(REPOSITORY / "benchmarks"))  # as for a script that runs there
    spec = importlib.util.spec_from_file_location("demo_load", REPOSITORY / "benchmarks" / "demo_load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo_load"] = module  # dataclasses look there for the annotations' names
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(REPOSITORY / "benchmarks"))


def test_five_clients_at_once_are_all_answered_rightly(benchmark: ModuleType):
    with benchmark.served("tiny") as address:
        found = benchmark.load(address, ASTRONAUT.read_bytes(), clients=5, requests=30)
    assert sum(row["requests"] for row in found["rows"]) == 30
    assert [row["examples"] for row in found["rows"] if row["wrong"]] == []
    assert found["memory_mb"]["after"] < 2 * found["memory_mb"]["before"]
