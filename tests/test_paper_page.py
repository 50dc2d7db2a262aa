"""docs/paper.md: a row for each piece of the paper, and names that are where the page says."""

import ast
import re
from pathlib import Path

import pytest
import typer

from paths import REPOSITORY
from trans3dhead.cli import app
from trans3dhead.evaluation.ablations import TABLES

PAGE = REPOSITORY / "docs" / "paper.md"
NAMED = re.compile(r"\]\((\.\./[^)]+\.py)\): ((?:`[^`]+`(?:,\s)?)+)")
SECTIONS = (
    *("1", "2.1", "2.2", "3.1", "3.2", "3.3", "3.4", "3.4.1", "4.1.1", "4.1.2", "4.1.3", "4.2.1", "4.2.2"),
    *("4.3", "4.4", "4.4.1", "4.4.2", "5", "A.1.1", "A.1.2", "A.1.3", "A.1.4", "A.1.5", "A.1.6"),
    *("A.2.1", "A.2.2", "A.3.1", "A.3.2"),
)


def section(heading: str) -> str:
    return PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(heading: str) -> list[str]:
    return re.findall(r"^\| ([^|]+) \|", section(heading), flags=re.MULTILINE)


def names_in(path: Path) -> set[str]:
    """The names that a module defines; of classes also their fields and methods, as Class.name."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        found |= own_names(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in own_names(inner)}
    return found


def own_names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_every_name_is_defined_in_the_file_beside_it():
    named = [(path, name) for path, names in NAMED.findall(PAGE.read_text()) for name in re.findall(r"`(.+?)`", names)]
    assert len(named) > 40
    assert [(path, name) for path, name in named if name not in names_in(PAGE.parent / path)] == []


def test_every_section_has_its_row():
    listed = {number for cell in first_cells("Sections") for number in re.findall(r"(?:A\.)?\d(?:\.\d)*", cell)}
    assert [number for number in SECTIONS if number not in listed] == []


@pytest.mark.parametrize(
    ("heading", "pieces"),
    [("Equations", [str(number) for number in range(1, 9)]), ("Figures", [str(number) for number in range(1, 7)])],
)
def test_every_equation_and_diagram_has_its_row(heading: str, pieces: list[str]):
    assert [piece for piece in pieces if not any(cell.startswith(f"{piece}, ") for cell in first_cells(heading))] == []


def test_every_figure_of_results_is_shown_by_its_command():
    commands = set(typer.main.get_command(app).commands["figures"].commands)
    for number in range(7, 13):
        shown = section("Figures").split(f"### Figure {number}\n")[1].split("\n### ")[0]
        (command,) = re.findall(r"^`trans3dhead figures (\w+) ", shown, flags=re.MULTILINE)
        assert command in commands
        assert f"images/paper-figure-{number}." in shown


def test_every_table_has_its_command():
    tables = section("Tables")
    assert [number for number in range(1, 9) if not re.search(rf"^\| {number}[ ,]", tables, flags=re.MULTILINE)] == []
    assert set(re.findall(r"`trans3dhead ablate ([\w-]+)`", tables)) == {*TABLES, "all"}
