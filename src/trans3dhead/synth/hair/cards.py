"""Locks as ribbons or ropes of triangles, carried from the template to one person's head."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trans3dhead.data.segments import Segment
from trans3dhead.synth.hair.colours import HairColour
from trans3dhead.synth.hair.ground import HairGround, Roots
from trans3dhead.synth.hair.strands import Locks, lock_uvs
from trans3dhead.synth.hair.textures import LockTexture
from trans3dhead.synth.people.person import Body
from trans3dhead.synth.rendering.scene import Part
from trans3dhead.synth.rendering.vectors import embree_triangles
from trans3dhead.synth.wear.accessory import Accessory, pressed

_ROPE = 5  # columns of a rope; the last one closes it
_LOW = -0.05  # metres, head space: lower hair may meet the shoulders
_CLEAR = 0.002  # metres off the skin
_DEEPEST = 0.012  # metres; what seems deeper lies beside an ear, not in the skin
_MOST = 800  # locks


@dataclass(frozen=True)
class Tresses:
    """N locks of K + 1 places, metres on the template."""

    roots: Roots
    places: np.ndarray  # (N, K + 1, 3)
    away: np.ndarray  # (N, K + 1, 3) unit, off the skin
    shares: np.ndarray  # (K + 1,) 0 root to 1 tip
    width: np.ndarray  # (N,) metres
    lock: np.ndarray  # (N,)
    code: np.ndarray  # (N,)
    tilt: np.ndarray  # (N, 3) about standard normal: how each ribbon is turned about itself
    openness: np.ndarray  # (N, K + 1) share of light that arrives between the locks
    solid: bool = False
    rigid: bool = False  # follows the roots alone, as a beard follows the jaw

    def taken(self, chosen: np.ndarray) -> "Tresses":
        """Some of the locks, by mask or index."""
        one_each = ("places", "away", "width", "lock", "code", "tilt", "openness")
        values = {name: getattr(self, name)[chosen] for name in one_each}
        return Tresses(self.roots.taken(chosen), shares=self.shares, solid=self.solid, rigid=self.rigid, **values)


def on_person(
    ground: HairGround, tresses: Tresses, body: Body, worn: Sequence[Accessory] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """(N, K + 1, 3) metres, head space, and (N, K + 1) bool, which of them are out of sight under what is worn.

    Each place moves as the skin next to it does, and roots stay on the skin.
    """
    mesh = ground.mesh
    moved = body.posed - mesh.template
    flat = tresses.places.reshape(-1, 3)
    shift = ground.space.spread(flat, np.column_stack((moved, mesh.neck.weights)).astype(np.float32))
    corners, weights = tresses.roots.corners, tresses.roots.weights
    root = np.einsum("nk,nkc->nc", weights, moved[corners])
    by_skin = shift[:, :3].reshape(tresses.places.shape)
    if tresses.rigid:
        by_skin = np.broadcast_to(root[:, None], by_skin.shape)
    slack = (root - by_skin[:, 0])[:, None] * np.square(1.0 - tresses.shares)[:, None]
    places = tresses.places + by_skin + slack
    near = ground.space.next_to(flat)
    if not tresses.rigid:
        places[:, 1:] += _lack(ground, body, places, near)[:, 1:]
    if worn:
        straight, hidden = pressed(places.reshape(-1, 3), near, worn)
        places, hidden = straight.reshape(places.shape), hidden.reshape(places.shape[:2])
    else:
        hidden = np.zeros(places.shape[:2], bool)
    if tresses.rigid:
        follow = np.zeros(places.shape[:2], np.float32)
    else:
        at_root = np.einsum("nk,nk->n", weights, mesh.neck.weights[corners])
        follow = _evened(shift[:, 3].reshape(places.shape[:2]), at_root, tresses.shares)
    bent = mesh.neck.bend(places.reshape(-1, 3), follow.ravel(), body.shoulders)
    beyond = np.minimum(8.0 * tresses.shares, 1.0)  # roots stay where they are
    clear = np.broadcast_to(_CLEAR - 0.03 * (1.0 - beyond), places.shape[:2]).ravel()
    return _out_of_shoulders(ground, bent, clear, moved, body).reshape(places.shape), hidden


def _out_of_shoulders(
    ground: HairGround, places: np.ndarray, clear: np.ndarray, moved: np.ndarray, body: Body
) -> np.ndarray:
    """(N, 3) where shoulders that turn would swallow hair that turns less: off their skin by `clear` (N,) metres.

    moved: (V, 3) from the template to this body.
    """
    low = np.flatnonzero(places[:, 1] < _LOW)
    if not len(low):
        return places
    neck, space = ground.mesh.neck, ground.space
    weights = np.ones(len(low), np.float32)
    values = np.column_stack((moved, neck.weights)).astype(np.float32)
    for _ in range(2):
        straight = neck.bend(places[low], weights, body.shoulders.T)
        local = space.spread(straight, values)
        weights = local[:, 3]
    distance, away = space.look((straight - local[:, :3]).astype(np.float32))
    lifted = straight + away * np.maximum(clear[low] - distance, 0.0)[:, None]
    places = places.copy()
    places[low] += neck.bend(lifted, weights, body.shoulders) - neck.bend(straight, weights, body.shoulders)
    return places


def _lack(ground: HairGround, body: Body, places: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(N, K + 1, 3) what is missing to the skin's tangent plane at the vertices `near`, which is the person's own."""
    normals = body.normals(ground.mesh)[near]
    gap = np.einsum("nc,nc->n", places.reshape(-1, 3) - body.posed[near], normals)
    lack = np.where(gap > -_DEEPEST, np.maximum(_CLEAR - gap, 0.0), 0.0)
    return (normals * lack[:, None]).reshape(places.shape)


