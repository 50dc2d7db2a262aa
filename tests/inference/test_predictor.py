"""The Predictor around a network that answers a known head, and around a random one."""

import json

import numpy as np
import pytest
import torch

from paths import ASTRONAUT
from toy_heads import constant_landmarks, constant_parameters, toy_checkpoint
from trans3dhead.geometry.boxes import bounds, iou
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_from_euler
from trans3dhead.inference import Detections, Predictor, read_photograph
from trans3dhead.inference.head_score import evidence
from trans3dhead.networks.alignment import load_model
from trans3dhead.networks.preprocess import normalize

IMAGE = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
BOXES = np.array([[100.0, 80.0, 90.0, 120.0], [250.0, 150.0, 60.0, 50.0]])


class Given:
    """A detector that finds what it is told."""

    def __init__(self, boxes: np.ndarray, scores: np.ndarray, **more) -> None:
        self.found = Detections(boxes, scores, **more)

    def __call__(self, image: np.ndarray) -> Detections:
        return self.found


@pytest.fixture(scope="module")
def known(tmp_path_factory, toy):
    """A network that says the same head of every crop."""
    return toy_checkpoint(tmp_path_factory.mktemp("known") / "known.safetensors", toy, constant_parameters())


@pytest.fixture(scope="module")
def random(tmp_path_factory, toy):
    return toy_checkpoint(tmp_path_factory.mktemp("random") / "random.safetensors", toy)


def test_one_pass_is_the_network_mapped_back_from_the_crop(known, toy):
    head = Predictor(known, passes=1, head_model=toy)(IMAGE, boxes=BOXES[:1])[0]
    parameters = toy.clamp(constant_parameters())
    crop = Crop.around(BOXES[0], 64)
    vertices = toy(parameters.shape[None], parameters.expression[None])
    rotation = rotation_from_6d(parameters.rotation)
    camera = WeakPerspective(rotation[None], parameters.translation[None], parameters.scale[None])
    projected = crop.to_photograph(camera.project(vertices)[0].numpy() * 64)
    np.testing.assert_allclose(head.vertices, vertices[0], atol=1e-6)
    np.testing.assert_allclose(head.projected, projected, atol=1e-3)
    np.testing.assert_allclose(head.landmarks, crop.to_photograph(constant_landmarks().numpy() * 64), atol=1e-3)
    np.testing.assert_allclose(head.box, bounds(projected[toy.subsets["head"]]), atol=1e-3)
    np.testing.assert_allclose([head.pose.pitch, head.pose.yaw, head.pose.roll], [5, 20, -10], atol=1e-3)


def test_the_camera_puts_the_vertices_on_the_photograph(known, toy):
    for head in Predictor(known, head_model=toy)(IMAGE, boxes=BOXES):
        np.testing.assert_allclose(head.camera.project(head.vertices, head.pose.rotation), head.projected, atol=1e-3)


def test_expressions_stay_inside_their_bounds(known, toy):
    head = Predictor(known, head_model=toy)(IMAGE, boxes=BOXES[:1])[0]
    assert list(head.blendshapes) == list(toy.expression_names)
    assert head.blendshapes["jawOpen"] == 0.0
    assert head.blendshapes["browInnerUp"] == 1.0


def test_the_second_pass_looks_at_the_implied_box(known, toy):
    first = Predictor(known, passes=1, head_model=toy)(IMAGE, boxes=BOXES)
    second = Predictor(known, passes=2, head_model=toy)(IMAGE, boxes=BOXES)
    again = Predictor(known, passes=1, head_model=toy)(IMAGE, boxes=np.stack([head.box for head in first]))
    for one, other in zip(second, again, strict=True):
        np.testing.assert_allclose(one.projected, other.projected, atol=1e-3)


