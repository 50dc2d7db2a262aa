"""What `trans3dhead gallery` writes and says; `tests/demo/test_demo_gallery.py` has the page itself."""

from pathlib import Path

import numpy as np

from command_line import done, failed
from paths import ASTRONAUT
from toy_videos import write_video


def test_a_page_is_written(tmp_path: Path):
    said = done("gallery", ASTRONAUT, "-o", tmp_path / "out", "--model", "tiny", "--threads", 1)
    assert "astronaut.jpg: 1 head" in said
    assert (tmp_path / "out" / "index.html").is_file()
    assert [path.name for path in (tmp_path / "out").glob("*.glb")] == ["001_astronaut_1.glb"]


def test_a_photograph_that_is_not_there_is_said(tmp_path: Path):
    assert "nowhere.jpg" in failed("gallery", tmp_path / "nowhere.jpg", "-o", tmp_path / "out")
    assert not (tmp_path / "out" / "index.html").exists()


def test_a_video_is_sent_to_predict(tmp_path: Path):
    frames = [np.zeros((64, 64, 3), np.uint8)] * 3
    clip = write_video(tmp_path / "clip.mp4", frames, 25.0)
    said = failed("gallery", clip, "-o", tmp_path / "out")
    assert "expected photographs, got videos, " in said
    assert said.endswith("clip.mp4; `trans3dhead predict` takes them")
