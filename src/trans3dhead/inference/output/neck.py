"""A neck that ends level and closed, for files that people look at. The head model's own ends in a slanted opening."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trans3dhead.head_model import NumpyHeadModel

RINGS = 4  # of new vertices between the opening and the level end
BELOW = 0.012  # metres from the lowest vertex of the opening to the level end


@dataclass(frozen=True, eq=False)
class NeckEnd:
    """Vertices and triangles that go on from the opening of the neck; the new vertices follow the head model's."""

    opening: np.ndarray  # (L,) vertices of the head model around it
    triangles: np.ndarray  # (F, 3) vertices, the first new one is V
    uv_triangles: np.ndarray  # (F, 3) rows of the head model's `uvs`: the texture's border is drawn out

    @property
    def count(self) -> int:
        """X, of the new vertices."""
        return (RINGS + 1) * len(self.opening) + 1

    def points(self, vertices: np.ndarray) -> np.ndarray:
        """(V, 3) metres -> (X, 3) the new vertices: rings straight down, the rim of the flat end, its middle."""
        edge = vertices[self.opening]
        level = edge.copy()
        level[:, 1] = edge[:, 1].min() - BELOW
        share = np.linspace(0.0, 1.0, RINGS + 1, dtype=vertices.dtype)[1:, None, None]
        rings = edge + share * (level - edge)
        return np.concatenate((rings.reshape(-1, 3), level, level.mean(axis=0, keepdims=True)))


@lru_cache(maxsize=4)
def neck_end(head_model: NumpyHeadModel) -> NeckEnd | None:
    """The end for a head model's neck; None where its mesh has no opening in the subset "neck"."""
    edges, rows = _open_edges(head_model)
    neck = np.isin(edges, head_model.subsets.get("neck", [])).all(axis=1)
    edges, rows = edges[neck], rows[neck]
    if not len(edges):
        return None
    size, first = len(edges), len(head_model.template)
    opening, place = np.unique(edges, return_inverse=True)
    place = place.reshape(-1, 2)
    triangles, uv_triangles = [], []
    above = edges
    for ring in range(RINGS):
        below = first + ring * size + place
        triangles += [np.column_stack((above[:, ::-1], below[:, 0])), np.column_stack((above[:, 1], below))]
        uv_triangles += [rows[:, [1, 0, 0]], rows[:, [1, 0, 1]]]
        above = below
    rim, middle = first + RINGS * size + place, np.full(size, first + (RINGS + 1) * size)
    triangles.append(np.column_stack((rim[:, ::-1], middle)))
    uv_triangles.append(np.repeat(rows[:, :1], 3, axis=1))
    return NeckEnd(opening, np.concatenate(triangles), np.concatenate(uv_triangles))


def _open_edges(head_model: NumpyHeadModel) -> tuple[np.ndarray, np.ndarray]:
    """(L, 2) vertices of the edges that belong to one triangle alone, in its order, and (L, 2) their rows of `uvs`."""
    count = len(head_model.template)
    edges = np.concatenate([head_model.triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    corners = head_model.uv_triangles if len(head_model.uv_triangles) else head_model.triangles
    rows = np.concatenate([corners[:, [i, (i + 1) % 3]] for i in range(3)])
    forth, back = edges @ (count, 1), edges @ (1, count)
    lonely = ~np.isin(forth, back)
    return edges[lonely], rows[lonely]