def test_a_given_box_is_believed_and_a_detected_one_looked_at_again(known, toy):
    detector = lambda image: Detections(BOXES[:1], np.ones(1))  # noqa: E731
    once, twice = (Predictor(known, passes=n, head_model=toy)(IMAGE, boxes=BOXES[:1])[0] for n in (1, 2))
    predictor = Predictor(known, detector=detector, head_model=toy)
    np.testing.assert_array_equal(predictor(IMAGE, boxes=BOXES[:1])[0].projected, once.projected)
    np.testing.assert_array_equal(predictor(IMAGE)[0].projected, twice.projected)
    assert np.abs(once.projected - twice.projected).max() > 1e-2
    of_heads = Predictor(known, detector=Given(BOXES[:1], np.ones(1), from_faces=False), head_model=toy)
    np.testing.assert_array_equal(of_heads(IMAGE)[0].projected, once.projected)


def test_a_coarse_rotation_checks_the_networks(known, toy):
    own = Predictor(known, head_model=toy)(IMAGE, boxes=BOXES[:1])[0].pose.rotation
    turns = rotation_from_euler(torch.tensor([[0.0, -50.0, 0.0], [70.0, 0.0, 0.0]])).numpy() @ np.diag([1, -1, -1])
    detector = Given(BOXES, np.array([0.9, 0.8]), rotations=turns @ own, from_faces=False)
    heads = Predictor(known, detector=detector, head_model=toy)(IMAGE)
    np.testing.assert_allclose([head.rotation_check for head in heads], [50, 70], atol=1e-3)
    assert [head.doubtful for head in heads] == [False, True]
    assert [head.score for head in heads] == [0.9, 0.8]
    content = [head.to_json() for head in heads]
    assert [row["doubtful"] for row in content] == [False, True]
    assert content[1]["rotation_check"] == round(heads[1].rotation_check, 3)
    assert content[1]["detector_score"] == 0.8


def test_heads_below_the_least_score_are_left_out(known, toy):
    detector = Given(BOXES, np.array([0.9, 0.3]), from_faces=False)
    for least, count in ((None, 2), (0.0, 2), (0.3, 2), (0.5, 1), (1.0, 0)):
        assert len(Predictor(known, detector=detector, head_model=toy, min_score=least)(IMAGE)) == count
    assert len(Predictor(known, detector=detector, head_model=toy, min_score=1.0)(IMAGE, boxes=BOXES)) == 2
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="min_score: expected 0 to 1, got"):
            Predictor(known, head_model=toy, min_score=wrong)


def test_of_our_detector_the_score_is_a_probability_and_a_half_of_it_needed():
    astronaut = read_photograph(ASTRONAUT)
    face, wall = np.array([172.0, 32.0, 109.0, 147.0]), np.array([20.0, 20.0, 80.0, 100.0])
    boxes, upright = np.stack((face, wall)), np.stack([np.diag([1.0, -1.0, -1.0])] * 2)
    for detected in (0.36, 0.6):
        detector = Given(boxes, np.full(2, detected), rotations=upright, from_faces=False, known=True)
        (head,) = Predictor(detector=detector, closer_look="none")(astronaut)
        assert iou(head.box, face) > 0.5
        assert head.score == evidence(head).probability > 0.5
        assert head.detector_score == detected
        both = Predictor(detector=detector, min_score=0.0, closer_look="none")(astronaut)
        assert len(both) == 2
        nobody = min(both, key=lambda other: iou(other.box, face))
        assert nobody.score < 0.3 < 0.5 < head.score
        assert nobody.doubtful


def test_without_a_coarse_rotation_nothing_is_checked(known, toy):
    head = Predictor(known, detector=Given(BOXES[:1], np.array([0.9])), head_model=toy)(IMAGE)[0]
    assert head.rotation_check is None
    assert not head.doubtful
    assert head.score == 0.9


def test_a_detected_box_may_reach_outside_of_the_photograph(known, toy):
    boxes = np.array([[-40.0, -60.0, 90.0, 120.0], [350.0, 240.0, 90.0, 120.0]])
    heads = Predictor(known, detector=Given(boxes, np.ones(2), from_faces=False), head_model=toy)(IMAGE)
    given = Predictor(known, head_model=toy)(IMAGE, boxes=boxes)
    assert len(heads) == 2
    for one, other in zip(heads, given, strict=True):
        np.testing.assert_array_equal(one.projected, other.projected)


