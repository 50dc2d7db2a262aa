"""Test-time flip: mirrored answers are those of the mirror image, and the mean does not know left from right."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from toy_heads import toy_checkpoint, toy_head
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import HeadModel, NumpyHeadModel, ParametersLayout
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.head_model.surface_points import head_points
from trans3dhead.inference import Camera, Head, Predictor
from trans3dhead.inference.aligners import AlignedHeads, Answers, open_aligner
from trans3dhead.inference.aligners.aligned_heads import posed
from trans3dhead.inference.closer_look import CloserLook
from trans3dhead.inference.mirror import mean_of, mirrored
from trans3dhead.inference.photograph import Photograph
from trans3dhead.inference.posed_mesh import PosedMesh
from trans3dhead.networks.alignment import FaceReaderConfig, build, save_checkpoint

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


def random_answers(head_model: NumpyHeadModel) -> Answers:
    random = np.random.default_rng(0)
    parameters = random.normal(size=(3, head_model.layout.size)).astype(np.float32)
    return Answers(random.random((3, 68, 2)), random.random((3, 68)), parameters)


def heads_of(answers: Answers, head_model: NumpyHeadModel) -> AlignedHeads:
    return posed(head_model, answers.landmarks, answers.spread, answers.parameters)


def test_mirrored_heads_are_the_mirror_images_of_mesh_and_landmarks(symmetric: HeadModel):
    head_model = symmetric.numpy()
    answers = random_answers(head_model)
    turned = mirrored(answers, head_model)
    heads, other = heads_of(answers, head_model), heads_of(turned, head_model)
    image = heads.projected[:, symmetric.mirror.numpy()]
    np.testing.assert_allclose(other.projected, np.stack((1 - image[..., 0], image[..., 1]), axis=-1), atol=1e-5)
    np.testing.assert_allclose(other.euler, heads.euler * [1.0, -1.0, -1.0], atol=1e-4)
    x, y = np.moveaxis(heads.landmarks[:, list(LANDMARK_MIRROR)], -1, 0)
    np.testing.assert_allclose(other.landmarks, np.stack((1 - x, y), axis=-1))
    np.testing.assert_array_equal(other.spread, heads.spread[:, list(LANDMARK_MIRROR)])
    again = heads_of(mirrored(turned, head_model), head_model)
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
    heads = Answers(None, None, parameters)
    other = mirrored(heads, head_model)
    before, after = (
        np.array([cv2.Rodrigues(jaw)[0] for jaw in layout.split(h.parameters)["jaw"]]) for h in (heads, other)
    )
    np.testing.assert_allclose(after, FLIP @ before @ FLIP, atol=1e-12)
    mean = mean_of(heads, other, head_model)
    assert (other.landmarks, other.spread, mean.landmarks, mean.spread) == (None, None, None, None)


def test_the_mean_of_equal_answers_is_the_answer(symmetric: HeadModel):
    head_model = symmetric.numpy()
    answers = random_answers(head_model)
    mean = heads_of(mean_of(answers, answers, head_model), head_model)
    heads = heads_of(answers, head_model)
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


def test_with_flip_the_closer_look_is_mirrored_too(tmp_path: Path, symmetric: HeadModel):
    """By a reader that was never trained."""
    reader = build(FaceReaderConfig(crop_size=64, cell_channels=8, hidden=16, surface_points=16), symmetric.layout)
    reader.set_head(head_points(symmetric, 16), torch.full((16, 2), 0.5), torch.ones(symmetric.layout.size))
    save_checkpoint(tmp_path / "reader.safetensors", reader, symmetric.name, symmetric.geometry_hash)
    aligner = open_aligner(tmp_path / "reader.safetensors", symmetric)
    head = toy_head(symmetric, (40.0, 20.0, 70.0, 80.0), (0.0, 0.0, 0.0))
    image = np.ascontiguousarray(IMAGE[:, ::-1])
    other = in_the_mirror(head, symmetric)
    for flip in (True, False):
        look = CloserLook(aligner, flip)
        seen = look([Photograph(IMAGE)], [head], [Crop.around(head.box, 64)])[0]
        of_mirror = look([Photograph(image)], [other], [Crop.around(other.box, 64)])[0]
        if flip:
            assert_mirror_images(seen, of_mirror, symmetric, 0.1)  # crops are cut to a 32nd of a pixel
        else:
            with pytest.raises(AssertionError):
                assert_mirror_images(seen, of_mirror, symmetric, 0.3)


def in_the_mirror(head: Head, head_model: HeadModel) -> Head:
    """An unturned head in the mirror image of its photograph."""
    x, y = head.camera.translation
    own = head.parameters
    parameters = replace(
        own,
        shape=own.shape * head_model.shape_mirror.numpy(),
        expression=own.expression[head_model.expression_mirror.numpy()],
    )
    camera = Camera(head.camera.scale, np.array([IMAGE.shape[1] - x, y]))
    mesh = PosedMesh.of(head.head_model, parameters, head.pose.rotation, camera)
    landmarks = head.landmarks[list(LANDMARK_MIRROR)] * [-1, 1] + [IMAGE.shape[1], 0]
    found = replace(head, parameters=parameters, camera=camera, landmarks=landmarks, box=mesh.box)
    return replace(found, vertices=mesh.vertices, projected=mesh.projected)


def test_flip_needs_a_head_model_with_a_mirror(tmp_path: Path, toy: HeadModel):
    checkpoint = toy_checkpoint(tmp_path / "network.safetensors", toy)
    with pytest.raises(ValueError, match="flip: the head model 'toy' does not know which vertices are mirror images"):
        Predictor(checkpoint, head_model=toy, flip=True)
