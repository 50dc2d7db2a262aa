"""What `trans3dhead gallery` writes and says; `tests/demo/test_demo_gallery.py` has the page itself."""

from pathlib import Path

from command_line import done, failed
from paths import ASTRONAUT


def test_a_page_is_written(tmp_path: Path):
    said = done("gallery", ASTRONAUT, "-o", tmp_path / "out", "--model", "tiny", "--threads", 1)
    assert "astronaut.jpg: 1 head" in said
    assert (tmp_path / "out" / "index.html").is_file()
    assert [path.name for path in (tmp_path / "out").glob("*.glb")] == ["001_astronaut_1.glb"]


def test_a_photograph_that_is_not_there_is_said(tmp_path: Path):
    assert "nowhere.jpg" in failed("gallery", tmp_path / "nowhere.jpg", "-o", tmp_path / "out")
    assert not (tmp_path / "out" / "index.html").exists()
