"""What hair grows on: roots spread over the template's scalp, and the space around the template's skin.

The hairline goes by the template's landmarks; its height, counts and margins are by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headsynth.hair.space import Space
from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.people.regions import FaceRegions
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import HeadModel

_SCALP_PAIRS, _BEARD_PAIRS = 750, 420  # roots on the left half; each has a mirror image
_CANDIDATES = 9000
_MOUTH = (0.015, 0.03, 0.05)  # metres off the skin; inside the mouth another wall is nearer
_EAR_GAP = 0.006  # metres around the ears without roots


@dataclass(frozen=True)
class Roots:
    """Where hair may grow, evenly spread whatever number is taken from the front: left, right, left, ..."""

    corners: np.ndarray  # (N, 3) rows of the base mesh
    weights: np.ndarray  # (N, 3) barycentric
    points: np.ndarray  # (N, 3) metres on the template
    normals: np.ndarray  # (N, 3) unit
    height: np.ndarray  # (N,) metres above the usual hairline; of a beard: its weight, 0 to 1

    def taken(self, chosen: np.ndarray) -> "Roots":
        """Some of the roots, by index (n,) or mask (N,) bool."""
        return Roots(*(getattr(self, name)[chosen] for name in Roots.__dataclass_fields__))

    @property
    def mirrored(self) -> "Roots":
        """Each in the place of its mirror image; only for whole pairs."""
        return self.taken(np.arange(len(self.points)) ^ 1)


class HairGround:
    """All that hair needs of the template; made once for a wardrobe."""

    def __init__(self, head: HeadModel, mesh: BaseMesh) -> None:
        self.head, self.mesh = head, mesh
        self.marks = head.landmarks(head.template[None])[0].numpy()  # (68, 3)

    @cached_property
    def regions(self) -> FaceRegions:
        """Soft weights of the template's vertices: beard, scalp, blush, ears."""
        return FaceRegions.of(self.head, self.mesh)

    @cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) float32 unit normals of the template."""
        return vertex_normals(self.mesh.template, self.mesh.triangles)

    @cached_property
    def mirror(self) -> np.ndarray:
        """(V,) the row of each vertex's mirror image."""
        return self.mesh.model.mirror.numpy()

    @cached_property
    def space(self) -> Space:
        """Distance to the template's skin and the vertex next to each place."""
        return Space.of(self.mesh.template, self.mesh.triangles[self.mesh.kinds == SKIN], self.normals, self.mirror)

    @cached_property
    def height(self) -> np.ndarray:
        """(V,) metres above the usual hairline; negative where no hair grows, as on ears."""
        return self._above_hairline(self.mesh.template)

    @cached_property
    def on_ear(self) -> np.ndarray:
        """(V,) bool: on an ear or within a small margin of one."""
        template = self.mesh.template
        ears = template[self.head.subsets["ears"].numpy()]
        near = np.zeros(len(template), bool)
        close = np.flatnonzero((template[:, 1] > -0.08) & (np.abs(template[:, 0]) > 0.05))
        near[close] = np.sqrt(np.maximum(_squares(template[close], ears).min(axis=1), 0.0)) < _EAR_GAP
        return near

    def _above_hairline(self, points: np.ndarray) -> np.ndarray:
        """A line from the forehead to the nape, lowered at the temples."""
        mouth, brow = self.marks[48:60].mean(axis=0), self.marks[17:27].mean(axis=0)
        front, nape = np.array([brow[1] + 0.050, brow[2]]), np.array([mouth[1] + 0.005, -0.09])
        z = points[:, 2]
        along = np.clip((z - nape[1]) / (front[1] - nape[1]), -0.2, 1.1)
        line = nape[0] + (front[0] - nape[0]) * along - 0.024 * np.sin(np.clip(along, 0.0, 1.0) * np.pi)
        line += (
            0.03 * np.exp(-np.square((z - 0.035) / 0.02)) * np.clip(np.abs(points[:, 0]) / 0.06, 0.0, 1.0)
        )  # temples
        return points[:, 1] - line

    @cached_property
    def scalp(self) -> Roots:
        """Roots of the head's hair, in mirrored pairs."""
        triangles = self._growing((self.height > -0.028) & ~self.on_ear)
        return self._spread(triangles, self.height, _SCALP_PAIRS)

    @cached_property
    def beard(self) -> Roots:
        """Roots of beard and moustache, in mirrored pairs."""
        return self._spread(self._growing(self.bearded), self.regions.beard, _BEARD_PAIRS)

    @cached_property
    def bearded(self) -> np.ndarray:
        """(V,) bool, the beard's region without the inside of the mouth, whose walls face each other."""
        chosen = self.regions.beard > 0.02
        for far in _MOUTH:
            chosen &= self.space.look(self.mesh.template + np.float32(far) * self.normals)[0] > 0.45 * far
        return chosen

    def _growing(self, chosen: np.ndarray) -> np.ndarray:
        """(F, 3) the skin's triangles on the left that lie wholly in (V,) `chosen`."""
        triangles = self.mesh.triangles[self.mesh.kinds == SKIN]
        inside = chosen[triangles].all(axis=1) & (self.mesh.template[triangles][..., 0].mean(axis=1) > 0.0)
        return triangles[inside]

    def _spread(self, triangles: np.ndarray, height: np.ndarray, pairs: int) -> Roots:
        """The farthest point from all before is the next; always the same."""
        rng = np.random.default_rng(0)
        template = self.mesh.template
        corners = template[triangles]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        chosen = triangles[rng.choice(len(triangles), _CANDIDATES, p=area / area.sum())]
        weights = rng.dirichlet((1.0, 1.0, 1.0), _CANDIDATES).astype(np.float32)
        points = np.einsum("nk,nkc->nc", weights, template[chosen])
        order = _farthest(points, pairs)
        both = np.repeat(chosen[order], 2, axis=0)
        both[1::2] = self.mirror[both[1::2]]
        twice = np.repeat(weights[order], 2, axis=0)
        normals = np.einsum("nk,nkc->nc", twice, self.normals[both])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        normals[1::2] = normals[::2] * [-1.0, 1.0, 1.0]
        places = np.einsum("nk,nkc->nc", twice, template[both])
        places[1::2] = places[::2] * [-1.0, 1.0, 1.0]
        return Roots(both, twice, places, normals, np.einsum("nk,nk->n", twice, height[both]))


def _farthest(points: np.ndarray, count: int) -> np.ndarray:
    """(count,) rows of points (N, 3), each the farthest from those before it."""
    order = np.empty(count, np.int64)
    distance = np.full(len(points), np.inf, np.float32)
    place = 0
    for i in range(count):
        order[i] = place
        distance = np.minimum(distance, np.square(points - points[place]).sum(axis=1))
        place = int(distance.argmax())
    return order


def _squares(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, 3), (M, 3) -> (N, M) squared distances."""
    return (points**2).sum(axis=1)[:, None] - 2.0 * points @ others.T + (others**2).sum(axis=1)
