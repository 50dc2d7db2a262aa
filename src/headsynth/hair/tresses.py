"""Locks on the template, and the same bound to its skin: what carries them to any head is looked up once.

Units of packed numbers follow from the size of a head; the other distances are by eye.
"""

from dataclasses import dataclass, replace

import numpy as np

from headsynth.hair.ground import HairGround, Roots

_PLACE, _BYTE = np.float32(0.6 / 32767.0), np.float32(1.0 / 255.0)  # metres; what whole numbers stand for
_UNIT = np.float32(1.0 / 127.0)
_NEXT = 3  # vertices that move a place


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
        """Some of the locks, by index (n,) or mask (N,) bool."""
        one_each = ("places", "away", "width", "lock", "code", "tilt", "openness")
        values = {name: getattr(self, name)[chosen] for name in one_each}
        return Tresses(self.roots.taken(chosen), shares=self.shares, solid=self.solid, rigid=self.rigid, **values)

    def at(self, kept: np.ndarray) -> "Tresses":
        """The same locks with some of the K + 1 places alone, by index."""
        values = {name: getattr(self, name)[:, kept] for name in ("places", "away", "openness")}
        return replace(self, shares=self.shares[kept], **values)


@dataclass(frozen=True)
class Bound:
    """N locks of K + 1 places, n = N (K + 1) in all, packed small: many of them are kept."""

    corners: np.ndarray  # (3, N) uint16 the vertices around each root
    weights: np.ndarray  # (3, N) float32 barycentric
    packed_places: np.ndarray  # (3, n) int16
    packed_away: np.ndarray  # (3, n) int8
    rows: np.ndarray  # (_NEXT, n) uint16 the vertices next to each place, the nearest first
    packed_share: np.ndarray  # (_NEXT, n) uint8 how much each of them moves it
    follow: np.ndarray  # (n,) float16 how far the place follows the shoulders
    low: np.ndarray  # (m,) int32 the places that turned shoulders may swallow
    packed_openness: np.ndarray  # (N, K + 1) uint8
    shares: np.ndarray  # (K + 1,)
    width: np.ndarray  # (N,) float32 metres
    lock: np.ndarray  # (N,) uint8
    code: np.ndarray  # (N,) uint8
    tilt: np.ndarray  # (3, N) float32
    solid: bool
    rigid: bool

    @classmethod
    def of(cls, ground: HairGround, tresses: Tresses) -> "Bound":
        """Bind locks that grew on the template to its skin."""
        shape, flat = tresses.places.shape[:2], tresses.places.reshape(-1, 3).astype(np.float32)
        rows, share = _next(ground, flat)
        follow = np.zeros(len(flat), np.float32)
        weights = ground.mesh.neck.weights
        if not tresses.rigid:
            at_root = np.einsum("nk,nk->n", tresses.roots.weights, weights[tresses.roots.corners])
            loose = (weights[rows] * share).sum(axis=0) * _BYTE
            follow = _evened(loose.reshape(shape), at_root, tresses.shares).ravel()
        low = np.flatnonzero((flat[:, 1] < _LOW) & (ground.space.look(flat)[0] < _BESIDE))
        return cls(
            tresses.roots.corners.T.astype(np.uint16), np.ascontiguousarray(tresses.roots.weights.T, np.float32),
            np.round(flat.T / _PLACE).astype(np.int16),
            np.round(tresses.away.reshape(-1, 3).T / _UNIT).astype(np.int8),
            rows.astype(np.uint16), share.astype(np.uint8), follow.astype(np.float16), low.astype(np.int32),
            np.round(np.clip(tresses.openness, 0.0, 1.0) / _BYTE).astype(np.uint8), tresses.shares,
            tresses.width.astype(np.float32), tresses.lock.astype(np.uint8), tresses.code.astype(np.uint8),
            np.ascontiguousarray(tresses.tilt.T, np.float32), tresses.solid, tresses.rigid,
        )  # fmt: skip

    @property
    def shape(self) -> tuple[int, int]:
        """N locks and K + 1 places of each."""
        return self.packed_openness.shape[0], self.packed_openness.shape[1]

    @property
    def places(self) -> np.ndarray:
        """(3, n) float32 metres on the template, unpacked."""
        return self.packed_places * _PLACE

    @property
    def away(self) -> np.ndarray:
        """(3, n) float32 directions off the skin, unit but for rounding."""
        return self.packed_away * _UNIT

    @property
    def share(self) -> np.ndarray:
        """(_NEXT, n) float32: how much each vertex next to a place moves it; they add up to 1."""
        return self.packed_share * _BYTE

    @property
    def openness(self) -> np.ndarray:
        """(N, K + 1) float32, 0..1: the share of light that arrives between the locks."""
        return self.packed_openness * _BYTE

    def mirrored(self, ground: HairGround) -> "Bound":
        """The same hair seen in a mirror, bound to the vertices on the other side."""
        mirror = ground.mirror.astype(np.uint16)
        flip = np.array([[-1], [1], [1]], np.int8)
        return replace(
            self, corners=mirror[self.corners], packed_places=self.packed_places * flip,
            packed_away=self.packed_away * flip, rows=mirror[self.rows],
        )  # fmt: skip


_LOW, _BESIDE = -0.05, 0.12  # metres: height in head space, distance from the skin


def _next(ground: HairGround, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(_NEXT, n) vertices next to (n, 3) places, the weightiest first, and their weights, whole numbers of sum 255."""
    nodes, weights = ground.space.nodes(points)
    rows = ground.space.nearest[nodes]
    same = rows[:, :, None] == rows[:, None, :]
    total = np.einsum("nij,nj->ni", same.astype(np.float32), weights)
    first = ~np.tril(same, -1).any(axis=2)
    total = np.where(first, total, -1.0)
    order = np.argsort(-total, axis=1, kind="stable")[:, :_NEXT]
    kept = np.maximum(np.take_along_axis(total, order, axis=1), 0.0)
    share = np.round(255.0 * kept / kept.sum(axis=1, keepdims=True)).astype(np.int32)
    share[:, 0] += 255 - share.sum(axis=1)
    return np.take_along_axis(rows, order, axis=1).T, share.T


def _evened(follow: np.ndarray, root: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(N, K + 1) without jumps from one place to the next, so that no lock breaks above the shoulders."""
    for _ in range(2):
        padded = np.concatenate((follow[:, :1], follow, follow[:, -1:]), axis=1)
        follow = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.float32(3.0)
    return follow + (root[:, None] - follow[:, :1]) * np.square(np.maximum(1.0 - 3.0 * shares, 0.0))
