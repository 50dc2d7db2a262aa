"""The faults of a small module: which there are, and that lines stay where they were."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

from paths import REPOSITORY

SOURCE = '''"""A module."""

LIMIT = 3.0  # metres


def wrap(angle: float, full: float = 360.0) -> float:
    """The same angle below `full`."""
    if angle >= full and not (angle
                              < 0):
        raise ValueError(f"expected {2 * full}")
    total = min(
        angle,
        LIMIT,
    )
    total += 1
    return -total


class Box:
    side: float = 2.0

    @property
    def area(self) -> float:
        """Square metres."""
        return self.side**2
'''


@pytest.fixture(scope="module")
def code_faults():
    spec = importlib.util.spec_from_file_location("code_faults", REPOSITORY / "benchmarks" / "code_faults.py")
    module = sys.modules["code_faults"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["code_faults"]


@pytest.fixture
def found(code_faults, tmp_path: Path):
    (tmp_path / "small.py").write_text(SOURCE)
    return code_faults.faults(tmp_path / "small.py")


def test_what_computes_is_changed_and_nothing_else(found):
    assert {(fault.lines[0], fault.was, fault.becomes) for fault in found} == {
        (3, "3.0", "4.0"),
        (8, "angle >= full and (not angle < 0)", "angle >= full"),
        (8, "angle >= full and (not angle < 0)", "not angle < 0"),
        (8, "angle >= full and (not angle < 0)", "not (angle >= full and (not angle < 0))"),
        (8, "angle >= full", "angle > full"),
        (8, "not angle < 0", "angle < 0"),
        (8, "angle < 0", "angle <= 0"),
        (8, "0", "1"),
        (11, "min", "max"),
        (15, "total += 1", "pass"),
        (15, "1", "2"),
        (16, "return -total", "return None"),
        (16, "-total", "total"),
        (25, "return self.side ** 2", "return None"),
        (25, "self.side ** 2", "self.side * 2"),
        (25, "2", "3"),
    }
    assert [fault.becomes for fault in found if fault.constant] == ["4.0"]


def test_a_fault_moves_no_line(found):
    def functions(source: str) -> list[tuple[str, int]]:
        return [(node.name, node.lineno) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]

    for fault in found:
        assert ast.dump(ast.parse(fault.source)) != ast.dump(ast.parse(SOURCE))
        assert functions(fault.source) == functions(SOURCE)
        assert fault.source.count("\n") == SOURCE.count("\n")
