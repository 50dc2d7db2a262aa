"""The closer look: what a reader says of a face comes back to the head that was found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from paths import ASTRONAUT
from toy_heads import constant_parameters, toy_checkpoint, toy_head
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.face_square import face_square
from trans3dhead.geometry.matrices import angle_between_matrices, axis_rotation, matrix_from_euler, matrix_to_6d
from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.head_model.surface_points import head_points
from trans3dhead.inference import Camera, Head, Parameters, Pose, Predictor, read_photograph
from trans3dhead.inference.aligners import Answers, open_aligner
from trans3dhead.inference.closer_look import CONSTANTS, CloserLook
from trans3dhead.inference.photograph import Photograph
from trans3dhead.networks.alignment import FaceReaderConfig, build, save_checkpoint

IMAGE = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
BOX = (120.0, 60.0, 90.0, 110.0)
SIZE = 48


class Says:
    """A reader that says of each crop it is shown the head that it is told, as that lies in its square."""

    framing, crop_size = "face", SIZE

    def __init__(self, head_model: NumpyHeadModel, heads: list[Head], found: list[Head]) -> None:
        """heads: the truth; found: what a first network found, which says where the squares are."""
        self.head_model, self._heads, self._found = head_model, heads, found
        self.crops = np.zeros((0, SIZE, SIZE, 3), np.uint8)

    def answers(self, crops: np.ndarray) -> Answers:
        self.crops = crops
        pairs = list(zip(self._heads, self._found, strict=True))
        with np.errstate(invalid="ignore"):  # some say infinity
            landmarks = np.stack([square(found)[0].to_crop(head.landmarks) / SIZE for head, found in pairs])
        return Answers(
            landmarks=landmarks,
            spread=np.full((len(pairs), 68), 1.0 / SIZE),
            parameters=np.stack([self._vector(head, *square(found)) for head, found in pairs]),
        )

    def _vector(self, head: Head, crop: Crop, roll: float) -> np.ndarray:
        translation, scale = head.camera.in_crop(crop)
        said = {
            "rotation": matrix_to_6d(axis_rotation("z", -roll) @ head.pose.rotation),
            "translation": np.append(translation, 0.0),
            "scale": scale,
        }
        return replace(head.parameters, **said).vector(self.head_model.layout)


def square(head: Head) -> tuple[Crop, float]:
    """Where a reader looks for a head's face, and how far it is turned back there."""
    box, roll = face_square(head.project, head.head_model.resting_landmarks(head.parameters.shape))
    return Crop.around(box, SIZE, margin=0.0, roll=-roll), roll


def looked(true: Head, found: Head) -> Head:
    says = Says(found.head_model, [true], [found])
    return CloserLook(says)([Photograph(IMAGE)], [found], [Crop.around(found.box, 64)])[0]


@pytest.fixture(scope="module")
def head(toy: HeadModel) -> Head:
    return replace(toy_head(toy, BOX, (8.0, 25.0, -30.0)), landmark_spread=np.full(68, 3.0))


def moved(head: Head) -> Head:
    """The head somewhat elsewhere, turned a little and with another expression, as a network may find it."""
    rotation = matrix_from_euler(np.array([2.0, 31.0, -24.0])).astype(np.float32)
    camera = Camera(1.1 * head.camera.scale, head.camera.translation + np.array([6.0, -4.0]))
    own = head.parameters
    parameters = replace(own, shape=own.shape + 0.5, expression=1.0 - own.expression)
    return replace(head, pose=Pose.of(rotation), camera=camera, parameters=parameters, landmarks=head.landmarks + 5.0)


def test_two_looks_that_agree_leave_a_head_as_it_is(head: Head) -> None:
    refined = looked(head, head)
    np.testing.assert_allclose(refined.landmarks, head.landmarks, atol=1e-3)
    np.testing.assert_allclose(refined.vertices, head.vertices, atol=1e-6)
    np.testing.assert_allclose(refined.projected, head.projected, atol=1e-2)
    np.testing.assert_allclose(refined.box, head.box, atol=1e-2)
    np.testing.assert_allclose(refined.pose.rotation, head.pose.rotation, atol=1e-5)
    assert refined.score == head.score


def test_it_is_between_both_looks_with_the_readers_expression(head: Head) -> None:
    found = moved(head)
    refined = looked(head, found)
    points, of_shape, of_rotation = (CONSTANTS["share"][name] for name in ("points", "shape", "rotation"))
    between = found.landmarks + points * (head.landmarks - found.landmarks)
    np.testing.assert_allclose(refined.landmarks, between, atol=1e-3)
    np.testing.assert_allclose(refined.parameters.expression, head.parameters.expression, atol=1e-6)
    shape = found.parameters.shape + of_shape * (head.parameters.shape - found.parameters.shape)
    np.testing.assert_allclose(refined.parameters.shape, shape, atol=1e-6)
    apart = angle_between_matrices(head.pose.rotation, found.pose.rotation)
    assert angle_between_matrices(found.pose.rotation, refined.pose.rotation) == pytest.approx(
        of_rotation * apart, rel=1e-2
    )
    rest = (1 - of_rotation) * apart
    assert angle_between_matrices(head.pose.rotation, refined.pose.rotation) == pytest.approx(rest, rel=1e-2)
    spread = 3.0 + points * (square(found)[0].zoom ** -1 - 3.0)
    np.testing.assert_allclose(refined.landmark_spread, spread, rtol=1e-5)


