"""What the pages say exists: the files and headings that they link to, the modules and names of their Python."""

import ast
import re
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from paths import REPOSITORY

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/*.md", "src/*/weights/*.md")
    for path in REPOSITORY.glob(pattern)
)
HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*$", flags=re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"`((?:trans3dhead|headsynth)(?:\.\w+)+)")
SOURCE_FILE = re.compile(r"`((?:[\w*]+/)+[\w*]+\.(?:py|yaml))`")


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", FENCE.sub("", page.read_text()))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_anchors_are_headings(page: Path):
    targets = re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", FENCE.sub("", page.read_text()))
    local = [(page.parent / path if path else page, anchor) for path, anchor in targets if "://" not in path]
    assert [f"{name(to.resolve())}#{anchor}" for to, anchor in local if anchor not in anchors(to.read_text())] == []


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("## The assets folder, and how to add to it", "the-assets-folder-and-how-to-add-to-it"),
        ("## Is it right?", "is-it-right"),
        ("## `<key>.json`", "keyjson"),
        ("## 3DDFA-V2", "3ddfa-v2"),
        ("## [The head](a.md#b) model's _file_", "the-head-models-file"),
    ],
)
def test_anchors_follow_the_rule_of_github(heading: str, anchor: str):
    assert anchors(heading) == {anchor}


def test_a_heading_that_comes_again_is_numbered():
    assert anchors("# One\n\n## Speed\n\n```\n# no heading\n```\n\n## Speed\n") == {"one", "speed", "speed-1"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_source_files_that_are_named_exist(page: Path):
    roots = (REPOSITORY, REPOSITORY / "src", REPOSITORY / "src/trans3dhead", REPOSITORY / "src/headsynth", page.parent)
    if page.name == "other-systems.md":
        pytest.skip("it names files of other systems")
    named = SOURCE_FILE.findall(FENCE.sub("", page.read_text()))
    assert [path for path in named if not any(any(root.glob(path)) for root in roots)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_and_names_that_are_mentioned_exist(page: Path):
    if page.name == "CHANGELOG.md":
        pytest.skip("it names what was there before")
    named = [dotted for dotted in DOTTED.findall(page.read_text()) if not dotted.endswith((".py", ".safetensors"))]
    assert [dotted for dotted in named if not _exists(dotted)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_imports_of_the_examples_work(page: Path):
    for language, code in FENCE.findall(page.read_text()):
        if language != "python":
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("trans3dhead", "headsynth")):
                for alias in node.names:
                    assert _exists(f"{node.module}.{alias.name}"), f"{node.module} has no {alias.name}"


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page: lower case, no punctuation, hyphens for spaces, repeated numbered."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        shown = re.sub(r"(?<!\w)[_*]+|[_*]+(?!\w)", "", LINK.sub(r"\1", heading))
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        again = (f"{slug}-{number}" for number in count(1))
        found.add(slug if slug not in found else next(each for each in again if each not in found))
    return found


def _exists(dotted: str) -> bool:
    """Whether it is a module, or a name in one."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        try:
            found = find_spec(module) is not None
        except ModuleNotFoundError:
            continue
        if found:
            value = import_module(module)
            for attribute in parts[end:]:
                if not hasattr(value, attribute):
                    return False
                value = getattr(value, attribute)
            return True
    return False