def test_a_result_that_runs_away_is_not_followed(tmp_path, toy):
    far = toy_checkpoint(tmp_path / "far.safetensors", toy, constant_parameters(shift=(5.0, 0.0)))
    one, two = (Predictor(far, passes=n, head_model=toy)(IMAGE, boxes=BOXES[:1])[0] for n in (1, 2))
    np.testing.assert_allclose(one.projected, two.projected, atol=1e-3)


def test_heads_do_not_depend_on_their_company(random, toy):
    predictor = Predictor(random, passes=1, head_model=toy)
    together, alone = predictor(IMAGE, boxes=BOXES), predictor(IMAGE, boxes=BOXES[1:])
    np.testing.assert_allclose(together[1].landmarks, alone[0].landmarks, atol=1e-2)
    many = predictor(IMAGE, boxes=np.repeat(BOXES[1:], 70, axis=0))  # more than one batch
    assert len(many) == 70
    np.testing.assert_allclose(many[-1].landmarks, alone[0].landmarks, atol=1e-2)


def test_given_boxes_keep_their_order_and_number(known, toy):
    same = np.repeat(BOXES[1:], 2, axis=0)
    heads = Predictor(known, head_model=toy)(IMAGE, boxes=np.concatenate((same, BOXES[:1])))
    assert [head.score for head in heads] == [1.0, 1.0, 1.0]
    assert heads[0].box[2] < heads[2].box[2]


def test_detected_heads_come_largest_first_and_once(known, toy):
    boxes = np.concatenate((BOXES[1:], BOXES[:1], BOXES[:1] + 2))
    heads = Predictor(known, detector=Given(boxes, np.array([0.9, 0.5, 0.7])), head_model=toy)(IMAGE)
    assert [head.score for head in heads] == [0.7, 0.9]


def test_no_head_is_an_empty_list(known, toy):
    nothing = np.zeros((0, 4))
    assert Predictor(known, detector=Given(nothing, np.zeros(0)), head_model=toy)(IMAGE) == []
    assert Predictor(known, head_model=toy)(IMAGE, boxes=nothing) == []


@pytest.mark.parametrize(
    "boxes",
    [
        np.zeros(4),
        np.zeros((2, 3)),
        [[0, 0, 0, 5]],
        [[0, 0, 5, -1]],
        [[np.nan, 0, 5, 5]],
        [[500, 0, 5, 5]],
        [[0, 0, np.inf, 5]],
        [[-np.inf, 0, 5, 5]],
        [[10, 10, -5, -5]],
        [[0, 0, 9, 9], [0, 0, 9]],
        [["a", 0, 9, 9]],
        [[10**400, 0, 9, 9]],
        {"a": 1},
        "words",
    ],
)
def test_boxes_that_are_none_are_refused(known, toy, boxes):
    with pytest.raises(ValueError, match="boxes: "):
        Predictor(known, head_model=toy)(IMAGE, boxes=boxes)


@pytest.mark.parametrize(
    "box", [[-1e300, 0, 2e300, 9], [0, 0, 1e308, 1e308], [0, 0, 1e-300, 1e-300], [0, -2e12, 9, 3e12]]
)
def test_boxes_past_all_photographs_are_refused_and_large_ones_answered(known, toy, box):
    predictor = Predictor(known, head_model=toy)
    with pytest.raises(ValueError, match=r"box: expected \[x, y, w, h\] in pixels of a photograph"):
        predictor(IMAGE, boxes=[box])
    with pytest.raises(ValueError, match="box: expected"):
        Predictor(known, detector=Given(np.array([box]), np.ones(1)), head_model=toy)(IMAGE)
    for fine in ([0, 0, 1e-6, 1e-6], [-4e6, -4e6, 1e7, 1e7], [10, 10, 1e-3, 1e5]):
        (head,) = predictor(IMAGE, boxes=[fine])
        assert np.isfinite(head.projected).all()


