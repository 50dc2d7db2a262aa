"""A head as the mesh of a GLB file: skin, eyes, mouth and teeth, each a primitive with its material."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.teeth import teeth_of
from trans3dhead.inference.camera_and_pose import Parameters
from trans3dhead.inference.output.glb import Mesh, Primitive, Target
from trans3dhead.inference.output.looks import Look, looks
from trans3dhead.inference.output.surface import Part, surface_of, surface_points

_SMALLEST_OFFSET = 1e-7  # metres; what moves less is rounding of the basis and is not stored
_SMALLEST_TURN = 0.01  # of a normal, so 0.6 degrees; what turns less is not stored


@dataclass(frozen=True, eq=False)
class _Shape:
    """The surface of one head, of V' vertices: see `Surface`."""

    positions: np.ndarray  # (V', 3) metres, the face without expression
    normals: np.ndarray  # (V', 3)
    offsets: np.ndarray  # (E, V', 3) metres: what an expression of weight one adds to the positions
    turns: np.ndarray  # (E, V', 3) and to the normals


def glb_mesh(head_model: NumpyHeadModel, parameters: Parameters, look: Mapping[str, Look] | None = None) -> Mesh:
    """The neutral face of a head and its expressions as morph targets, with the weights that were found.

    look: as `looks` makes it, such as that of the head on its photograph; None: the painted one.
    """
    shape, parts, look = _shape(head_model, parameters), surface_of(head_model).parts, look or looks(head_model, None)
    names = head_model.expression_names or tuple(f"expression_{i}" for i in range(len(shape.offsets)))
    return Mesh(
        "head",
        [_primitive(shape, part, look[name]) for name, part in parts.items()],
        names,
        dict(zip(names, parameters.expression.tolist(), strict=True)),
        {"headModel": head_model.name, "licence": head_model.metadata.licence},
    )


def _shape(head_model: NumpyHeadModel, parameters: Parameters) -> _Shape:
    triangles = surface_of(head_model).triangles
    neutral, offsets = _neutral_and_offsets(head_model, parameters)
    positions = surface_points(head_model, neutral, parameters.shape, np.zeros_like(parameters.expression))
    added = np.zeros((len(offsets), len(positions) - len(neutral), 3), offsets.dtype)  # the neck's end does not move
    teeth = teeth_of(head_model)
    if teeth is not None:
        added[:, -len(teeth.offsets) :] = teeth.moved_by(len(offsets))
    offsets = np.concatenate((offsets, added), axis=1)
    normals = vertex_normals(positions, triangles)
    turns = np.stack([vertex_normals(positions + offset, triangles) for offset in offsets]) - normals
    turns[np.abs(turns).max(axis=2) < _SMALLEST_TURN] = 0.0
    return _Shape(positions, normals, offsets, turns)


def _neutral_and_offsets(head_model: NumpyHeadModel, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) the head without expression but with its jaw, and (E, V, 3) what a weight of one adds to it; float32."""
    layout = head_model.layout
    rows = np.tile(parameters.vector(layout), (len(parameters.expression) + 1, 1))
    layout.split(rows)["expression"][:] = np.eye(len(rows), k=-1)[:, :-1]
    vertices = head_model.vertices(rows)
    offsets = vertices[1:] - vertices[:1]
    offsets[np.abs(offsets).max(axis=2) < _SMALLEST_OFFSET] = 0.0
    return vertices[0], offsets


def _primitive(shape: _Shape, part: Part, look: Look) -> Primitive:
    source = part.vertices
    return Primitive(
        shape.positions[source],
        shape.normals[source],
        part.triangles,
        look.material,
        None if look.uvs is None else look.uvs[part.rows],
        None if look.colours is None else look.colours[part.rows],
        [Target(*pair) for pair in zip(shape.offsets[:, source], shape.turns[:, source], strict=True)],
    )
