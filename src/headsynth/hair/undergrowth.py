"""The opaque inside of a head of hair: the scalp lifted a little, thinning out at the hairline.

Numbers are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from headsynth.hair.colours import HairColour
from headsynth.hair.ground import HairGround
from headsynth.hair.hairlines import Hairline
from headsynth.hair.strands import Undergrowth
from headsynth.hair.tresses import Tresses
from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.people.person import Body
from headsynth.rendering.scene import Part
from headsynth.rendering.textures import Texture
from headsynth.rendering.vectors import embree_triangles
from headsynth.wear.accessory import Accessory, pressed
from trans3dhead.data.segments import Segment

_EDGE = 0.012  # metres over which it thins out at the hairline
_REACH = 0.007  # metres around a beard's roots
_OFF_SKIN = 0.0006  # metres
_SLOPE = 0.05  # metres from the hairline to its full thickness


@dataclass(frozen=True)
class Patch:
    """Some of the base mesh's skin, with its own vertices."""

    rows: np.ndarray  # (N,) of the base mesh
    triangles: np.ndarray  # (F, 3) of these N
    corners: np.ndarray  # (F,) for Embree

    @classmethod
    def of(cls, mesh: BaseMesh, chosen: np.ndarray) -> "Patch":
        """The triangles whose corners are all among the (V,) bool vertices."""
        inside = chosen[mesh.triangles].all(axis=1) & (mesh.kinds == SKIN)
        rows, flat = np.unique(mesh.triangles[inside], return_inverse=True)
        triangles = flat.reshape(-1, 3).astype(np.int32)
        return cls(rows, triangles, embree_triangles(triangles))


@dataclass(frozen=True)
class LiftedPatch:
    """A patch of the scalp or the chin, lifted off the skin beneath hair."""

    patch: Patch
    share: np.ndarray  # (N,) 0 skin shows to 1 hair only
    lifted: np.ndarray  # (N,) metres
    openness: np.ndarray  # (N,) how bright it is


def cap_of(ground: HairGround, scalp: Patch, hairline: Hairline, thickness: float, openness: float) -> LiftedPatch:
    """The layer beneath the head's hair. thickness (metres) and openness (how bright it is): away from the hairline."""
    above = hairline.above(ground.mesh.template[scalp.rows], ground.height[scalp.rows])
    share = np.clip((above + 0.5 * _EDGE) / _EDGE, 0.0, 1.0)
    inside = np.clip(above / _SLOPE, 0.0, 1.0)
    return LiftedPatch(scalp, share, _OFF_SKIN + thickness * inside, 0.9 + (openness - 0.9) * np.sqrt(inside))


def beard_base(ground: HairGround, patch: Patch, tresses: Tresses) -> LiftedPatch:
    """The layer beneath a beard: where its locks are rooted, denser and thicker where they are long."""
    points = ground.mesh.template[patch.rows]
    roots = tresses.roots.points
    long = np.linalg.norm(tresses.places[:, -1] - roots, axis=1)
    squares = (points**2).sum(axis=1)[:, None] - 2.0 * points @ roots.T + (roots**2).sum(axis=1)
    near = np.exp(-np.maximum(squares, 0.0) / (2.0 * _REACH**2))
    length = near @ long / np.maximum(near.sum(axis=1), 1e-6)
    present = np.clip(near.sum(axis=1) / 4.0 - 0.1, 0.0, 1.0)
    present *= np.clip(1.6 * ground.regions.beard[patch.rows] - 0.1, 0.0, 1.0)  # soft towards the cheeks
    share = present * np.clip(0.5 + length / 0.03, 0.0, 0.97)
    return LiftedPatch(patch, share, _OFF_SKIN + present * 0.12 * length, np.full(len(length), 0.8))


def make_undergrowth(
    ground: HairGround, layer: LiftedPatch, body: Body, colour: HairColour, worn: Sequence[Accessory] = ()
) -> Part:
    """A layer on one person's body as a part of the scene. worn: what presses it to the head and hides it."""
    patch, mesh = layer.patch, ground.mesh
    rows, triangles, corners = patch.rows, patch.triangles, patch.corners
    normals = body.normals(mesh)[rows]
    points = body.posed[rows] + normals * layer.lifted[:, None].astype(np.float32)
    points, hidden = pressed(points, rows, worn)
    points = mesh.neck.bend(points, mesh.neck.weights[rows], body.shoulders)
    shown = layer.share[triangles].max(axis=1) > 0.01
    shown &= ~hidden[triangles].all(axis=1)
    turn, rest = body.placement.rotation.T, mesh.template[rows]
    down = normals * normals[:, 1:2] - np.array([0.0, 1.0, 0.0], np.float32)
    share = np.clip(layer.share, 0.002, 0.998)
    return Part(
        "undergrowth",
        body.placement.to_camera(points).astype(np.float32),
        triangles[shown],
        np.stack((9.0 * np.arctan2(rest[:, 0], rest[:, 2] + 0.01), share), axis=1).astype(np.float32),
        triangles[shown],
        Undergrowth(colour, rest, down @ turn, layer.openness),
        Segment.HAIR,
        cutout=edge_texture(),
        opacity=share[triangles[shown]].mean(axis=1),
        normals=(normals @ turn).astype(np.float32),
        corners=corners[shown],
        openness=layer.openness.astype(np.float32),
    )


@lru_cache(maxsize=1)
def edge_texture() -> Texture:
    """Alpha that grows from 0 at v = 0 to 1 at v = 1 in uneven strokes along v."""
    rng = np.random.default_rng(0)
    height, width = 64, 512
    share = np.linspace(1.0, 0.0, height)[:, None]
    strokes = rng.random((1, width)) * 0.5 + 0.5 * rng.random((height, width))
    alpha = np.clip((share - strokes) * 4.0 + share, 0.0, 1.0)
    return Texture(np.zeros((height, width, 3), np.uint8), (255.0 * alpha).astype(np.uint8))