@pytest.mark.parametrize("box", [[np.nan, 0, 5, 5], [0, 0, np.inf, 5], [0, 0, -5, 5], [0, 0, 0, 0]])
def test_boxes_of_a_detector_that_are_none_are_refused(known, toy, box):
    detector = Given(np.array([box], dtype=float), np.ones(1))
    with pytest.raises(ValueError, match="box: expected finite"):
        Predictor(known, detector=detector, head_model=toy)(IMAGE)


def test_two_hundred_boxes_have_a_head_each(known, toy):
    rng = np.random.default_rng(0)
    boxes = np.column_stack((rng.uniform(0, 300, (200, 2)), rng.uniform(5, 90, (200, 2))))
    predictor = Predictor(known, head_model=toy)
    heads = predictor(IMAGE, boxes=boxes)
    assert len(heads) == 200
    centres = np.stack([head.box[:2] + head.box[2:] / 2 for head in heads])
    assert (np.abs(centres - boxes[:, :2] - boxes[:, 2:] / 2) < 2 * boxes[:, 2:].max(axis=1, keepdims=True)).all()
    np.testing.assert_array_equal(heads[199].projected, predictor(IMAGE, boxes=boxes[199:])[0].projected)
    found = Predictor(known, detector=Given(boxes, np.ones(200)), head_model=toy)(IMAGE)
    assert 1 < len(found) <= 200


def test_another_head_model_is_refused(known, toy):
    other = toy.numpy()
    other.geometry_hash = "0" * 64
    with pytest.raises(ValueError, match="head model"):
        Predictor(known, head_model=other)


def test_a_head_model_that_does_not_ship_is_asked_for(known):
    with pytest.raises(ValueError, match=r"trained on 'toy', which does not ship.*--head-model"):
        Predictor(known)


def test_an_unknown_model_is_refused_with_the_names_that_ship():
    with pytest.raises(
        ValueError, match=r"expected a checkpoint's path or one of small, small-int8, tiny, got 'huge'$"
    ):
        Predictor("huge")
    with pytest.raises(ValueError, match=r"got 'own\.onnx', and there is no such file$"):
        Predictor("own.onnx")


def test_passes_below_one_are_refused(known, toy):
    with pytest.raises(ValueError, match="passes"):
        Predictor(known, passes=0, head_model=toy)


def test_the_spread_is_the_networks_in_pixels_of_the_photograph(tmp_path, random, toy):
    path = toy_checkpoint(tmp_path / "uncertain.safetensors", toy, landmark_uncertainty=True)
    head = Predictor(path, passes=1, head_model=toy)(IMAGE, boxes=BOXES[1:])[0]
    crop = Crop.around(BOXES[1], 64)
    pixels = torch.from_numpy(crop.cut(IMAGE)).permute(2, 0, 1)[None]
    with torch.no_grad():
        spread = load_model(path).model.eval()(normalize(pixels)).landmark_spread[0]
    side = 1.2 * BOXES[1, 2:].max()  # pixels of the photograph that the crop shows
    np.testing.assert_allclose(head.landmark_spread, spread * side, rtol=1e-3)
    assert head.to_json()["landmark_spread"] == np.round(head.landmark_spread.astype(float), 3).tolist()
    assert Predictor(random, passes=1, head_model=toy)(IMAGE, boxes=BOXES[1:])[0].landmark_spread is None


