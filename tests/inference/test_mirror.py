"""Test-time flip: mirrored predictions are those of the mirror image, and the mean does not know left from right."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from toy_heads import toy_checkpoint
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.head_model import HeadModel, ParametersLayout
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.head_model.skinning import rotation_from_axis_angle
from trans3dhead.inference import Head, Predictor
from trans3dhead.inference.mirror import mean_prediction, mirrored_prediction
from trans3dhead.networks.alignment import Prediction

IMAGE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
SIDE = 64 / 1.2  # pixels: the crop of such a box has the network's 64 pixels, one for each of the photograph
ALIGNED = np.array([[40.0 - SIDE / 2, 60.0 - SIDE / 2, SIDE, SIDE], [90.0 - SIDE / 2, 52.0 - SIDE / 2, SIDE, SIDE]])
FLIP = torch.diag(torch.tensor([-1.0, 1.0, 1.0]))


@pytest.fixture(scope="module")
def symmetric(toy_file: Path) -> HeadModel:
    """The head model that knows its mirror."""
    return HeadModel.load(toy_file)


@pytest.fixture(scope="module")
def network(symmetric: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_checkpoint(tmp_path_factory.mktemp("network") / "random.safetensors", symmetric)


def random_prediction(head_model: HeadModel) -> Prediction:
    return Prediction(torch.rand(3, 68, 2), torch.randn(3, head_model.layout.size), None, None, torch.rand(3, 68))


def projected(prediction: Prediction, head_model: HeadModel) -> torch.Tensor:
    """(B, V, 2) crop units: the mesh of a prediction in its crop."""
    parameters = head_model.layout.unpack(prediction.parameters)
    camera = WeakPerspective(rotation_from_6d(parameters.rotation), parameters.translation, parameters.scale)
    return camera.project(head_model.vertices(parameters))


def test_a_mirrored_prediction_is_the_mirror_image_of_its_mesh_and_landmarks(symmetric: HeadModel):
    prediction = random_prediction(symmetric)
    mirrored = mirrored_prediction(prediction, symmetric)
    image = projected(prediction, symmetric)[:, symmetric.mirror]
    expected = torch.stack((1 - image[..., 0], image[..., 1]), dim=-1)
    torch.testing.assert_close(projected(mirrored, symmetric), expected, atol=1e-5, rtol=0)
    x, y = prediction.landmarks[:, list(LANDMARK_MIRROR)].unbind(-1)
    torch.testing.assert_close(mirrored.landmarks, torch.stack((1 - x, y), dim=-1))
    torch.testing.assert_close(mirrored.landmark_spread, prediction.landmark_spread[:, list(LANDMARK_MIRROR)])
    again = mirrored_prediction(mirrored, symmetric)
    torch.testing.assert_close(again.landmarks, prediction.landmarks)
    torch.testing.assert_close(projected(again, symmetric), projected(prediction, symmetric), atol=1e-5, rtol=0)


def test_of_a_network_with_a_surface_what_predicting_reads_is_left(symmetric: HeadModel):
    """Points of the surface, its map and what was said before a fit are no part of a mirrored prediction."""
    plain = random_prediction(symmetric)
    whole = replace(
        plain,
        partial_landmarks=torch.rand(2, 3, 68, 2),
        surface=torch.rand(2, 3, 32, 2),
        surface_spread=torch.rand(3, 32),
        unfitted=torch.randn_like(plain.parameters),
    )
    for make in (
        lambda prediction: mirrored_prediction(prediction, symmetric),
        lambda prediction: mean_prediction(prediction, prediction, symmetric),
    ):
        for name, said in vars(make(whole)).items():
            wanted = getattr(make(plain), name)
            assert said is wanted is None or torch.equal(said, wanted), name


def test_a_mirrored_jaw_turns_as_the_mirror_image_does():
    layout = ParametersLayout(shape=1, expression=1, jaw=3)
    head_model = SimpleNamespace(layout=layout, shape_mirror=torch.ones(1), expression_mirror=torch.tensor([0]))
    prediction = Prediction(None, torch.randn(4, layout.size), None)
    mirrored = mirrored_prediction(prediction, head_model)
    before, after = (rotation_from_axis_angle(layout.unpack(p.parameters).jaw[:, None]) for p in (prediction, mirrored))
    torch.testing.assert_close(after, FLIP @ before @ FLIP)
    assert mirrored.landmarks is mirrored.landmark_spread is None
    assert mean_prediction(prediction, mirrored, head_model).landmarks is None


def test_the_mean_of_equal_predictions_is_the_prediction(symmetric: HeadModel):
    prediction = random_prediction(symmetric)
    mean = mean_prediction(prediction, prediction, symmetric)
    torch.testing.assert_close(mean.landmarks, prediction.landmarks)
    torch.testing.assert_close(mean.landmark_spread, prediction.landmark_spread)
    torch.testing.assert_close(projected(mean, symmetric), projected(prediction, symmetric), atol=1e-5, rtol=0)


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
