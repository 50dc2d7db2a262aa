"""Garments cut from the body's own surface: the skin below a neckline, its edge cut clean, kept once for all bodies.

Necklines and rings are by eye, on the template.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore import EmbreeDevice
from embreex.rtcore_scene import EmbreeScene

from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.rendering.vectors import embree_triangles
from trans3dhead.geometry.meshes import vertex_normals

_SMOOTHING = 5  # passes
_TORSO = 0.185  # metres, |x| beyond which arms begin
_ARMHOLE = 0.55  # slope of an armhole's edge
_RING_SLOPE = 0.55  # by which rings around the neck sink towards the front
_RING_TOP, _RING_BOTTOM = 0.012, -0.050  # metres above the neck's pivot
RINGS, AROUND = 8, 48
_STEPS = 3  # depths of each neckline that are kept


@dataclass(frozen=True)
class Neckline:
    """Where cloth begins on the template; metres below the neck's pivot."""

    drop: tuple[float, float]  # from the highest to the deepest cut
    slope: float = 0.6  # by which the front is lower
    vee: float = 0.0  # depth of the V over |x|
    shoulder: float | None = None  # |x| beyond which the shoulders are bare
    arm: float = 0.10  # from where downwards the armhole widens

    def depth(self, points: np.ndarray, pivot: np.ndarray, step: int) -> np.ndarray:
        """(N,) metres below the edge, about; negative above."""
        drop = self.drop[0] + (self.drop[1] - self.drop[0]) * step / (_STEPS - 1)
        x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
        depth = pivot[1] - drop - self.slope * z + self.vee * np.minimum(x, 0.08) - y
        if self.shoulder is not None:
            armhole = self.shoulder + _ARMHOLE * np.maximum(pivot[1] - self.arm - y, 0.0)
            depth = np.minimum(depth, np.minimum(armhole, _TORSO) - x)
        return depth


NECKLINES = {
    "crew": Neckline((0.050, 0.080), 0.62),
    "high": Neckline((0.026, 0.042), 0.60),
    "turtleneck": Neckline((-0.014, 0.010), _RING_SLOPE),
    "boat": Neckline((0.075, 0.095), 0.30),
    "scoop": Neckline((0.085, 0.120), 0.85),
    "vee": Neckline((0.075, 0.135), 0.50, 0.85),
    "shirt": Neckline((0.050, 0.090), 0.60, 0.55),
    "jacket": Neckline((0.150, 0.230), 0.60, 1.9),
    "tank": Neckline((0.095, 0.135), 0.60, 1.2, 0.125),
    "straps": Neckline((0.120, 0.160), 0.50, 1.6, 0.100),
    "strapless": Neckline((0.115, 0.140), 0.25),
}


@dataclass(frozen=True)
class Pattern:
    """A garment on the template; each vertex lies on an edge of the base mesh."""

    first: np.ndarray  # (N,) rows of the base mesh
    second: np.ndarray  # (N,)
    share: np.ndarray  # (N, 1) of the second
    triangles: np.ndarray  # (F, 3) int32
    corners: np.ndarray  # (F,) for Embree
    edges: np.ndarray  # (E, 2) both ways, for smoothing
    degree: np.ndarray  # (N, 1)
    depth: np.ndarray  # (N,) metres below the edge
    rest: np.ndarray  # (N, 3) metres, on the template
    hems: tuple[np.ndarray, ...]  # vertices along each closed edge

    def drape(self, body: np.ndarray, normals: np.ndarray, gap: float, ease: float) -> np.ndarray:
        """(N, 3) the cloth on a body: at least `gap` metres off it, up to `ease` more away from the edge, smoothed.

        body, normals: (V, 3) of the base mesh.
        """
        skin = body[self.first] * (1.0 - self.share) + body[self.second] * self.share
        out = normals[self.first] * (1.0 - self.share) + normals[self.second] * self.share
        away = np.clip(self.depth / 0.09, 0.0, 1.0)
        points = skin + out * (gap + ease * away)[:, None]
        pull = (0.8 * np.clip(self.depth / 0.02, 0.0, 1.0))[:, None]
        for _ in range(_SMOOTHING):
            sums = np.stack(
                [np.bincount(self.edges[:, 0], points[self.edges[:, 1], axis], len(points)) for axis in range(3)], 1
            )
            points = points + (sums / self.degree - points) * pull
        short = gap - np.einsum("nc,nc->n", points - skin, out)
        return points + out * np.maximum(short, 0.0)[:, None]


