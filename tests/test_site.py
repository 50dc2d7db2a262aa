"""The documentation as a site: no warning, no broken link or picture, every page and public name in it."""

import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest

from paths import REPOSITORY

for package in ("furo", "myst_parser", "sphinx"):
    pytest.importorskip(package, reason="the site needs the extra `docs`")

pytestmark = pytest.mark.slow
PUBLIC = ("trans3dhead", "trans3dhead.inference", "trans3dhead.head_model")


class Page(HTMLParser):
    """What a page refers to, and what it can be referred to by."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("img", "script", "source", "iframe") and "src" in given:
            self.loads.append(given["src"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """The pages of a fresh build, by path."""
    out = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "--quiet",
        "--fail-on-warning",
        "-d",
        out / "doctrees",
        ".",
        out / "html",
    ]
    built = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return {path: Page(path) for path in sorted((out / "html").rglob("*.html"))}


def test_every_link_leads_somewhere(site: dict[Path, Page]):
    broken = []
    for path, page in site.items():
        for link in page.links:
            target, _, anchor = unquote(link).partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            to = (path.parent / target).resolve() if target else path
            if not to.is_file() or (anchor and to in site and anchor not in site[to].ids):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_every_picture_script_and_style_is_the_sites_own(site: dict[Path, Page]):
    loads = [(path, unquote(load).partition("?")[0]) for path, page in site.items() for load in page.loads]
    assert len(loads) > len(site)
    assert [f"{path.name}: {load}" for path, load in loads if not (path.parent / load).is_file()] == []


def test_every_page_of_the_repository_is_in_the_navigation(site: dict[Path, Page]):
    home = next(path for path in site if path.name == "index.html")
    pages = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md"), *REPOSITORY.glob("src/*/weights/*.md")]
    names = {str(page.relative_to(REPOSITORY).with_suffix(".html")) for page in pages}
    assert names - set(site[home].links) == {"README.html"}  # the front page itself


@pytest.mark.parametrize("module", PUBLIC)
def test_the_reference_has_every_public_name(site: dict[Path, Page], module: str):
    reference = next(page for path, page in site.items() if path.name == "reference.html")
    described = {identifier.rpartition(".")[2] for identifier in reference.ids}
    public = import_module(module).__all__
    assert [name for name in public if not name.isupper() and name not in described] == []
