"""The four metrics on heads with a known answer."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trans3dhead.evaluation.head_alignment import TrueHead, score_head_alignment
from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.head_model import SEVEN_LANDMARKS, MeshTopology

VERTICES = 150
FRONTAL = np.diag([1.0, -1.0, -1.0])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def topology(rng: np.random.Generator) -> MeshTopology:
    return MeshTopology(
        vertices=VERTICES,
        landmark_corners=rng.integers(VERTICES, size=(68, 3)),
        landmark_weights=rng.dirichlet((1, 1, 1), size=68),
        head=np.arange(100),
        face=np.arange(20, 60),
    )


def true_head(rng: np.random.Generator, name: str = "a", **attributes: str) -> TrueHead:
    return TrueHead(
        id=name,
        box=np.array([10.0, 20.0, 90.0, 160.0]),
        landmarks=rng.uniform(0, 200, size=(68, 2)),
        vertices=rng.normal(size=(VERTICES, 3)),
        rotation=FRONTAL @ Rotation.random(random_state=rng).as_matrix(),
        attributes=attributes,
    )


def perfect(head: TrueHead, topology: MeshTopology) -> PredictedHead:
    seven = topology.landmarks(head.vertices)[list(SEVEN_LANDMARKS)]
    return PredictedHead(
        rotation=head.rotation, euler=None, landmarks=head.landmarks, seven_landmarks=seven, vertices=head.vertices
    )


def score(heads: list[TrueHead], predicted: list[PredictedHead], topology: MeshTopology):
    named = {head.id: one for head, one in zip(heads, predicted, strict=True)}
    return score_head_alignment(heads, topology, Predictions(named, []), "test")


def test_a_perfect_prediction_has_no_error(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    report = score([head], [perfect(head, topology)], topology)
    values = {key: value[0] for key, value in report.values.items()}
    assert values == pytest.approx({"nme": 0, "z5": 1, "z5_paper": 1, "chamfer": 0, "pose_error": 0}, abs=1e-12)
    assert not report.problems


def test_a_known_rotation_and_a_known_shift_give_the_closed_form(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    turn = Rotation.from_rotvec(np.deg2rad(25) * np.array([0.6, 0.0, 0.8])).as_matrix()
    moved = replace(
        perfect(head, topology), rotation=turn @ head.rotation, landmarks=head.landmarks + np.array([3.0, -4.0])
    )
    report = score([head], [moved], topology)
    assert report.values["pose_error"][0] == pytest.approx(2 * np.sqrt(2) * np.sin(np.deg2rad(12.5)))
    assert report.values["nme"][0] == pytest.approx(100 * 5 / np.sqrt(90 * 160))


def test_a_mirrored_head_is_forgiven_by_chamfer_alone(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    mirror = np.array([1.0, 1.0, -1.0])
    truth = perfect(head, topology)
    mirrored = replace(truth, vertices=head.vertices * mirror, seven_landmarks=truth.seven_landmarks * mirror)
    report = score([head], [mirrored], topology)
    assert report.values["chamfer"][0] == pytest.approx(0, abs=1e-20)
    assert report.values["z5_paper"][0] == 0.0


def test_another_topology_has_no_z5_and_a_note_says_so(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    coarser = replace(perfect(head, topology), vertices=head.vertices[:99])
    report = score([head], [coarser], topology)
    assert np.isnan(report.values["z5"][0])
    assert np.isnan(report.values["z5_paper"][0])
    assert np.isfinite(report.values["chamfer"][0])
    assert any("99 vertices" in note for note in report.notes)


def test_what_is_not_predicted_is_not_scored(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    report = score([head], [PredictedHead(None, None, head.landmarks, None, None)], topology)
    assert report.values["nme"][0] == 0
    assert all(np.isnan(report.values[key][0]) for key in ("z5", "z5_paper", "chamfer", "pose_error"))


def test_missing_and_unknown_ids_are_told(topology: MeshTopology, rng: np.random.Generator):
    first, second = true_head(rng, "first"), true_head(rng, "second")
    predictions = Predictions({"first": perfect(first, topology), "third": perfect(second, topology)}, [])
    report = score_head_alignment([first, second], topology, predictions, "test")
    assert {(problem.sample, problem.kind) for problem in report.problems} == {
        ("second", "missing"),
        ("third", "unknown"),
    }
    assert np.isnan(report.values["nme"][1])
    mean = report.mean("nme")
    assert mean is not None
    assert mean.count == 1


def test_means_of_attributes_are_over_their_samples(topology: MeshTopology, rng: np.random.Generator):
    heads = [true_head(rng, "a", pose="front"), true_head(rng, "b", pose="sided"), true_head(rng, "c", pose="front")]
    shifts = (1.0, 2.0, 4.0)
    predicted = [
        replace(perfect(head, topology), landmarks=head.landmarks + np.array([s, 0.0]))
        for head, s in zip(heads, shifts, strict=True)
    ]
    report = score(heads, predicted, topology)
    groups = report.groups("pose")
    front, sided = report.mean("nme", groups["front"]), report.mean("nme", groups["sided"])
    assert front is not None
    assert sided is not None
    assert (front.value, sided.value) == pytest.approx((100 * 2.5 / 120, 100 * 2.0 / 120))


def test_seven_points_that_are_one_are_a_problem_and_not_a_number(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    report = score([head], [replace(perfect(head, topology), seven_landmarks=np.ones((7, 3)))], topology)
    assert np.isnan(report.values["chamfer"][0])
    assert report.values["nme"][0] == 0
    assert report.problems[0].kind == "shape"


def test_a_wrong_ground_truth_is_refused(topology: MeshTopology, rng: np.random.Generator):
    head = true_head(rng)
    with pytest.raises(ValueError, match="mesh of 150 vertices"):
        score([replace(head, vertices=head.vertices[:10])], [perfect(head, topology)], topology)
    with pytest.raises(ValueError, match="twice"):
        score_head_alignment([head, head], topology, Predictions({}, []), "test")
    with pytest.raises(ValueError, match="at least one"):
        score_head_alignment([], topology, Predictions({}, []), "test")
