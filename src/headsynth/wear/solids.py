"""Shapes that generated things to wear are made of, and the parts that they become.

The reach of a bend is by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.people.person import Body
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Material, Part
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.geometry.vectors import unit

_NEAR = 0.015  # metres over which neighbours share in a bend
_SPACING = 10  # of the skin's vertices that tell how it bends: the bend is smooth


@dataclass(frozen=True)
class Solid:
    """A triangle mesh, head space, its triangles counter-clockwise seen from outside."""

    vertices: np.ndarray  # (V, 3) metres
    triangles: np.ndarray  # (F, 3)
    uvs: np.ndarray  # (T, 2) where on the surface a corner is, metres along it; zeros where no pattern needs it
    seam: np.ndarray | None = None  # (F, 3) rows of the uvs; None: those of the vertices

    @property
    def uv_triangles(self) -> np.ndarray:
        """(F, 3) rows of the uvs."""
        return self.triangles if self.seam is None else self.seam

    def mirrored(self) -> "Solid":
        """The same solid on the head's other side."""
        return Solid(self.vertices * [-1.0, 1.0, 1.0], self.triangles[:, ::-1], self.uvs, self.uv_triangles[:, ::-1])

    def moved(self, rotation: np.ndarray, translation: np.ndarray) -> "Solid":
        """Turned by (3, 3), then shifted by (3,) metres."""
        return replace(self, vertices=self.vertices @ rotation.T + translation)


def joined(solids: Sequence[Solid]) -> Solid:
    """All solids as one mesh, in order."""
    starts = np.cumsum([0] + [len(solid.vertices) for solid in solids])
    uv_starts = np.cumsum([0] + [len(solid.uvs) for solid in solids])
    return Solid(
        np.concatenate([solid.vertices for solid in solids]),
        np.concatenate([solid.triangles + start for solid, start in zip(solids, starts, strict=False)]),
        np.concatenate([solid.uvs for solid in solids]),
        np.concatenate([solid.uv_triangles + start for solid, start in zip(solids, uv_starts, strict=False)]),
    )


@lru_cache(maxsize=64)
def grid_triangles(rows: int, columns: int, around: bool = False) -> np.ndarray:
    """(F, 3) triangles of rows × columns vertices; `around` joins the last column to the first. Not to be changed.

    Seen from outside, columns count to the right while rows count upwards.
    """
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns if around else columns - 1), indexing="ij")
    a, b = row * columns + column, row * columns + (column + 1) % columns
    quads = np.stack((a, b, a + columns, b, b + columns, a + columns), axis=-1)
    triangles = quads.reshape(-1, 3).astype(np.int32)
    triangles.setflags(write=False)
    return triangles


def surface(points: np.ndarray, around: bool = False) -> Solid:
    """(R, C, 3) a grid of points as a mesh; uvs: the lengths along its rows and columns, in the mean."""
    rows, columns = points.shape[:2]
    ring = np.concatenate((points, points[:, :1]), axis=1) if around else points
    along = np.linalg.norm(np.diff(ring, axis=1, prepend=ring[:, :1]), axis=2).mean(axis=0)
    up = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=2).mean(axis=1)
    u, v = np.meshgrid(np.cumsum(along), np.cumsum(up))
    uvs = np.stack((u, v), axis=-1).reshape(-1, 2)
    seam = grid_triangles(rows, columns + 1) if around else None
    return Solid(points.reshape(-1, 3), grid_triangles(rows, columns, around), uvs, seam)


def tube(
    path: np.ndarray, radius: float | np.ndarray, sides: int = 6, closed: bool = False, flat: float = 1.0
) -> Solid:
    """A tube along (N, 3) points, its ends rounded off unless it is `closed`.

    radius: metres, one or (N,); flat: the section's height along the path's own upright direction over its width.
    """
    path = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(path)).copy()
    along = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    along = unit(along)
    if not closed:
        path = np.vstack((path[:1] - along[:1] * radii[0], path, path[-1:] + along[-1:] * radii[-1]))
        along = np.vstack((along[:1], along, along[-1:]))
        radii = np.concatenate(([0.1 * radii[0]], radii, [0.1 * radii[-1]]))
    reference = np.where(np.abs(along[:, 1:2]) > 0.9, [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]])
    first = unit(np.cross(along, reference))
    second = np.cross(first, along)
    angle = np.arange(sides) * (2.0 * np.pi / sides)
    ring = first[:, None] * np.cos(angle)[:, None] + flat * second[:, None] * np.sin(angle)[:, None]
    points = path[:, None] + radii[:, None, None] * ring
    points = points[:, ::-1]  # counter-clockwise from outside
    return surface(np.concatenate((points, points[:1])) if closed else points, around=True)