def test_the_head_as_json_holds_plain_numbers(random, toy):
    head = Predictor(random, head_model=toy)(IMAGE, boxes=BOXES[:1])[0]
    content = json.loads(json.dumps(head.to_json(), allow_nan=False))
    assert list(content) == [
        "box",
        "score",
        "doubtful",
        "detector_score",
        "agreement",
        "landmarks_2d",
        "landmarks_3d",
        "pose",
        "camera",
        "perspective",
        "parameters",
        "blendshapes",
    ]
    assert set(content["pose"]) == {"pitch", "yaw", "roll", "rotation_matrix"}
    assert np.array(content["landmarks_2d"]).shape == (68, 2)
    assert len(content["parameters"]["shape"]) == toy.layout.shape
    np.testing.assert_allclose(np.linalg.det(content["pose"]["rotation_matrix"]), 1, atol=1e-5)
    assert len(content["camera"]["translation"]) == 2


def test_a_batch_is_its_photographs_one_by_one(known, toy):
    def detector(image: np.ndarray) -> Detections:
        count = 1 + image.shape[1] % 2
        return Detections(BOXES[:count], np.ones(count), from_faces=False)

    predictor = Predictor(known, head_model=toy, detector=detector)
    images = [IMAGE, IMAGE[:, :-1], IMAGE[::-1]]
    for found, image in zip(predictor.batch(images), images, strict=True):
        alone = predictor(image)
        assert len(found) == len(alone) > 0
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_allclose(one.landmarks, other.landmarks, atol=1e-3)
    assert predictor.batch([]) == []
    given = predictor.batch(images[:2], [BOXES, np.zeros((0, 4))])
    assert [len(found) for found in given] == [len(BOXES), 0]
    with pytest.raises(ValueError, match="boxes: expected those of 3 photographs, got 1"):
        predictor.batch(images, [BOXES])


def test_faces_are_looked_at_twice_and_heads_once_in_one_batch(known, toy):
    """Of two photographs, by a detector that finds a face in the one and a head in the other."""

    def detector(image: np.ndarray) -> Detections:
        return Detections(BOXES[:1], np.ones(1), from_faces=bool(image[0, 0, 0] == 1))

    predictor = Predictor(known, head_model=toy, detector=detector)
    face, head = IMAGE.copy(), IMAGE.copy()
    face[0, 0], head[0, 0] = 1, 0
    (twice,), (once,) = predictor.batch([face, head])
    np.testing.assert_allclose(twice.landmarks, predictor(face)[0].landmarks, atol=1e-3)
    np.testing.assert_allclose(once.landmarks, predictor(head)[0].landmarks, atol=1e-3)


def test_points_of_the_head_and_where_they_are_on_the_photograph(known, toy):
    (head,) = Predictor(known, head_model=toy)(IMAGE, boxes=BOXES[:1])
    np.testing.assert_allclose(head.project(head.vertices), head.projected, atol=1e-2)
    np.testing.assert_allclose(head.dense("head"), head.projected[toy.subsets["head"]])
    assert head.landmarks_3d.shape == (68, 3)
    np.testing.assert_allclose(head.project(head.landmarks_3d), toy.numpy().landmarks(head.projected), atol=1e-2)
    turned = head.in_camera_space(head.vertices)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(head.vertices, axis=1), rtol=1e-5)
    with pytest.raises(ValueError, match=r"dense: expected one of .*head.*, got 'nose'"):
        head.dense("nose")


def test_heads_know_the_lens_of_their_photograph(known, toy):
    assumed = Predictor(known, head_model=toy)(IMAGE, boxes=BOXES[:1])[0]
    assert (assumed.lens.focal_length, assumed.lens.source) == (500.0, "assumed")  # the diagonal of 400 × 300
    wide = Predictor(known, head_model=toy, field_of_view=90.0)(IMAGE, boxes=BOXES[:1])[0]
    assert (wide.lens.focal_length, wide.lens.source) == (pytest.approx(200.0), "given")
    narrow = Predictor(known, head_model=toy, focal_length=2000.0)(IMAGE, boxes=BOXES[:1])[0]
    assert 9.0 < narrow.perspective().distance / wide.perspective().distance < 11.0
    with pytest.raises(ValueError, match="a focal length or a field of view, got both"):
        Predictor(known, head_model=toy, focal_length=500.0, field_of_view=90.0)
