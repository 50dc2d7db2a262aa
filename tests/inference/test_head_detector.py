"""The head detector around a finder of white rectangles, and around a random network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.geometry.boxes import iou
from trans3dhead.inference import HeadDetector
from trans3dhead.inference.detectors import build_detector
from trans3dhead.inference.detectors.finders import Found
from trans3dhead.inference.detectors.head_detector import padded
from trans3dhead.networks.detection.checkpoint import load_detector, save_detector
from trans3dhead.networks.detection.config import THRESHOLD, DetectorConfig
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import DetectorNetwork
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights import shipped

FACING = np.diag([1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny detector of random weights."""
    torch.manual_seed(0)
    network = DetectorNetwork(DetectorConfig(8, (8, 8, 8, 8), (1, 1, 1, 1), 8, 8))
    path = tmp_path_factory.mktemp("detector") / "tiny.safetensors"
    save_detector(path, network, {"licence": "CC0"})
    return path


class FindsWhite:
    """A finder that answers the bounds of what is white in its input, enlarged by `factor` about their corner."""

    def __init__(self, factor: float = 1.0, shift: float = 0.0) -> None:
        self.factor, self.shift, self.inputs = factor, shift, []

    def __call__(self, picture: np.ndarray, threshold: float) -> Found:
        self.inputs.append(picture.shape[:2])
        rows, columns = np.nonzero((picture > 182).all(axis=2))
        low, high = np.array([columns.min(), rows.min()]), np.array([columns.max(), rows.max()]) + 1
        box = np.concatenate((low + self.shift, self.factor * (high - low)))
        return box[None], np.array([0.9]), FACING[None]


def finding_white(checkpoint, network: FindsWhite, **options) -> HeadDetector:
    detector = HeadDetector(checkpoint, **options)
    detector._find = network
    return detector


def photograph(width: int, height: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """Gray, with one white rectangle."""
    image = np.full((height, width, 3), 90, np.uint8)
    x, y, w, h = box
    image[y : y + h, x : x + w] = 255
    return image


@settings(max_examples=25, deadline=None)
@given(width=st.integers(40, 1700), height=st.integers(40, 1700), share=st.floats(0.3, 1.0), at=st.floats(0.0, 1.0))
def test_boxes_are_in_pixels_of_the_photograph(checkpoint, width, height, share, at):
    w, h = round(share * width), round(share * height)
    box = (round(at * (width - w)), round(at * (height - h)), w, h)
    network = FindsWhite()
    found = finding_white(checkpoint, network)(photograph(width, height, box))
    assert found.boxes.shape == (1, 4)
    assert np.abs(found.boxes[0] - box).max() <= 2 * max(1.0, max(width, height) / 288)
    np.testing.assert_allclose(found.rotations, FACING[None], atol=1e-6)
    np.testing.assert_allclose(found.scores, [0.9])
    assert not found.from_faces
    for rows, columns in network.inputs:
        assert rows % 32 == columns % 32 == 0
        assert max(rows, columns) <= 576
        assert rows < 2 * height + 64  # enlarged twice at most
        assert columns < 2 * width + 64


@pytest.mark.parametrize(
    ("size", "options", "inputs"),
    [
        ((4000, 3000), {}, [(448, 576)]),
        ((640, 480), {}, [(448, 576)]),
        ((200, 140), {}, [(288, 416)]),  # enlarged twice at most
        ((2000, 1000), {"longest_side": 1280}, [(640, 1280)]),
    ],
)
def test_what_the_network_sees(checkpoint, size, options, inputs):
    network = FindsWhite()
    finding_white(checkpoint, network, **options)(photograph(*size, (0, 0, size[0], size[1])))
    assert network.inputs == inputs


def test_a_head_may_reach_outside_of_the_photograph(checkpoint):
    image = photograph(200, 100, (150, 50, 50, 50))
    boxes = finding_white(checkpoint, FindsWhite(factor=1.5))(image).boxes
    np.testing.assert_allclose(boxes, [[150, 50, 75, 75]])


def test_a_box_in_the_padding_is_no_head(checkpoint):
    image = photograph(200, 100, (180, 80, 20, 20))
    assert finding_white(checkpoint, FindsWhite(shift=40.0))(image).boxes.shape == (0, 4)


def test_it_is_the_network_itself(checkpoint):
    image = np.random.default_rng(0).integers(0, 255, (70, 96, 3), dtype=np.uint8)
    found = HeadDetector(checkpoint, threshold=0.0, longest_side=96)(image)
    pixels = torch.zeros((1, 3, 96, 96), dtype=torch.uint8)
    pixels[0, :, :70, :96] = torch.from_numpy(image).permute(2, 0, 1)
    with torch.no_grad():
        expected = find(load_detector(checkpoint).network.eval()(normalize(pixels)), threshold=0.0)[0]
    overlap = iou(found.boxes[:, None], expected.boxes.double().numpy()[None])
    nearest = overlap.argmax(axis=1)
    assert len(found.boxes)
    np.testing.assert_allclose(overlap.max(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(found.scores, expected.scores.numpy()[nearest], rtol=1e-5)
    np.testing.assert_allclose(found.rotations, expected.rotations.numpy()[nearest], atol=1e-5)
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 400, 3)])
def test_nothing_is_found_in_an_empty_picture(checkpoint, shape):
    found = HeadDetector(checkpoint, threshold=0.9)(np.full(shape, 128, np.uint8))
    assert found.boxes.shape == (0, 4)
    assert found.rotations.shape == (0, 3, 3)


def test_padding_is_black_and_to_the_right_and_below():
    image = np.full((33, 64, 3), 7, np.uint8)
    canvas = padded(image)
    assert canvas.shape == (64, 64, 3)
    np.testing.assert_array_equal(canvas[:33], image)
    assert not canvas[33:].any()


def test_it_is_built_by_name(checkpoint, tmp_path):
    detector = build_detector(f"heads:{checkpoint}")
    assert isinstance(detector, HeadDetector)
    assert detector.threshold == detector.own_threshold == THRESHOLD
    assert build_detector(f"heads:{checkpoint}", threshold=0.1).threshold == 0.1
    with pytest.raises(ValueError, match="detector: expected a checkpoint's path"):
        build_detector(f"heads:{tmp_path / 'none.safetensors'}")
    with pytest.raises(ValueError, match="expected a detector, got a network that aligns heads"):
        HeadDetector("small")  # a network that aligns


def test_a_side_that_the_network_cannot_take_is_refused(checkpoint):
    with pytest.raises(ValueError, match="longest_side: expected 32 pixels or more, got 16"):
        HeadDetector(checkpoint, longest_side=16)


def test_one_that_ships_is_found_and_described(checkpoint, tmp_path, monkeypatch):
    (tmp_path / "detector.safetensors").write_bytes(checkpoint.read_bytes())
    monkeypatch.setattr(shipped, "shipped_folder", lambda: tmp_path)
    assert isinstance(build_detector("heads"), HeadDetector)
    (file,) = shipped.shipped_files()
    assert (file.name, file.kind, file.licence) == ("detector", "detector", "CC0")
    assert file.network == "detector, widths 8, 8, 8, 8"
