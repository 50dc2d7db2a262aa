"""Figures as files: the suffix says the format."""

from pathlib import Path

import pytest

from trans3dhead.evaluation.figures import check_figure, new_figure, save_figure

pytest.importorskip("matplotlib")

BEGINNINGS = {
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "svg": b"<?xml",
    "jpg": b"\xff\xd8",
    "jpeg": b"\xff\xd8",
    "PNG": b"\x89PNG",
}


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_the_suffix_says_the_format(suffix: str, tmp_path: Path):
    path = tmp_path / f"figure.{suffix}"
    save_figure(new_figure((1.0, 1.0)), path)
    assert path.read_bytes().startswith(BEGINNINGS[suffix])


@pytest.mark.parametrize("name", ["figure.gif", "figure", ".png"])
def test_another_suffix_is_told_before_anything_is_drawn(name: str):
    with pytest.raises(ValueError, match=rf"{name}: expected a figure's name to end with \.png"):
        check_figure(Path(name))