def test_its_camera_puts_the_mesh_where_the_landmarks_are(head: Head) -> None:
    refined = looked(head, moved(head))
    points = refined.in_camera_space(refined.landmarks_3d)[:, :2]

    def apart(scale: float, x: float, y: float) -> float:
        return float(((scale * points + [x, y] - refined.landmarks) ** 2).sum())

    best = apart(refined.camera.scale, *refined.camera.translation)
    for scale, x, y in ((0.01, 0, 0), (-0.01, 0, 0), (0, 0.5, 0), (0, -0.5, 0), (0, 0, 0.5), (0, 0, -0.5)):
        place = refined.camera.translation + np.array([x, y])
        assert apart(refined.camera.scale * (1 + scale), *place) > best


def test_everything_of_the_refined_head_agrees(head: Head) -> None:
    refined, model = looked(head, moved(head)), head.head_model
    parameters = refined.parameters
    np.testing.assert_allclose(model.vertices(parameters.vector(model.layout)[None])[0], refined.vertices, atol=1e-6)
    np.testing.assert_allclose(
        refined.camera.project(refined.vertices, refined.pose.rotation), refined.projected, atol=1e-2
    )
    camera = Camera.of(parameters, Crop.around(head.box, 64))  # the first network's crop
    assert camera.scale == pytest.approx(refined.camera.scale, rel=1e-5)
    np.testing.assert_allclose(camera.translation, refined.camera.translation, atol=1e-3)


@pytest.mark.parametrize(("yaw", "weight"), [(0.0, 1.0), (84.9, 1.0), (-92.5, 0.5), (100.1, 0.0), (-130.0, 0.0)])
def test_it_counts_the_less_the_less_of_the_face_is_seen(toy: HeadModel, yaw: float, weight: float) -> None:
    found = toy_head(toy, BOX, (0.0, yaw, 0.0))
    true = replace(found, parameters=replace(found.parameters, expression=1.0 - found.parameters.expression))
    refined = looked(true, found)
    expected = found.parameters.expression + weight * (true.parameters.expression - found.parameters.expression)
    np.testing.assert_allclose(refined.parameters.expression, expected, atol=1e-5)


def test_each_head_is_seen_in_its_own_photograph(toy: HeadModel) -> None:
    """One of them from behind, so that what is seen and what is said are not in the same rows."""
    poses = ((0.0, 170.0, 0.0), (5.0, 20.0, 10.0), (-5.0, -30.0, 0.0))
    found = [toy_head(toy, (100.0 + 20 * k, 60.0, 90.0, 110.0), pose, seed=k) for k, pose in enumerate(poses)]
    true = [moved(head) for head in found]
    photographs = [Photograph(np.roll(IMAGE, k, axis=0)) for k in range(3)]
    crops = [Crop.around(head.box, 64) for head in found]
    says = Says(toy.numpy(), true[1:], found[1:])
    together = CloserLook(says)(photographs, found, crops)
    assert together[0] is found[0]
    for k in (1, 2):
        np.testing.assert_array_equal(says.crops[k - 1], square(found[k])[0].cut(photographs[k].pixels()[0]))
        alone = CloserLook(Says(toy.numpy(), [true[k]], [found[k]]))([photographs[k]], [found[k]], [crops[k]])[0]
        np.testing.assert_allclose(together[k].projected, alone.projected, atol=1e-4)
        np.testing.assert_allclose(together[k].landmarks, alone.landmarks, atol=1e-4)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
def test_what_no_head_can_have_leaves_the_head_as_it_was(head: Head, wrong: float) -> None:
    """Numbers that are not finite, and points that are the wrong way round."""
    middle = head.landmarks.mean(axis=0)
    bad = replace(head, landmarks=middle + 5 * wrong * (head.landmarks - middle))
    assert looked(bad, head) is head


def test_nobody_looks_where_no_face_is_to_be_seen(toy: HeadModel) -> None:
    behind = toy_head(toy, BOX, (0.0, 170.0, 0.0))
    says = Says(toy.numpy(), [], [])
    assert CloserLook(says)([Photograph(IMAGE)], [behind], [Crop.around(behind.box, 64)]) == [behind]
    assert len(says.crops) == 0


