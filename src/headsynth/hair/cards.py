"""Locks as ribbons or ropes of triangles on one person's head.

Numbers are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from headsynth.hair.carry import on_person
from headsynth.hair.colours import HairColour
from headsynth.hair.ground import HairGround
from headsynth.hair.strands import Locks, lock_uvs
from headsynth.hair.textures import LockTexture
from headsynth.hair.tresses import Bound
from headsynth.hair.variation import STILL, Variation
from headsynth.people.person import Body
from headsynth.rendering.scene import Part
from headsynth.rendering.vectors import embree_triangles
from headsynth.wear.accessory import Accessory
from trans3dhead.data.segments import Segment

_ROPE = 4  # columns of a rope; the last one closes it
_MOST = 800  # locks


def make_part(
    ground: HairGround,
    bound: Bound,
    body: Body,
    texture: LockTexture,
    colour: HairColour,
    shine: float,
    worn: Sequence[Accessory] = (),
    variation: Variation = STILL,
) -> Part:
    """The locks of one person's hair as a part of the scene. worn: what presses the hair to the head and hides it."""
    bound = bound.mirrored(ground) if variation.mirrored else bound
    places, hidden = variation.shortened(*on_person(ground, bound, body, worn, variation), bound.shares)
    seen = np.flatnonzero(~hidden.all(axis=1))  # the others lie wholly under what is worn
    locks = seen if len(seen) else np.arange(1)  # a part has at least one
    places, hidden, width = places[:, locks], hidden[locks], bound.width[locks]
    columns = _ROPE if bound.solid else 2
    away = bound.away.reshape(3, *bound.shape)[:, locks]
    run = _frames(places, away, bound.tilt[:, locks])
    vertices, normals = (_rope if bound.solid else _ribbon)(places, run, away, bound.shares, width)
    turn = body.placement.rotation.T.astype(np.float32)
    flat = _shading_frames(run, bound.openness[locks], turn, columns)
    shown = np.repeat(~(hidden[:, 1:] & hidden[:, :-1]).ravel(), 2 * (columns - 1))
    triangles, corners = (rows[: len(shown)][shown] for rows in _topology(places.shape[2] - 1, columns))
    alpha = texture.stretches[:, _stretches(bound.shares)][bound.lock[locks]]
    opacity = 0.8 * np.repeat(alpha.ravel(), 2 * (columns - 1))[shown]
    return Part(
        "hair",
        body.placement.to_camera(vertices).astype(np.float32),
        triangles,
        lock_uvs(bound.lock[locks], bound.code[locks], bound.shares, np.linspace(0.0, 1.0, columns)),
        triangles,
        Locks(texture, colour, flat, shine),
        Segment.HAIR,
        cutout=None if bound.solid else texture.texture,
        opacity=None if bound.solid else opacity,
        normals=normals @ turn,
        corners=corners,
        openness=flat[:, 6],
    )


def _stretches(shares: np.ndarray) -> np.ndarray:
    """(K,) of 32 stretches of the texture, the one in the middle of each segment."""
    return np.minimum(((shares[1:] + shares[:-1]) * 16.0).astype(int), 31)


@dataclass(frozen=True)
class Run:
    """Unit directions (3, N, K + 1): along each lock, across it, and out of its face."""

    along: np.ndarray
    across: np.ndarray
    outward: np.ndarray


def _shading_frames(run: Run, openness: np.ndarray, turn: np.ndarray, columns: int) -> np.ndarray:
    """(N (K + 1) columns, 7) float32, `Locks.frames`. openness: (N, K + 1); turn: (3, 3) of rows to camera space."""
    frames = np.empty((*openness.shape, columns, 7), np.float32)
    for first, directions in ((0, run.along), (3, run.across)):
        frames[..., first : first + 3] = (directions.reshape(3, -1).T @ turn).reshape(*openness.shape, 1, 3)
    frames[..., 6] = openness[:, :, None]
    return frames.reshape(-1, 7)


def _frames(places: np.ndarray, away: np.ndarray, tilt: np.ndarray) -> Run:
    """places, away: (3, N, K + 1); tilt: (3, N)."""
    along = np.empty_like(places)
    along[..., 1:-1] = places[..., 2:] - places[..., :-2]
    along[..., 0], along[..., -1] = places[..., 1] - places[..., 0], places[..., -1] - places[..., -2]
    along = _unit(along)
    across = _unit(_cross(along, away + np.float32(0.22) * tilt[..., None]))
    turns = np.where(_dot(across[..., 1:], across[..., :-1]) < 0.0, np.float32(-1.0), np.float32(1.0))
    across[..., 1:] *= np.cumprod(turns, axis=1)
    outward = _cross(across, along)
    outward *= np.where(_dot(outward, away) < 0.0, np.float32(-1.0), np.float32(1.0))
    return Run(along, across, outward)


def _ribbon(
    places: np.ndarray, run: Run, away: np.ndarray, shares: np.ndarray, width: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and unit normals, (N (K + 1) 2, 3): lit as if the lock were round and lay on the head."""
    profile = np.interp(shares, [0.0, 0.25, 0.7, 1.0], [0.75, 1.0, 1.0, 0.8]).astype(np.float32)
    side = run.across * (np.float32(0.5) * width[:, None] * profile)
    middle, edge = np.float32(0.3) * run.outward + np.float32(0.7) * away, np.float32(0.36) * run.across
    both = np.empty((2, *places.shape[1:], 2, 3), np.float32)
    for column, sign in enumerate((np.subtract, np.add)):
        both[0, :, :, column] = sign(places, side).transpose(1, 2, 0)
        both[1, :, :, column] = _unit(sign(middle, edge)).transpose(1, 2, 0)
    return both[0].reshape(-1, 3), both[1].reshape(-1, 3)


def _rope(
    places: np.ndarray, run: Run, away: np.ndarray, shares: np.ndarray, width: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and unit normals, (N (K + 1) _ROPE, 3)."""
    angle = np.linspace(0.0, 2.0 * np.pi, _ROPE, dtype=np.float32)
    normals = run.across[..., None] * np.cos(angle) + _cross(run.across, run.along)[..., None] * np.sin(angle)
    profile = np.interp(shares, [0.0, 0.1, 0.85, 1.0], [0.6, 1.0, 0.9, 0.15]).astype(np.float32)
    radius = np.float32(0.5) * width[:, None] * profile
    vertices = places[..., None] + normals * radius[..., None]
    return vertices.reshape(3, -1).T, normals.reshape(3, -1).T


@lru_cache(maxsize=64)
def _topology(segments: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of _MOST locks, lock by lock, and what Embree reads of them."""
    rings = segments + 1
    lock, ring, column = np.meshgrid(np.arange(_MOST), np.arange(segments), np.arange(columns - 1), indexing="ij")
    a = (lock * rings + ring) * columns + column
    quads = np.stack((a, a + 1, a + columns, a + 1, a + columns + 1, a + columns), axis=-1)
    triangles = quads.reshape(-1, 3).astype(np.int32)
    return triangles, embree_triangles(triangles)


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The cross product of (3, ...) columns, in a third of the time of NumPy's own on rows."""
    result = np.empty_like(first)
    for axis, (u, v) in enumerate(((1, 2), (2, 0), (0, 1))):
        np.subtract(first[u] * second[v], first[v] * second[u], out=result[axis])
    return result


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.sqrt(np.maximum(_dot(vectors, vectors), np.float32(1e-12)))
