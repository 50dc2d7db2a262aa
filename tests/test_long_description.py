"""The README as a package index shows it, by the substitutions of pyproject.toml."""

import re

import pytest

from paths import REPOSITORY

tomllib = pytest.importorskip("tomllib", reason="reading TOML needs Python 3.11")


@pytest.fixture(scope="module")
def shown() -> str:
    hook = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]
    text = (REPOSITORY / "README.md").read_text()
    for substitution in hook["fancy-pypi-readme"]["substitutions"]:
        assert re.search(substitution["pattern"], text), f"{substitution['pattern']}: nothing of the README any more"
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    return text


def test_it_has_no_link_into_a_checkout(shown: str):
    assert re.findall(r"\]\((?!https?://)[^)]*\)", shown) == []


def test_it_says_how_to_install_without_a_checkout(shown: str):
    assert "pip install trans3dhead " in shown
    assert 'pip install "trans3dhead[export]"' in shown
    assert not re.search(r"pip install \"?\.|tasks\.py", shown)


def test_the_words_of_links_stay(shown: str):
    assert "where ours departs from the\npaper" in shown
    assert "see NOTICE for what they are derived from" in shown


def test_no_caption_is_left_without_its_picture(shown: str):
    text = (REPOSITORY / "README.md").read_text()
    captions = re.findall(r"^!\[[^\]]*\]\([^)]*\)\\?\n([^\n]+)", text, flags=re.MULTILINE)
    assert captions
    assert [caption for caption in captions if caption in shown] == []