@pytest.mark.parametrize(
    "camera", [(1e-9, (0.0, 0.0)), (900.0, (5000.0, 100.0)), (np.nan, (0.0, 0.0)), (1e12, (0.0, 0.0))]
)
def test_a_camera_that_shows_no_face_is_left_alone(head: Head, camera: tuple) -> None:
    """Networks may answer anything where there is no head."""
    scale, place = camera
    lost = replace(head, camera=Camera(scale, np.array(place)))
    says = Says(head.head_model, [], [])
    assert CloserLook(says)([Photograph(IMAGE)], [lost], [Crop.around(head.box, 64)]) == [lost]


def test_it_sees_the_face_upright(head: Head) -> None:
    says = Says(head.head_model, [head], [head])
    CloserLook(says)([Photograph(IMAGE)], [head], [Crop.around(head.box, 64)])
    np.testing.assert_array_equal(says.crops[0], square(head)[0].cut(IMAGE))


def test_a_network_of_heads_is_refused(toy: HeadModel) -> None:
    says = Says(toy.numpy(), [], [])
    says.framing = "head"
    with pytest.raises(ValueError, match="expected a network that reads faces, got one that aligns heads"):
        CloserLook(says)


def test_cameras_go_into_a_crop_and_back() -> None:
    camera, crop = Camera(812.0, np.array([101.5, 77.25])), Crop.around(np.array([40.0, 30, 120, 140]), 112, roll=33.0)
    translation, scale = camera.in_crop(crop)
    none = np.zeros(0, np.float32)
    said = Parameters(none, none, none, none, np.append(translation, 0.0), scale)
    again = Camera.of(said, crop)
    assert again.scale == pytest.approx(camera.scale)
    np.testing.assert_allclose(again.translation, camera.translation)


@pytest.fixture(scope="module")
def reader(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained reader of faces, in a file."""
    torch.manual_seed(1)
    network = build(FaceReaderConfig(crop_size=SIZE, cell_channels=8, hidden=16, surface_points=16), toy.layout)
    network.set_head(head_points(toy, 16), torch.full((16, 2), 0.5), torch.ones(toy.layout.size))
    path = tmp_path_factory.mktemp("reader") / "reader.safetensors"
    save_checkpoint(path, network, toy.name, toy.geometry_hash)
    return path


@pytest.fixture(scope="module")
def aligning(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that says of every crop that it shows one and the same head, which faces the camera."""
    return toy_checkpoint(tmp_path_factory.mktemp("known") / "known.safetensors", toy, constant_parameters())


BOXES = np.array([[100.0, 80.0, 90.0, 120.0], [210.0, 150.0, 60.0, 50.0]])


def test_a_predictor_looks_closer_at_what_it_found(aligning: Path, reader: Path, toy: HeadModel) -> None:
    plain = Predictor(aligning, head_model=toy)(IMAGE, boxes=BOXES)
    closer = Predictor(aligning, head_model=toy, closer_look=reader)(IMAGE, boxes=BOXES)
    look = CloserLook(open_aligner(reader, toy))
    crops = [Crop.around(box, 64) for box in BOXES]
    for one, other, got in zip(plain, look([Photograph(IMAGE)] * 2, plain, crops), closer, strict=True):
        assert np.abs(one.landmarks - got.landmarks).max() > 1.0  # a reader that was not trained is far off
        np.testing.assert_allclose(got.landmarks, other.landmarks)
        np.testing.assert_allclose(got.projected, other.projected)
        assert (got.score, got.agreement) == (one.score, one.agreement)  # of the look that found it


def test_a_checkpoint_of_ones_own_has_no_closer_look_unless_it_is_asked_for(aligning: Path, toy: HeadModel) -> None:
    plain, none = (Predictor(aligning, head_model=toy, closer_look=look) for look in ("auto", "none"))
    for one, other in zip(plain(IMAGE, boxes=BOXES), none(IMAGE, boxes=BOXES), strict=True):
        np.testing.assert_array_equal(one.projected, other.projected)


def test_a_reader_finds_no_heads(reader: Path, aligning: Path, toy: HeadModel) -> None:
    with pytest.raises(ValueError, match="reads faces that another network found; give it as the closer look"):
        Predictor(reader, head_model=toy)
    with pytest.raises(ValueError, match="expected a network that reads faces, got one that aligns heads"):
        Predictor(aligning, head_model=toy, closer_look=aligning)


def test_of_a_rolled_head_the_right_side_is_chosen_first() -> None:
    image = np.ascontiguousarray(np.rot90(read_photograph(ASTRONAUT)))
    (plain,), (closer,) = (Predictor(any_roll=True, closer_look=look)(image) for look in ("none", "face"))
    assert angle_between_matrices(plain.pose.rotation, closer.pose.rotation) < 10.0
    assert np.abs(plain.landmarks - closer.landmarks).max() < 15.0  # pixels
    assert not np.array_equal(plain.landmarks, closer.landmarks)
    assert plain.score == closer.score
