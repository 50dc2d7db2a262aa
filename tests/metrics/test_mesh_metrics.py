"""Z5 and Chamfer against literal references and closed forms."""

import numpy as np
import pytest
from scipy.spatial import procrustes as scipy_procrustes
from scipy.spatial.transform import Rotation

from trans3dhead.metrics.meshes import chamfer, procrustes, z5_official, z5_paper

SEVEN = (36, 39, 42, 45, 33, 48, 54)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def literal_z5(truth: np.ndarray, predicted: np.ndarray, official: bool) -> float:
    """The two loops of the definition, on the full matrix of distances."""
    count = len(truth)
    distance = np.array([[np.linalg.norm(a - b) for b in truth] for a in truth])
    order = np.argsort(distance, axis=0)
    nearest = order[:, 1:6] if official else order[1:6].T
    same = 0
    for i in range(count):
        for j in nearest[i]:
            same += (truth[i, 2] >= truth[j, 2]) == (predicted[i, 2] >= predicted[j, 2])
    return same / (5 * count)


@pytest.mark.parametrize(("measure", "official"), [(z5_official, True), (z5_paper, False)])
def test_z5_is_the_literal_definition(measure, official, rng: np.random.Generator):
    for decimals in (9, 9, 9, 0, 0):  # with whole numbers many depths are equal
        truth = rng.normal(size=(60, 3))
        predicted = truth + rng.normal(scale=0.5, size=truth.shape)
        truth[:, 2], predicted[:, 2] = truth[:, 2].round(decimals), predicted[:, 2].round(decimals)
        assert measure(truth, predicted) == pytest.approx(literal_z5(truth, predicted, official), rel=1e-12)


@pytest.mark.parametrize("measure", [z5_official, z5_paper])
def test_z5_sees_the_order_of_depths_alone(measure, rng: np.random.Generator):
    truth = rng.normal(size=(80, 3))
    assert measure(truth, truth) == 1.0
    assert measure(truth, truth * [0.0, 0.0, 3.0] + [5.0, -1.0, 100.0]) == 1.0
    # Turned front to back every pair is wrong, but for that of a vertex with itself, which is always right.
    itself = 1 / 80 if measure is z5_official else 0.0  # at most one in each of five columns of 80
    assert measure(truth, -truth) <= itself


def test_the_papers_pairs_are_five_others_also_where_vertices_coincide(rng: np.random.Generator):
    truth = np.repeat(rng.normal(size=(1, 3)), 9, axis=0)
    truth = np.concatenate((truth, rng.normal(size=(20, 3))))
    assert z5_paper(truth, truth) == 1.0
    assert 0.0 <= z5_paper(truth, -truth) < 1.0  # equal depths stay equal


def test_procrustes_agrees_with_scipys_residual_and_undoes_a_similarity(rng: np.random.Generator):
    target, source = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    residual = ((procrustes(target, source)(source) - target) ** 2).sum() / ((target - target.mean(0)) ** 2).sum()
    assert residual == pytest.approx(scipy_procrustes(target, source)[2])
    moved = 3.5 * target @ Rotation.random(random_state=1).as_matrix() + [1.0, 2.0, 3.0]
    np.testing.assert_allclose(procrustes(target, moved)(moved), target, atol=1e-12)
    with pytest.raises(ValueError, match="one and the same"):
        procrustes(target, np.ones((7, 3)))


def head(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(300, 3) vertices, of which the first 68 are the landmarks."""
    vertices = rng.normal(size=(300, 3))
    return vertices, vertices[:68]


def test_chamfer_forgives_a_similarity_and_a_mirror(rng: np.random.Generator):
    vertices, landmarks = head(rng)
    for turn in (Rotation.random(random_state=2).as_matrix(), np.diag([-1.0, 1.0, 1.0])):
        moved = 0.01 * vertices @ turn + [0.3, 0.0, 4.5]
        assert chamfer(vertices, landmarks, moved, moved[list(SEVEN)], SEVEN) == pytest.approx(0.0, abs=1e-18)


def test_chamfer_of_a_known_shift_is_its_square(rng: np.random.Generator):
    """Points on a coarse grid, shifted by less than half a cell after the alignment: each nearest is its own."""
    vertices = np.stack(np.meshgrid(*[np.arange(7.0)] * 3), axis=-1).reshape(-1, 3)
    vertices = vertices[rng.permutation(len(vertices))]
    landmarks = vertices[:68]
    scale = 20.0 / np.linalg.norm(landmarks[39] - landmarks[42])
    shifted = vertices + np.array([0.2, 0.1, 0.0])
    expected = scale**2 * (0.2**2 + 0.1**2)
    assert chamfer(vertices, landmarks, shifted, landmarks[list(SEVEN)], SEVEN) == pytest.approx(expected)


def test_chamfer_is_the_literal_definition(rng: np.random.Generator):
    vertices, landmarks = head(rng)
    predicted = vertices[rng.permutation(300)][:200] + rng.normal(scale=0.1, size=(200, 3))
    seven = landmarks[list(SEVEN)] + rng.normal(scale=0.1, size=(7, 3))
    scale = 20.0 / np.linalg.norm(landmarks[39] - landmarks[42])
    aligned = procrustes(scale * landmarks[list(SEVEN)], seven)(predicted)
    literal = np.mean([min(((scale * p - q) ** 2).sum() for q in aligned) for p in vertices[:90]])
    assert chamfer(vertices[:90], landmarks, predicted, seven, SEVEN) == pytest.approx(literal, rel=1e-10)
