"""ICT-FaceKit (MIT licence) brought onto another head by fitting its identity modes: its landmarks, and the modes.

ICT-FaceKit: R. Li et al., "Learning formation of physically-based face attributes", CVPR 2020; the file holds the
neutral vertices in centimetres (y up, z out of the face), the identity modes and the vertex index of each landmark.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model.anny.surface import closest_points

_SKIN = slice(0, 9409)  # ICT-FaceKit's face area: its vertices come first
_MODES = 60
_ITERATIONS = 45
_STRIDE = 3  # every third vertex takes part in the fit
_RIDGE = 2e-5  # square metres: a mode at one deviation weighs as much as 4 mm of error at one point in 300


@dataclass(frozen=True)
class IctHead:
    """The part of ICT-FaceKit that is fitted, in metres."""

    vertices: np.ndarray  # (N, 3)
    modes: np.ndarray  # (M, N, 3) for one standard deviation
    triangles: np.ndarray  # (F, 3) among the N vertices
    landmarks: np.ndarray  # (68,) vertex indices


@dataclass(frozen=True)
class Registration:
    """Where ICT's head, with some of its modes, lies on another: x -> scale · rotation x + translation."""

    scale: float
    rotation: np.ndarray  # (3, 3)
    translation: np.ndarray  # (3,) metres
    coefficients: np.ndarray  # (M,) standard deviations

    def place(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, ICT's frame -> the frame of the other head."""
        return self.turn(points) + self.translation

    def turn(self, offsets: np.ndarray) -> np.ndarray:
        """(..., 3) offsets in metres, ICT's frame -> the frame of the other head, without the translation."""
        return self.scale * offsets @ self.rotation.T


def read_ict(path: Path, modes: int = _MODES) -> IctHead:
    """Read `ict_facekit.npz`: vertices_cm, identity_modes_cm, triangles, landmarks_68; the first modes of them."""
    with np.load(path) as file:
        if missing := {"vertices_cm", "identity_modes_cm", "triangles", "landmarks_68"} - set(file.files):
            raise ValueError(f"{path}: missing arrays {sorted(missing)}; docs/head-model.md says what --ict takes")
        vertices = file["vertices_cm"][_SKIN].astype(np.float64) / 100
        shapes = file["identity_modes_cm"][:modes, _SKIN].astype(np.float64) / 100
        triangles = file["triangles"]
        landmarks = file["landmarks_68"].astype(np.int64)
    inside = (triangles < len(vertices)).all(axis=1)
    if landmarks.max() >= len(vertices):
        raise ValueError(f"{path}: landmarks_68: expected indices below {len(vertices)}, got {landmarks.max()}")
    return IctHead(vertices, shapes, triangles[inside].astype(np.int64), landmarks)


def transfer_landmarks(ict: IctHead, vertices: np.ndarray, triangles: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """(68, 3) positions near the skin of another head; the arguments are those of `register`."""
    registration = register(ict, vertices, triangles, eyes)
    return registration.place(shaped(ict, registration.coefficients)[ict.landmarks])


def shaped(ict: IctHead, coefficients: np.ndarray) -> np.ndarray:
    """(N, 3) metres: ICT's head with some of its modes."""
    return ict.vertices + np.tensordot(coefficients, ict.modes, axes=1)


def register(ict: IctHead, vertices: np.ndarray, triangles: np.ndarray, eyes: np.ndarray) -> Registration:
    """Fit ICT's head to another by similarity, identity modes and ICP.

    vertices: (V, 3) metres, head axes; triangles: (F, 3) its outer skin; eyes: (2, 3) the centres of its left and
    right eyeballs, from which the fit starts.
    """
    corners = ict.vertices[ict.landmarks]
    ict_eyes = np.stack((corners[42:48].mean(axis=0), corners[36:42].mean(axis=0)))
    scale = np.linalg.norm(eyes[0] - eyes[1]) / np.linalg.norm(ict_eyes[0] - ict_eyes[1])
    rotation, translation = np.eye(3), eyes.mean(axis=0) - scale * ict_eyes.mean(axis=0) + [0, 0, 0.012]
    target_normals = vertex_normals(vertices, triangles)
    coefficients = np.zeros(len(ict.modes))
    some = np.arange(0, len(ict.vertices), _STRIDE)
    for step in range(_ITERATIONS):
        mine = shaped(ict, coefficients)
        placed = scale * mine @ rotation.T + translation
        found, triangle, weights = closest_points(placed[some], vertices, triangles, candidates=12)
        normals = (target_normals[triangles[triangle]] * weights[..., None]).sum(axis=1)
        agreement = (normals * vertex_normals(placed, ict.triangles)[some]).sum(axis=1)
        reach = max(0.04 * 0.9**step, 0.004)  # metres, shrinking as the fit comes nearer
        good = (agreement > 0.6) & (np.linalg.norm(found - placed[some], axis=1) < reach)
        used, aim = some[good], found[good]
        scale, rotation, translation = similarity(mine[used], aim)
        if step >= 15:
            local = (aim - translation) @ rotation / scale
            coefficients = _fit_modes(ict, local - ict.vertices[used], used)
    return Registration(scale, rotation, translation, coefficients)


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation and translation of (N, 3) points onto (N, 3) points, least squares: target = s R x + t."""
    centre, aim = source.mean(axis=0), target.mean(axis=0)
    left, singular, right = np.linalg.svd((target - aim).T @ (source - centre))
    sign = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign) @ right
    scale = float((singular * sign).sum() / ((source - centre) ** 2).sum())
    return scale, rotation, aim - scale * rotation @ centre


def _fit_modes(ict: IctHead, offsets: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Coefficients of the identity modes that best give the (n, 3) offsets at the used vertices, held small."""
    matrix = ict.modes[:, used].reshape(len(ict.modes), -1)
    ridge = _RIDGE * len(used) / 300 * np.eye(len(matrix))
    return np.linalg.solve(matrix @ matrix.T + ridge, matrix @ offsets.ravel())
