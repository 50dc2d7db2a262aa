"""The Python of the guides runs as it is printed."""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from paths import ASTRONAUT, REPOSITORY
from trans3dhead.images import read_photograph

PYTHON = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the files that the guides name."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ASTRONAUT, tmp_path / "photo.jpg")
    image = read_photograph(ASTRONAUT)
    video = cv2.VideoWriter("clip.mp4", cv2.VideoWriter.fourcc(*"mp4v"), 25, image.shape[1::-1])
    for _ in range(2):
        video.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    video.release()
    return tmp_path


def run(page: str, until: str = "\0") -> dict:
    """The names that a page's blocks leave, one after another; until: the first word of what is not run."""
    names: dict = {}
    code = "\n".join(PYTHON.findall((REPOSITORY / "docs" / page).read_text().partition(until)[0]))
    exec(compile(code, page, "exec"), names)
    return names


def test_the_start_page_finds_the_head_and_writes_its_files(folder: Path):
    assert len(run("start.md")["heads"]) == 1
    assert (folder / "head.glb").is_file()
    assert max(read_photograph(folder / "overlay.png").shape) == 1024


def test_scipy_reads_the_angles_of_a_head_as_the_page_says(folder: Path):
    names = run("measuring.md", until="**What the angles are relative to.**")
    pose = names["head"].pose
    np.testing.assert_allclose(
        [names[name] for name in ("pitch", "yaw", "roll")], [pose.pitch, pose.yaw, pose.roll], atol=1e-4
    )


def test_angles_to_the_cameras_axis_and_distances_are_plausible(folder: Path):
    names = run("measuring.md")
    head, camera = names["head"], names["camera"]
    pose = head.pose
    assert 0.5 < camera.distance < 1.5  # the portrait's own focal length is not known
    np.testing.assert_allclose(names["xy"], camera.project(head.vertices))
    assert 0.07 < names["outer_eye_corners"] < 0.11  # metres, of adults
    # A head beside the axis that looks into the camera is turned towards the axis, by the angle of its ray.
    ray = (head.landmarks.mean(axis=0) - camera.lens.principal_point) / camera.lens.focal_length
    right, down = np.rad2deg(np.arctan(ray))
    assert (right, down) == (pytest.approx(-2.5, abs=0.5), pytest.approx(-10, abs=0.5))
    assert names["yaw"] - pose.yaw == pytest.approx(right, abs=0.5)
    assert names["pitch"] - pose.pitch == pytest.approx(down, abs=0.5)


def test_a_head_through_a_video_keeps_its_id(folder: Path, capsys: pytest.CaptureFixture[str]):
    run("video.md")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["0", "0"]


def test_the_strongest_expressions_of_a_smile(folder: Path):
    strongest = [name for name, _ in run("avatars.md")["strongest"]]
    assert any(name.startswith("mouthSmile") for name in strongest)
