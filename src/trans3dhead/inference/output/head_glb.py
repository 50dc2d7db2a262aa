"""A head as the mesh of a GLB file: skin, eyes and the inside of the mouth, each a primitive with its material."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Parameters
from trans3dhead.inference.output.glb import Material, Mesh, Primitive, Target
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.neck import neck_end
from trans3dhead.inference.output.textures.atlas import atlas_of
from trans3dhead.inference.output.textures.eyes import eye_texture, eye_uvs
from trans3dhead.inference.output.textures.skin import plain_texture

_SMALLEST_OFFSET = 1e-7  # metres; what moves less is rounding of the basis and is not stored
_SMALLEST_TURN = 0.01  # of a normal, so 0.6 degrees; what turns less is not stored
_ROUGHNESS = {"skin": 0.6, "eyes": 0.12, "mouth": 0.35}


@dataclass(frozen=True, eq=False)
class _Surface:
    """The whole mesh of one head, its neck closed: V vertices of the head model and those of the neck's end."""

    triangles: np.ndarray  # (F, 3) vertices
    corners: np.ndarray  # (F, 3) rows of the head model's `uvs`, or vertices where it has none
    part: np.ndarray  # (F,) the name of the material
    positions: np.ndarray  # (V', 3) metres, the face without expression
    normals: np.ndarray  # (V', 3)
    offsets: np.ndarray  # (E, V', 3) metres: what an expression of weight one adds to the positions
    turns: np.ndarray  # (E, V', 3) and to the normals


def glb_mesh(head_model: NumpyHeadModel, parameters: Parameters) -> Mesh:
    """The neutral face of a head and its expressions as morph targets, with the weights that were found."""
    surface = _surface(head_model, parameters)
    names = head_model.expression_names or tuple(f"expression_{i}" for i in range(len(surface.offsets)))
    return Mesh(
        "head",
        [_primitive(surface, name, head_model) for name in _ROUGHNESS if (surface.part == name).any()],
        names,
        dict(zip(names, parameters.expression.tolist(), strict=True)),
        {"headModel": head_model.name, "licence": head_model.metadata.licence},
    )


def _surface(head_model: NumpyHeadModel, parameters: Parameters) -> _Surface:
    triangles = head_model.triangles
    corners = head_model.uv_triangles if len(head_model.uv_triangles) else triangles
    part = np.full(len(triangles), "skin", dtype="<U8")
    for name in ("eyes", "mouth"):
        part[np.isin(triangles, head_model.subsets.get(name, [])).all(axis=1)] = name
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


def _primitive(surface: _Surface, name: str, head_model: NumpyHeadModel) -> Primitive:
    """One vertex for each distinct pair of vertex and texture coordinate, as GPUs want it."""
    mine = surface.part == name
    pairs = np.stack((surface.triangles[mine], surface.corners[mine]), axis=-1).reshape(-1, 2)
    (source, row), index = _distinct(pairs)
    uvs, colours, texture = _look(head_model, name)
    return Primitive(
        surface.positions[source],
        surface.normals[source],
        index.reshape(-1, 3),
        Material(name, _ROUGHNESS[name], texture=texture),
        None if uvs is None else uvs[source if name == "eyes" else row],
        None if colours is None else colours[np.minimum(source, len(colours) - 1)],
        [Target(*pair) for pair in zip(surface.offsets[:, source], surface.turns[:, source], strict=True)],
    )


def _look(head_model: NumpyHeadModel, name: str) -> tuple[np.ndarray | None, np.ndarray | None, bytes | None]:
    """Texture coordinates (of eyes by vertex, of others by row of `uvs`), colours by vertex, texture: some are None."""
    if name == "eyes":
        return eye_uvs(head_model), None, eye_texture(head_model)
    if len(head_model.uvs):
        return atlas_of(head_model).uvs, None, plain_texture(head_model)
    return None, vertex_colours(head_model), None


def _distinct(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) -> (2, M) the distinct ones, in order, and (N,) which of them each is."""
    distinct, index = np.unique(pairs, axis=0, return_inverse=True)
    return distinct.T, index.reshape(-1)
