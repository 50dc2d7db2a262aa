"""Detectors on the example photograph, on nothing, and the merging of boxes."""

import cv2
import numpy as np
import pytest

from paths import ASTRONAUT
from trans3dhead.geometry.boxes import iou
from trans3dhead.inference import read_photograph
from trans3dhead.inference.detectors import CascadeDetector, YuNetDetector, build_detector
from trans3dhead.inference.detectors.resizing import resized_to

HEAD = np.array([172.0, 32.0, 109.0, 147.0])  # drawn by hand: skull without hair


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return read_photograph(ASTRONAUT)


@pytest.fixture(scope="module")
def cascade() -> CascadeDetector:
    return CascadeDetector()


def test_the_astronaut_is_found_once(cascade, astronaut):
    found = cascade(astronaut)
    assert found.boxes.shape == (1, 4)
    assert iou(found.boxes[0], HEAD) > 0.6
    assert 0.4 < found.scores[0] <= 1


def test_the_mirrored_photograph_has_the_mirrored_box(cascade, astronaut):
    box = cascade(astronaut).boxes[0]
    mirrored = cascade(np.ascontiguousarray(astronaut[:, ::-1])).boxes[0]
    assert iou(mirrored, np.array([512 - box[0] - box[2], *box[1:]])) > 0.85


@pytest.mark.slow
def test_a_large_photograph_has_the_enlarged_box(cascade, astronaut):
    large = cascade(cv2.resize(astronaut, (3072, 3072)))
    assert iou(large.boxes[0] / 6, cascade(astronaut).boxes[0]) > 0.85  # the most certain one


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 400, 3), (300, 300, 3)])
def test_nothing_is_found_in_an_empty_picture(cascade, shape):
    found = cascade(np.full(shape, 128, np.uint8))
    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == (0,)


def test_a_threshold_above_one_finds_nothing(astronaut):
    assert not len(CascadeDetector(threshold=1.01)(astronaut).boxes)


@pytest.mark.parametrize("size", [(1200, 900), (1001, 640), (300, 2000), (200, 160)])
def test_a_shrunk_photograph_is_the_mean_of_its_pixels(size):
    width, height = size
    y, x = np.mgrid[:height, :width] + 0.5
    image = np.stack((x / width, y / height, 0.5 + 0.5 * np.sin(x / 30) * np.sin(y / 30)), axis=-1)
    small, to_photograph = resized_to((255 * image).round().astype(np.uint8), 256)
    assert max(small.shape) == min(256, max(size))
    np.testing.assert_allclose(to_photograph[:2] * (small.shape[1], small.shape[0]), size)
    expected = cv2.resize(255 * image, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(small, expected, atol=3)  # levels; halving first rounds more often


def test_detectors_by_name():
    assert isinstance(build_detector("cascade"), CascadeDetector)
    for name in ("mtcnn", "yunet", "cascade:x"):
        with pytest.raises(ValueError, match="'cascade' or 'yunet:PATH'"):
            build_detector(name)


def test_a_detector_tells_its_own_threshold_whatever_it_was_asked_for():
    own, low = build_detector("cascade"), build_detector("cascade", threshold=0.01)
    assert own.threshold == own.own_threshold == low.own_threshold
    assert low.threshold == 0.01


def test_a_yunet_file_that_is_none_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such YuNet model"):
        build_detector(f"yunet:{tmp_path / 'none.onnx'}")
    (tmp_path / "wrong.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match="expected YuNet"):
        YuNetDetector(tmp_path / "wrong.onnx")