@lru_cache(maxsize=64)
def pattern(mesh: BaseMesh, name: str, step: int) -> Pattern:
    """The garment with neckline `name` in one of its depths; kept."""
    triangles = mesh.triangles[mesh.kinds == SKIN]
    depth = NECKLINES[name].depth(mesh.template, mesh.neck.pivot, step).astype(np.float64)
    depth[np.abs(depth) < 1e-5] = 1e-5
    # The chin and the back of the head may lie under a tilted neckline, but they are not below the neck.
    below = mesh.template[:, 1] < mesh.neck.pivot[1] + 0.05
    depth[~below | ((mesh.neck.weights == 0.0) & (mesh.template[:, 2] > 0.03))] = -1.0
    ends, faces = _clipped(triangles, depth)
    first, second = ends.T
    share = np.where(first == second, 0.0, depth[first] / np.where(first == second, 1.0, depth[first] - depth[second]))
    share = share[:, None]
    rest = mesh.template[first] * (1.0 - share) + mesh.template[second] * share
    below_edge = depth[first] * (1.0 - share[:, 0]) + depth[second] * share[:, 0]
    pairs = np.concatenate([faces[:, [i, j]] for i in range(3) for j in range(3) if i != j])
    key = np.unique(pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1])
    pairs = np.stack((key >> 32, key & 0xFFFFFFFF), axis=1)
    degree = np.maximum(np.bincount(pairs[:, 0], minlength=len(ends)), 1)[:, None]
    hems = _loops(faces, first != second)
    return Pattern(
        first, second, share.astype(np.float32), faces, embree_triangles(faces), pairs, degree.astype(np.float32),
        below_edge.astype(np.float32), rest.astype(np.float32), hems,
    )  # fmt: skip


def steps(name: str) -> int:
    """How many depths a neckline comes in."""
    return _STEPS if name in NECKLINES else 0


def _clipped(triangles: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts of triangles where depth > 0: vertices as pairs of rows (N, 2), equal ones for whole vertices."""
    inside = depth > 0.0
    count = inside[triangles].sum(axis=1)
    pairs = [np.repeat(triangles[count == 3][..., None], 2, axis=2)]
    for triangle in triangles[(count > 0) & (count < 3)].tolist():
        ring: list[tuple[int, int]] = []
        for i in range(3):
            a, b = triangle[i], triangle[(i + 1) % 3]
            if inside[a]:
                ring.append((a, a))
            if inside[a] != inside[b]:
                ring.append((a, b) if inside[a] else (b, a))
        pairs.append(np.array([(ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)]))
    return _unique_pairs(np.concatenate(pairs))


def _unique_pairs(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, 3, 2) -> the different pairs (N, 2), and (F, 3) int32 which they are."""
    key = pairs[..., 0].astype(np.int64) << 32 | pairs[..., 1]
    known, index = np.unique(key, return_inverse=True)
    return np.stack((known >> 32, known & 0xFFFFFFFF), axis=1), index.reshape(-1, 3).astype(np.int32)


def _loops(faces: np.ndarray, on_edge: np.ndarray) -> tuple[np.ndarray, ...]:
    """The closed borders that run through vertices of the cut, longest first."""
    edges = np.concatenate((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]))
    known = {(int(a), int(b)) for a, b in edges}
    follows = {a: b for a, b in known if (b, a) not in known and on_edge[a] and on_edge[b]}
    loops = []
    while follows:
        start = min(follows)
        loop, here = [start], follows.pop(start)
        while here != start and here in follows:
            loop.append(here)
            here = follows.pop(here)
        if here == start and len(loop) > 8:
            loops.append(np.array(loop))
    return tuple(sorted(loops, key=lambda loop: (-len(loop), int(loop[0]))))


@dataclass(frozen=True)
class NeckRings:
    """Rings around the template's neck, from below to above, in triangles of the base mesh."""

    corners: np.ndarray  # (RINGS, AROUND, 3) rows of the base mesh
    weights: np.ndarray  # (RINGS, AROUND, 3)

    def on(self, values: np.ndarray) -> np.ndarray:
        """(V, k) of the base mesh -> (RINGS, AROUND, k). Column 0 is in front, the next ones to the head's left."""
        return np.einsum("rak,rakc->rac", self.weights, values[self.corners])


@lru_cache(maxsize=8)
def neck_rings(mesh: BaseMesh) -> NeckRings:
    """The rings of a mesh's template, cast from inside the neck once and kept."""
    scene, piece = EmbreeScene(EmbreeDevice()), mesh.pieces[SKIN]
    TriangleMesh(scene, mesh.template[piece.rows], piece.corners)
    angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    directions = np.stack((np.sin(angle), -_RING_SLOPE * np.cos(angle), np.cos(angle)), axis=1)
    heights = np.linspace(_RING_BOTTOM, _RING_TOP, RINGS)
    origins = mesh.neck.pivot + np.outer(heights, [0.0, 1.0, 0.0]) + [0.0, 0.0, 0.005]
    starts, ways = np.repeat(origins, AROUND, axis=0), np.tile(directions, (RINGS, 1))
    found = scene.run(starts.astype(np.float32), ways.astype(np.float32), output=1)
    weights = np.stack((1.0 - found["u"] - found["v"], found["u"], found["v"]), axis=1)
    rows = piece.rows[piece.triangles[found["primID"]]]
    return NeckRings(rows.reshape(RINGS, AROUND, 3), weights.reshape(RINGS, AROUND, 3))


def body_normals(mesh: BaseMesh, body: np.ndarray) -> np.ndarray:
    """(V, 3) float32 unit normals of a body (V, 3), outwards."""
    return vertex_normals(body.astype(np.float32), mesh.triangles)
