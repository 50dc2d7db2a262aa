"""Test-time flip: mirrored answers are those of the mirror image, and the mean does not know left from right."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from toy_heads import toy_checkpoint
from trans3dhead.head_model import HeadModel, NumpyHeadModel, ParametersLayout
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.inference import Head, Predictor
from trans3dhead.inference.aligners import AlignedHeads
from trans3dhead.inference.aligners.aligned_heads import posed
from trans3dhead.inference.mirror import mean_of, mirrored

IMAGE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
SIDE = 64 / 1.2  # pixels: the crop of such a box has the network's 64 pixels, one for each of the photograph
ALIGNED = np.array([[40.0 - SIDE / 2, 60.0 - SIDE / 2, SIDE, SIDE], [90.0 - SIDE / 2, 52.0 - SIDE / 2, SIDE, SIDE]])
FLIP = np.diag([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def symmetric(toy_file: Path) -> HeadModel:
    """The head model that knows its mirror."""
    return HeadModel.load(toy_file)


@pytest.fixture(scope="module")
def network(symmetric: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_checkpoint(tmp_path_factory.mktemp("network") / "random.safetensors", symmetric)


def random_heads(head_model: NumpyHeadModel) -> AlignedHeads:
    random = np.random.default_rng(0)
    parameters = random.normal(size=(3, head_model.layout.size)).astype(np.float32)
    return posed(head_model, random.random((3, 68, 2)), random.random((3, 68)), parameters)


def test_mirrored_heads_are_the_mirror_images_of_mesh_and_landmarks(symmetric: HeadModel):
    head_model = symmetric.numpy()
    heads = random_heads(head_model)
    other = mirrored(heads, head_model)
    image = heads.projected[:, symmetric.mirror.numpy()]
    np.testing.assert_allclose(other.projected, np.stack((1 - image[..., 0], image[..., 1]), axis=-1), atol=1e-5)
    np.testing.assert_allclose(other.euler, heads.euler * [1.0, -1.0, -1.0], atol=1e-4)
    x, y = np.moveaxis(heads.landmarks[:, list(LANDMARK_MIRROR)], -1, 0)
    np.testing.assert_allclose(other.landmarks, np.stack((1 - x, y), axis=-1))
    np.testing.assert_array_equal(other.spread, heads.spread[:, list(LANDMARK_MIRROR)])
    again = mirrored(other, head_model)
    np.testing.assert_allclose(again.landmarks, heads.landmarks)
    np.testing.assert_allclose(again.projected, heads.projected, atol=1e-5)


def test_a_mirrored_jaw_turns_as_the_mirror_image_does():
    """The parameters alone: a head model whose mesh is one point."""
    layout = ParametersLayout(shape=1, expression=1, jaw=3)
    head_model = SimpleNamespace(
        layout=layout,
        shape_mirror=np.ones(1),
        expression_mirror=np.array([0]),
        clamped=lambda vector: vector,
        vertices=lambda vector: np.zeros((len(vector), 1, 3)),
        landmarks=lambda projected: projected[:, [0] * 68],
        subsets={"head": np.array([0])},
    )
    parameters = np.random.default_rng(0).normal(size=(4, layout.size))
    heads = posed(head_model, None, None, parameters)
    other = mirrored(heads, head_model)
    before, after = (
        np.array([cv2.Rodrigues(jaw)[0] for jaw in layout.split(h.parameters)["jaw"]]) for h in (heads, other)
    )
    np.testing.assert_allclose(after, FLIP @ before @ FLIP, atol=1e-12)
    assert other.spread is mean_of(heads, other, head_model).spread is None


def test_the_mean_of_equal_answers_is_the_answer(symmetric: HeadModel):
    head_model = symmetric.numpy()
    heads = random_heads(head_model)
    mean = mean_of(heads, heads, head_model)
    np.testing.assert_allclose(mean.landmarks, heads.landmarks)
    np.testing.assert_allclose(mean.spread, heads.spread)
    np.testing.assert_allclose(mean.projected, heads.projected, atol=1e-5)


def assert_mirror_images(head: Head, other: Head, head_model: HeadModel, tolerance: float) -> None:
    """One head of a photograph, and the same of its mirror image; tolerance: pixels, and degrees / 10."""
    width = IMAGE.shape[1]
    for name, partners in (("landmarks", list(LANDMARK_MIRROR)), ("projected", head_model.mirror.numpy())):
        x, y = getattr(head, name)[partners].T
        np.testing.assert_allclose(getattr(other, name), np.stack((width - x, y), axis=-1), atol=tolerance)
    np.testing.assert_allclose(
        [other.pose.pitch, -other.pose.yaw, -other.pose.roll],
        [head.pose.pitch, head.pose.yaw, head.pose.roll],
        atol=10 * tolerance,
    )
    vertices = head.vertices[head_model.mirror.numpy()] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(other.vertices, vertices, atol=1e-2 * tolerance)
    partners = head_model.expression_mirror.numpy()
    np.testing.assert_allclose(other.parameters.expression, head.parameters.expression[partners], atol=tolerance)


def test_with_flip_the_mirror_image_has_the_mirrored_heads(network: Path, symmetric: HeadModel):
    mirrored = ALIGNED.copy()
    mirrored[:, 0] = IMAGE.shape[1] - ALIGNED[:, 0] - ALIGNED[:, 2]
    image = np.ascontiguousarray(IMAGE[:, ::-1])
    predictor = Predictor(network, passes=1, head_model=symmetric, flip=True)
    for head, other in zip(predictor(IMAGE, boxes=ALIGNED), predictor(image, boxes=mirrored), strict=True):
        assert_mirror_images(head, other, symmetric, 1e-3)
    plain = Predictor(network, passes=1, head_model=symmetric)
    head, other = plain(IMAGE, boxes=ALIGNED)[0], plain(image, boxes=mirrored)[0]
    with pytest.raises(AssertionError):  # without it a random network knows left from right
        assert_mirror_images(head, other, symmetric, 1e-1)


def test_flip_needs_a_head_model_with_a_mirror(tmp_path: Path, toy: HeadModel):
    checkpoint = toy_checkpoint(tmp_path / "network.safetensors", toy)
    with pytest.raises(ValueError, match="flip: the head model 'toy' does not know which vertices are mirror images"):
        Predictor(checkpoint, head_model=toy, flip=True)
