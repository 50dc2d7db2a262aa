"""DAD-3DHeads' metrics of one mesh, in float64: order in depth (Z5) and Chamfer distance after Procrustes.

Where the official code and the paper (Martyniuk et al., CVPR 2022) differ, both are here.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

NEIGHBOURS = 5
_EYE_DISTANCE = 20.0  # between landmarks 39 and 42 of the scaled ground truth
_INNER_EYE_CORNERS = (39, 42)


def z5_official(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Z5 as the official code computes it: the share of pairs whose order in depth the prediction keeps, 0 to 1.

    truth, predicted: (K, 3) vertices of the subset, camera space, z away from the camera in both.

    The pairs are not those of the paper. The code sorts each column of the matrix of distances and then takes columns
    1 to 5 where rows 1 to 5 are meant: vertex i is paired with the i-th nearest vertex of each of the vertices 1 to 5.
    """
    anchors = truth[1 : NEIGHBOURS + 1]
    distances = ((truth[:, None] - anchors) ** 2).sum(axis=-1)  # (K, 5)
    return _kept_order(truth[:, 2], predicted[:, 2], distances.argsort(axis=0, kind="stable"))


def z5_paper(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Z5 as the paper defines it: each vertex against its five nearest ones in the ground truth; as `z5_official`."""
    _, nearest = cKDTree(truth).query(truth, NEIGHBOURS + 1)
    itself = nearest == np.arange(len(truth))[:, None]
    itself[~itself.any(axis=1), -1] = True  # more than five vertices at this very place
    return _kept_order(truth[:, 2], predicted[:, 2], nearest[~itself].reshape(-1, NEIGHBOURS))


def _kept_order(truth: np.ndarray, predicted: np.ndarray, partners: np.ndarray) -> float:
    """(K,) depths twice, (K, 5) partners of each -> the share of pairs with the same answer to z_i >= z_j."""
    wanted, got = (z[:, None] >= z[partners] for z in (truth, predicted))
    return float((wanted == got).mean())


def chamfer(
    face: np.ndarray, landmarks: np.ndarray, predicted: np.ndarray, predicted_seven: np.ndarray, seven: tuple[int, ...]
) -> float:
    """Mean squared distance from the ground truth's face to the nearest predicted vertex, inner eye corners 20 apart.

    face: (K, 3) ground-truth vertices and landmarks: (68, 3) on them, in any one unit and frame; predicted: (N, 3)
    vertices and predicted_seven: (7, 3) landmarks on them, likewise; seven: which of the 68 those are. The prediction
    is brought to the ground truth by the similarity, or reflection if that fits better, of the seven points.
    """
    right, left = landmarks[list(_INNER_EYE_CORNERS)]
    scale = _EYE_DISTANCE / np.linalg.norm(right - left)
    aligned = procrustes(scale * landmarks[list(seven)], predicted_seven)(predicted)
    distances, _ = cKDTree(aligned).query(scale * face)
    return float((distances**2).mean())


@dataclass(frozen=True, eq=False)
class Similarity:
    """p -> scale · p · rotation + translation, for rows p."""

    scale: float
    rotation: np.ndarray  # (3, 3) orthogonal; a reflection has determinant -1
    translation: np.ndarray  # (3,)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) -> (..., 3)."""
        return self.scale * points @ self.rotation + self.translation


def procrustes(target: np.ndarray, source: np.ndarray) -> Similarity:
    """The similarity, reflections admitted, that brings source (n, 3) nearest to target (n, 3) in least squares.

    Raises ValueError where the source points are one and the same. (Schönemann & Carroll, Psychometrika 35, 1970.)
    """
    target_centre, source_centre = target.mean(axis=0), source.mean(axis=0)
    centred = source - source_centre
    spread = (centred**2).sum()
    if not spread > 0:
        raise ValueError("Procrustes: expected points that span something, got one and the same point each time")
    left, singular, right = np.linalg.svd(centred.T @ (target - target_centre))
    rotation, scale = left @ right, singular.sum() / spread
    return Similarity(float(scale), rotation, target_centre - scale * source_centre @ rotation)