def _evened(follow: np.ndarray, root: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(N, K + 1) without jumps from one place to the next, so that no lock breaks above the shoulders."""
    for _ in range(2):
        padded = np.concatenate((follow[:, :1], follow, follow[:, -1:]), axis=1)
        follow = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.float32(3.0)
    return follow + (root[:, None] - follow[:, :1]) * np.square(np.maximum(1.0 - 3.0 * shares, 0.0))


def make_part(
    ground: HairGround,
    tresses: Tresses,
    body: Body,
    texture: LockTexture,
    colour: HairColour,
    shine: float,
    worn: Sequence[Accessory] = (),
) -> Part:
    """worn: what presses the hair to the head and hides it."""
    places, hidden = on_person(ground, tresses, body, worn)
    count, rings = places.shape[:2]
    columns = _ROPE if tresses.solid else 2
    along, across, outward = _frames(places, tresses)
    vertices, normals = (_rope if tresses.solid else _ribbon)(places, along, across, outward, tresses)
    turn = body.placement.rotation.T
    frames = np.empty((count, rings, columns, 7), np.float32)
    frames[..., :3], frames[..., 3:6] = (along @ turn)[:, :, None], (across @ turn)[:, :, None]
    frames[..., 6] = tresses.openness[:, :, None]
    flat = frames.reshape(-1, 7)
    triangles, corners = _topology(rings - 1, columns)
    triangles, corners = (values[: count * (rings - 1) * (columns - 1) * 2] for values in (triangles, corners))
    alpha = texture.mean_alpha(32)[:, _stretches(tresses.shares)][tresses.lock]
    opacity = np.repeat(alpha.ravel(), 2 * (columns - 1))
    shown = np.repeat(~(hidden[:, 1:] & hidden[:, :-1]).ravel(), 2 * (columns - 1))
    solid = tresses.solid
    return Part(
        "hair",
        body.placement.to_camera(vertices.reshape(-1, 3)).astype(np.float32),
        triangles[shown],
        lock_uvs(tresses.lock, tresses.code, tresses.shares, np.linspace(0.0, 1.0, columns)),
        triangles[shown],
        Locks(texture, colour, flat, shine),
        Segment.HAIR,
        cutout=None if solid else texture.texture,
        opacity=None if solid else 0.8 * opacity[shown],
        normals=(normals.reshape(-1, 3) @ turn).astype(np.float32),
        corners=corners[shown],
        openness=flat[:, 6],
    )


def _stretches(shares: np.ndarray) -> np.ndarray:
    """(K,) of 32 stretches of the texture, the one in the middle of each segment."""
    return np.minimum(((shares[1:] + shares[:-1]) * 16.0).astype(int), 31)


def _frames(places: np.ndarray, tresses: Tresses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit directions (N, K + 1, 3): along each lock, across it, and out of its face."""
    along = np.empty_like(places)
    along[:, 1:-1] = places[:, 2:] - places[:, :-2]
    along[:, 0], along[:, -1] = places[:, 1] - places[:, 0], places[:, -1] - places[:, -2]
    along = _unit(along)
    facing = tresses.away + 0.22 * tresses.tilt[:, None]
    across = _unit(np.cross(along, facing))
    turns = np.sign(np.einsum("nkc,nkc->nk", across[:, 1:], across[:, :-1]))
    across[:, 1:] *= np.cumprod(np.where(turns == 0.0, 1.0, turns), axis=1)[..., None]
    outward = np.cross(across, along)
    outward *= np.where(np.einsum("nkc,nkc->nk", outward, tresses.away) < 0.0, -1.0, 1.0)[..., None]
    return along, across, outward


def _ribbon(
    places: np.ndarray, along: np.ndarray, across: np.ndarray, outward: np.ndarray, tresses: Tresses
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and unit normals, (N, K + 1, 2, 3): lit as if the lock were round and lay on the head."""
    profile = np.interp(tresses.shares, [0.0, 0.25, 0.7, 1.0], [0.75, 1.0, 1.0, 0.8]).astype(np.float32)
    side = across * (0.5 * tresses.width[:, None] * profile)[..., None]
    vertices = np.stack((places - side, places + side), axis=2)
    middle = 0.45 * outward + 0.55 * tresses.away
    normals = _unit(np.stack((middle - 0.45 * across, middle + 0.45 * across), axis=2))
    return vertices, normals


def _rope(
    places: np.ndarray, along: np.ndarray, across: np.ndarray, outward: np.ndarray, tresses: Tresses
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and unit normals, (N, K + 1, _ROPE, 3)."""
    angle = np.linspace(0.0, 2.0 * np.pi, _ROPE)
    upright = np.cross(across, along)
    normals = across[:, :, None] * np.cos(angle)[:, None] + upright[:, :, None] * np.sin(angle)[:, None]
    profile = np.interp(tresses.shares, [0.0, 0.1, 0.85, 1.0], [0.6, 1.0, 0.9, 0.15]).astype(np.float32)
    radius = 0.5 * tresses.width[:, None] * profile
    return places[:, :, None] + normals * radius[..., None, None], normals


@lru_cache(maxsize=64)
def _topology(segments: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of _MOST locks, lock by lock, and what Embree reads of them."""
    rings = segments + 1
    lock, ring, column = np.meshgrid(np.arange(_MOST), np.arange(segments), np.arange(columns - 1), indexing="ij")
    a = (lock * rings + ring) * columns + column
    quads = np.stack((a, a + 1, a + columns, a + 1, a + columns + 1, a + columns), axis=-1)
    triangles = quads.reshape(-1, 3).astype(np.int32)
    return triangles, embree_triangles(triangles)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
