"""The mean of scanned people in our coefficients: our head model fitted to ICT-FaceKit's neutral head.

`ict_transfer.register` bends ICT's head onto ours to carry its modes over; here ours moves. Where the two hold lips,
nostrils and lids apart the nearest point of a surface is of another feature, so landmarks lead and the surface follows.

Noises, reaches and strides are by eye; the errors that they leave are measured in the report.
"""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model.anny.ict_transfer import IctHead, similarity
from trans3dhead.head_model.anny.surface import closest_points
from trans3dhead.head_model.head_model import HeadModel

_LANDMARKS = slice(27, 68)  # nose, eyes, mouth; brows and jaw are drawn elsewhere on ICT's head than on ours
_STRIDE = 6  # every sixth vertex of ICT's skin takes part
_ITERATIONS = 25
_LANDMARK_NOISE, _SURFACE_NOISE = 0.002, 0.002  # metres
_PATCHES = 100  # pieces of the surface that err independently
_REACH, _AGREEMENT = 0.006, 0.6  # metres and cosine: where the surfaces are taken for the same, in the end


@dataclass(frozen=True)
class NeutralFit:
    """How our head came to lie on the other one."""

    coefficients: np.ndarray  # (S,) mirror-symmetric
    scale: float  # of ICT's head
    landmark_error: float  # metres, mean of the landmarks of nose, eyes and mouth
    surface_error: float  # metres, mean distance along the normal


@dataclass(frozen=True)
class _Rows:
    """Rows of a least-squares problem, in deviations of their noise: matrix (n, S) · coefficients = wanted (n,)."""

    matrix: np.ndarray
    wanted: np.ndarray


def fit_neutral(head: HeadModel, ict: IctHead, start: np.ndarray) -> NeutralFit:
    """The coefficients of the head that is most like ICT's neutral one, up to position and size.

    start: (S,) the mean of the coefficients' prior, of unit covariance. Gauss-Newton: landmarks against landmarks,
    and each of ICT's vertices against the tangent plane at the nearest point of our skin.
    """
    skin, face = _Skin.of(head), _Face.of(head)
    corners, points = ict.vertices[ict.landmarks][_LANDMARKS], ict.vertices[::_STRIDE]
    coefficients = start.astype(np.float64)
    placing = similarity(corners, face.landmarks(coefficients))
    for step in range(_ITERATIONS):
        normals = vertex_normals(_place(placing, ict.vertices), ict.triangles)[::_STRIDE]
        hits, good = skin.nearest(coefficients, _place(placing, points), normals, max(0.03 * 0.85**step, _REACH))
        # Each landmark four times, so that they keep the middle of the face in place against some thousand points.
        sources = np.concatenate((points[good], np.repeat(corners, 4, axis=0)))
        placing = similarity(sources, np.concatenate((hits.points, np.repeat(face.landmarks(coefficients), 4, axis=0))))
        surface = skin.rows(hits, _place(placing, points[good]))
        landmarks = face.rows(_place(placing, corners))
        coefficients = _solve((surface, landmarks), start) * (head.shape_mirror.numpy() > 0)
    landmark_errors = np.linalg.norm(face.landmarks(coefficients) - _place(placing, corners), axis=1)
    surface_errors = np.abs(surface.matrix @ coefficients - surface.wanted) / _surface_weight(len(surface.wanted))
    return NeutralFit(coefficients, placing[0], float(landmark_errors.mean()), float(surface_errors.mean()))


@dataclass(frozen=True)
class _Hits:
    """n points of our skin and what they meet on the other head."""

    corners: np.ndarray  # (n, 3) vertex indices of the triangles
    weights: np.ndarray  # (n, 3) barycentric
    normals: np.ndarray  # (n, 3)
    points: np.ndarray  # (n, 3) metres


@dataclass(frozen=True)
class _Skin:
    """Our skin as a function of the coefficients."""

    template: np.ndarray  # (V, 3)
    basis: np.ndarray  # (S, V, 3)
    triangles: np.ndarray  # (F, 3)

    @classmethod
    def of(cls, head: HeadModel) -> "_Skin":
        triangles = head.triangles.numpy()
        chosen = np.isin(triangles, head.subsets["skin"].numpy()).all(axis=1)
        return cls(head.template.double().numpy(), head.shape_basis.double().numpy(), triangles[chosen])

    def nearest(
        self, coefficients: np.ndarray, points: np.ndarray, normals: np.ndarray, reach: float
    ) -> tuple[_Hits, np.ndarray]:
        """The nearest places to those of the (N, 3) points for which the (N,) mask says that they are the same."""
        vertices = self.template + np.tensordot(coefficients, self.basis, axes=1)
        found, triangle, weights = closest_points(points, vertices, self.triangles, candidates=12)
        corners = self.triangles[triangle]
        own = (vertex_normals(vertices, self.triangles)[corners] * weights[..., None]).sum(axis=1)
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        good = ((own * normals).sum(axis=1) > _AGREEMENT) & (np.linalg.norm(found - points, axis=1) < reach)
        return _Hits(corners[good], weights[good], own[good], found[good]), good

    def rows(self, hits: _Hits, points: np.ndarray) -> _Rows:
        """Equations that put each of the (n, 3) points onto the tangent plane of its place."""
        moves = np.einsum("sncj,nc,nj->ns", self.basis[:, hits.corners], hits.weights, hits.normals)
        still = np.einsum("ncj,nc->nj", self.template[hits.corners], hits.weights)
        weight = _surface_weight(len(points))
        return _Rows(weight * moves, weight * ((points - still) * hits.normals).sum(axis=1))


@dataclass(frozen=True)
class _Face:
    """Our landmarks as a function of the coefficients."""

    template: np.ndarray  # (L, 3)
    basis: np.ndarray  # (S, L, 3)

    @classmethod
    def of(cls, head: HeadModel) -> "_Face":
        template = head.landmarks(head.template[None].double())[0]
        return cls(template.numpy()[_LANDMARKS], head.landmarks(head.shape_basis.double()).numpy()[:, _LANDMARKS])

    def landmarks(self, coefficients: np.ndarray) -> np.ndarray:
        """(L, 3) metres."""
        return self.template + np.tensordot(coefficients, self.basis, axes=1)

    def rows(self, points: np.ndarray) -> _Rows:
        """Equations that put the landmarks onto (L, 3) points."""
        matrix = self.basis.reshape(len(self.basis), -1).T
        return _Rows(matrix / _LANDMARK_NOISE, (points - self.template).ravel() / _LANDMARK_NOISE)


def _solve(rows: tuple[_Rows, ...], start: np.ndarray) -> np.ndarray:
    matrix = np.concatenate([part.matrix for part in rows])
    wanted = np.concatenate([part.wanted for part in rows])
    return np.linalg.solve(matrix.T @ matrix + np.eye(len(start)), matrix.T @ wanted + start)


def _place(placing: tuple[float, np.ndarray, np.ndarray], points: np.ndarray) -> np.ndarray:
    scale, rotation, translation = placing
    return scale * points @ rotation.T + translation


def _surface_weight(points: int) -> float:
    """The weight of one of so many points, which together tell as much as `_PATCHES` independent ones."""
    return (_PATCHES / points) ** 0.5 / _SURFACE_NOISE
