"""What of a head people look at: skin, eyes, mouth and teeth, each of one material, and a closed neck."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.teeth import teeth_of
from trans3dhead.inference.output.looks import triangles_of_parts
from trans3dhead.inference.output.neck import neck_end


@dataclass(frozen=True, eq=False)
class Part:
    """The triangles of one material. It has a vertex for each distinct pair of vertex and texture coordinate."""

    vertices: np.ndarray  # (N,) vertices of the surface
    rows: np.ndarray  # (N,) rows of the texture coordinates, or of the colours, of the part's `Look`
    triangles: np.ndarray  # (F, 3) of these N


@dataclass(frozen=True, eq=False)
class Surface:
    """The whole mesh, of V' vertices: the V of the head model, after them those of the neck's end and of the teeth."""

    triangles: np.ndarray  # (F, 3) vertices
    parts: dict[str, Part]  # "skin", "mouth", "eyes", "teeth": those that the head model has


@lru_cache(maxsize=4)
def surface_of(head_model: NumpyHeadModel) -> Surface:
    """The surface of any head of a head model."""
    whole, parts, count = [head_model.triangles], triangles_of_parts(head_model), len(head_model.template)
    end = neck_end(head_model)
    if end is not None:
        whole.append(end.triangles)
        triangles, rows = parts["skin"]
        parts["skin"] = np.concatenate((triangles, end.triangles)), np.concatenate((rows, end.uv_triangles))
        count += end.count
    teeth = teeth_of(head_model)
    if teeth is not None:
        whole.append(teeth.triangles + count)
        parts["teeth"] = whole[-1], teeth.triangles
    return Surface(np.concatenate(whole), {name: _part(*part) for name, part in parts.items() if len(part[0])})


def surface_points(
    head_model: NumpyHeadModel, vertices: np.ndarray, shape: np.ndarray, expression: np.ndarray
) -> np.ndarray:
    """(V, 3) metres and the coefficients that they are of -> (V', 3) all vertices of the surface."""
    end, teeth = neck_end(head_model), teeth_of(head_model)
    points = [vertices]
    if end is not None:
        points.append(end.points(vertices))
    if teeth is not None:
        points.append(teeth.vertices(shape, expression).astype(vertices.dtype))
    return np.concatenate(points)


def _part(triangles: np.ndarray, rows: np.ndarray) -> Part:
    pairs = np.stack((triangles, rows), axis=-1).reshape(-1, 2)
    distinct, index = np.unique(pairs, axis=0, return_inverse=True)
    return Part(distinct[:, 0], distinct[:, 1], index.reshape(-1, 3))
