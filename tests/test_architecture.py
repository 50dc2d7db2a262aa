"""Imports run down the rooms of docs/architecture.md, between the two packages as that page says, and in no circle.

Every import counts, also those inside of functions and for type checkers alone.
"""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from paths import REPOSITORY

SOURCE, PAGE = REPOSITORY / "src", REPOSITORY / "docs" / "architecture.md"
PACKAGES = ("trans3dhead", "headsynth")


@dataclass(frozen=True)
class Import:
    """One module names another one."""

    importer: str
    imported: str
    lazy: bool  # inside of a function, or for type checkers alone
    line: int

    def __str__(self) -> str:
        return f"{self.importer} (line {self.line}) imports {self.imported}"


@cache
def modules() -> dict[str, Path]:
    """Every module of both packages by its dotted name; a package's own name stands for its __init__.py."""
    files = (path for package in PACKAGES for path in (SOURCE / package).rglob("*.py"))
    return {".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


@cache
def imports() -> list[Import]:
    return [found for name, path in modules().items() for found in _imports_of(name, path.read_text())]


def _imports_of(importer: str, text: str) -> list[Import]:
    tree = ast.parse(text)
    at_once = set(_run_on_import(tree))
    found = []
    for node in ast.walk(tree):
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{importer}: imports are absolute here"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            named = [name if name in modules() else str(node.module) for name in inner]
        found += [Import(importer, n, node not in at_once, node.lineno) for n in dict.fromkeys(named) if n in modules()]
    return found


def _run_on_import(node: ast.AST):
    """The nodes that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_on_import(child)


@cache
def rooms(package: str) -> list[str]:
    """The rooms of a package as the page lists them, from the top down."""
    section = PAGE.read_text().split(f"## The rooms of {package}, from the top down\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)(?:/|\.py)`", section, flags=re.MULTILINE)


def room(module: str) -> str:
    """trans3dhead.data.shards -> data; "" for the package itself, which offers its public names."""
    return module.partition(".")[2].partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_page_lists_every_room(package: str):
    there = {room(name) for name in modules() if name.startswith(f"{package}.")} - {"__main__"}
    assert sorted(rooms(package)) == sorted(there)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_down(package: str):
    order = {name: number for number, name in enumerate(rooms(package))}
    inside = [i for i in imports() if i.importer.startswith(f"{package}.") and i.imported.startswith(f"{package}.")]
    assert len(inside) > 100  # it sees them
    up = [str(i) for i in inside if order.get(room(i.importer), -1) > order[room(i.imported)]]
    assert up == []


def test_the_generator_builds_on_the_lower_rooms_alone():
    words = PAGE.read_text().split("`headsynth` imports ")[1].split(" of `trans3dhead`")[0]
    allowed = set(re.findall(r"`(\w+)`", words))
    assert allowed == {
        "reading",
        "files",
        "workers",
        "geometry",
        "images",
        "head_model",
        "data",
    }
    wrong = [i for i in imports() if i.importer.startswith("headsynth") and i.imported.startswith("trans3dhead")]
    assert [str(i) for i in wrong if room(i.imported) not in allowed] == []


def test_the_product_imports_the_generator_late_and_from_two_rooms():
    crossing = [i for i in imports() if i.importer.startswith("trans3dhead") and i.imported.startswith("headsynth")]
    assert crossing
    assert [str(i) for i in crossing if not i.lazy or room(i.importer) not in ("cli", "evaluation")] == []


def test_no_circle():
    graph: dict[str, set[str]] = defaultdict(set)
    for found in imports():
        graph[found.importer].add(found.imported)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(reversed(error.args[1]))}")


def test_the_walk_sees_every_kind_of_import():
    text = """
import trans3dhead.files
from trans3dhead import files
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from trans3dhead.head_model import HeadModel
def late():
    from trans3dhead.geometry.boxes import iou
"""
    found = {(i.imported, i.lazy) for i in _imports_of("made.up", text)}
    assert found == {
        ("trans3dhead.files", False),
        ("trans3dhead.head_model", True),
        ("trans3dhead.geometry.boxes", True),
    }