def revolved(profile: np.ndarray, around: int = 24) -> Solid:
    """(N, 2) radii and heights, metres, from below to above outside, turned about the y axis."""
    angle = np.arange(around) * (2.0 * np.pi / around)
    circle = np.stack((np.sin(angle), np.zeros(around), np.cos(angle)), axis=1)
    points = profile[:, :1, None] * circle + profile[:, 1:, None] * np.array([0.0, 1.0, 0.0])
    return surface(points, around=True)


def ellipsoid(centre: np.ndarray, radii: np.ndarray, rings: int = 10, around: int = 16) -> Solid:
    """centre: (3,), radii: (3,) along x, y and z, metres."""
    polar = np.linspace(-0.499 * np.pi, 0.499 * np.pi, rings)
    unit_ball = revolved(np.stack((np.cos(polar), np.sin(polar)), axis=1), around)
    scale = np.asarray(radii, np.float64)
    return replace(unit_ball, vertices=unit_ball.vertices * scale + centre, uvs=unit_ball.uvs * scale.mean())


def shell(vertices: np.ndarray, triangles: np.ndarray, lift: float | np.ndarray, thickness: float) -> Solid:
    """Cloth over a surface: its outer side, `thickness` metres above its inner one, and the edge between them.

    vertices: (V, 3), triangles: (F, 3) of them, a patch with a border; lift: metres of the inner side above the
    surface along its normals, one or (V,).
    """
    rows, flat = np.unique(triangles, return_inverse=True)
    faces = flat.reshape(-1, 3)
    points = vertices[rows].astype(np.float64)
    normals = vertex_normals(points, faces)
    lifted = np.broadcast_to(np.asarray(lift, np.float64), len(vertices))[rows]
    inner = points + normals * lifted[:, None]
    outer = inner + normals * thickness
    edge, count = border(faces), len(rows)
    side = np.concatenate((edge[:, [1, 0]], edge + count), axis=1)  # (E, 4): b, a, a', b'
    sides = np.concatenate((side[:, [1, 0, 2]], side[:, [0, 3, 2]]))
    both = np.concatenate((faces + count, faces[:, ::-1], sides))
    return Solid(np.concatenate((inner, outer)), both, np.zeros((2 * count, 2)))


def border(triangles: np.ndarray) -> np.ndarray:
    """(F, 3) -> (E, 2) the edges that belong to one triangle alone, in its direction."""
    edges = np.concatenate((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]])).astype(np.int64)
    size = int(triangles.max()) + 1
    key = edges.min(axis=1) * size + edges.max(axis=1)
    _, where, count = np.unique(key, return_index=True, return_counts=True)
    return edges[np.sort(where[count == 1])]


def bent_to_shoulders(points: np.ndarray, mesh: BaseMesh, body: Body) -> np.ndarray:
    """(N, 3) things below the head, head space -> the same where the bent neck and the shoulders take them.

    Each point goes with the mean of those nearest to it among every tenth vertex of the skin. Points above the
    neck stay.
    """
    rows = mesh.pieces[SKIN].rows[::_SPACING]
    skin = body.posed[rows].astype(np.float32)
    low = np.flatnonzero(points[:, 1] < skin[mesh.neck.weights[rows] > 0.0, 1].max(initial=-1.0))
    if not len(low):
        return points
    mine, weights = points[low].astype(np.float32), np.zeros(len(points), np.float32)
    reach = np.float32(8.0 * _NEAR)
    around = ((skin > mine.min(axis=0) - reach) & (skin < mine.max(axis=0) + reach)).all(axis=1)
    near, rows = (skin[around], rows[around]) if around.any() else (skin, rows)
    square = (near * near).sum(axis=1) - 2.0 * mine @ near.T
    share = np.exp((square.min(axis=1, keepdims=True) - square) * np.float32(0.5 / _NEAR**2))
    weights[low] = share @ mesh.neck.weights[rows] / share.sum(axis=1)
    return mesh.neck.bend(points, weights, body.shoulders)


def part(
    name: str,
    solids: Sequence[Solid],
    placement: Placement,
    material: Material,
    tint: tuple[float, float, float] | np.ndarray | None = None,
    segment: Segment = Segment.ACCESSORY,
    mirror: tuple[float, float, float] = (0.03, 0.03, 0.03),
) -> Part:
    """Solids of one material in camera space, their uvs with them.

    tint: of a lens, what it lets through, (3,) or (V, 3); mirror: what it reflects.
    """
    whole = joined(solids)
    triangles = whole.triangles.astype(np.int32)
    vertices = placement.to_camera(whole.vertices).astype(np.float32)
    uvs = whole.uvs.astype(np.float32)
    uv_triangles = whole.uv_triangles.astype(np.int32)
    return Part(name, vertices, triangles, uvs, uv_triangles, material, segment, tint=tint, mirror=mirror)
