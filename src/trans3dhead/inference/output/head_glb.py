"""A head as the mesh of a GLB file: skin, eyes and the inside of the mouth, each a primitive with its material."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Parameters
from trans3dhead.inference.output.glb import Mesh, Primitive, Target
from trans3dhead.inference.output.looks import Look, looks, parts_of_triangles
from trans3dhead.inference.output.neck import neck_end
from trans3dhead.inference.output.textures.view import View

_SMALLEST_OFFSET = 1e-7  # metres; what moves less is rounding of the basis and is not stored
_SMALLEST_TURN = 0.01  # of a normal, so 0.6 degrees; what turns less is not stored


@dataclass(frozen=True, eq=False)
class _Surface:
    """The whole mesh of one head, its neck closed: V vertices of the head model and those of the neck's end."""

    triangles: np.ndarray  # (F, 3) vertices
    corners: np.ndarray  # (F, 3) rows of the texture coordinates of the part's `Look`
    part: np.ndarray  # (F,) skin, eyes or mouth
    positions: np.ndarray  # (V', 3) metres, the face without expression
    normals: np.ndarray  # (V', 3)
    offsets: np.ndarray  # (E, V', 3) metres: what an expression of weight one adds to the positions
    turns: np.ndarray  # (E, V', 3) and to the normals


def glb_mesh(head_model: NumpyHeadModel, parameters: Parameters, view: View | None = None) -> Mesh:
    """The neutral face of a head and its expressions as morph targets, with the weights that were found.

    view: the head on its photograph, whose skin it then has. Raises ValueError for it where the head model has no
    texture coordinates.
    """
    surface = _surface(head_model, parameters)
    names = head_model.expression_names or tuple(f"expression_{i}" for i in range(len(surface.offsets)))
    parts = [(surface.part == name, look) for name, look in looks(head_model, view).items()]
    return Mesh(
        "head",
        [_primitive(surface, mine, look) for mine, look in parts if mine.any()],
        names,
        dict(zip(names, parameters.expression.tolist(), strict=True)),
        {"headModel": head_model.name, "licence": head_model.metadata.licence},
    )


def _surface(head_model: NumpyHeadModel, parameters: Parameters) -> _Surface:
    triangles = head_model.triangles
    corners = head_model.uv_triangles if len(head_model.uv_triangles) else triangles
    part = parts_of_triangles(head_model)
    corners = np.where((part == "eyes")[:, None], triangles, corners)
    positions, offsets = _neutral_and_offsets(head_model, parameters)
    end = neck_end(head_model)
    if end is not None:
        triangles = np.concatenate((triangles, end.triangles))
        corners = np.concatenate((corners, end.uv_triangles))
        part = np.concatenate((part, np.full(len(end.triangles), "skin")))
        more = end.points(positions)
        positions = np.concatenate((positions, more))
        offsets = np.concatenate((offsets, np.zeros((len(offsets), *more.shape), offsets.dtype)), axis=1)
    normals = vertex_normals(positions, triangles)
    turns = np.stack([vertex_normals(positions + offset, triangles) for offset in offsets]) - normals
    turns[np.abs(turns).max(axis=2) < _SMALLEST_TURN] = 0.0
    return _Surface(triangles, corners, part, positions, normals, offsets, turns)


def _neutral_and_offsets(head_model: NumpyHeadModel, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) the head without expression but with its jaw, and (E, V, 3) what a weight of one adds to it; float32."""
    layout, given = head_model.layout, vars(parameters)
    rows = np.zeros((len(parameters.expression) + 1, layout.size), np.float32)
    for name, part in layout.split(rows).items():
        part[:] = given[name]
    layout.split(rows)["expression"][:] = np.eye(len(rows), k=-1)[:, :-1]
    vertices = head_model.vertices(rows)
    offsets = vertices[1:] - vertices[:1]
    offsets[np.abs(offsets).max(axis=2) < _SMALLEST_OFFSET] = 0.0
    return vertices[0], offsets


def _primitive(surface: _Surface, mine: np.ndarray, look: Look) -> Primitive:
    """The triangles `mine` (F,), with one vertex for each distinct pair of vertex and texture coordinate."""
    pairs = np.stack((surface.triangles[mine], surface.corners[mine]), axis=-1).reshape(-1, 2)
    distinct, index = np.unique(pairs, axis=0, return_inverse=True)
    source, row = distinct.T
    return Primitive(
        surface.positions[source],
        surface.normals[source],
        index.reshape(-1, 3),
        look.material,
        None if look.uvs is None else look.uvs[row],
        None if look.colours is None else look.colours[np.minimum(source, len(look.colours) - 1)],
        [Target(*pair) for pair in zip(surface.offsets[:, source], surface.turns[:, source], strict=True)],
    )
