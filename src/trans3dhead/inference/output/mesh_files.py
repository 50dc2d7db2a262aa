"""The mesh of a head as a file, always in head space: metres, y up, z out of the face, not rotated.

- .glb: one vertex for each distinct (vertex, texture coordinate) pair; the identity's neutral face with the expressions
  as morph targets, whose weights are set to the ones found: it opens with the found expression, and can be animated.
- .obj: the found expression; V vertices in the head model's order, texture coordinates apart, as OBJ allows.
- .ply: the found expression; V vertices in the head model's order, with colours. Binary.
- .npz: everything as arrays: vertices, triangles, projected, landmarks, rotation, camera, parameters.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.files import write_atomically
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Parameters
from trans3dhead.inference.output.glb import GLBMesh, write_glb
from trans3dhead.inference.output.mesh_colours import vertex_colours

_SMALLEST_OFFSET = 1e-7  # metres; what moves less is rounding of the basis and is not stored


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """What goes into a mesh file of one head."""

    head_model: NumpyHeadModel
    vertices: np.ndarray  # (V, 3) metres, head space, with the found expression
    parameters: Parameters
    arrays: Mapping[str, np.ndarray]  # all that is known of the head, for .npz


def save_mesh(head: HeadMesh, path: Path) -> None:
    """Write the file that the suffix asks for, whole or not at all."""
    if path.suffix.lower() not in _WRITERS:
        raise ValueError(f"{path}: expected a file ending in {', '.join(_WRITERS)}, got '{path.suffix}'")
    write_atomically(path, mesh_bytes(head, path.suffix.lower()))


def mesh_bytes(head: HeadMesh, suffix: str) -> bytes:
    """The file that `save_mesh` writes, for those that send it elsewhere; suffix: .glb, .obj, .ply or .npz."""
    return _WRITERS[suffix](head)


def distinct_uv_vertices(head_model: NumpyHeadModel) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """The mesh with one vertex for each distinct (vertex, texture coordinate) pair, as GPUs want it.

    Returns (N,) the head model's vertex of each, (N, 2) texture coordinates or None, (F, 3) triangles over the N.
    """
    triangles, uv_triangles = head_model.triangles, head_model.uv_triangles
    if not len(uv_triangles):
        return np.arange(len(head_model.template)), None, triangles
    pairs = np.stack((triangles, uv_triangles), axis=-1).reshape(-1, 2)
    distinct, index = np.unique(pairs, axis=0, return_inverse=True)
    return distinct[:, 0], head_model.uvs[distinct[:, 1]], index.reshape(-1, 3)


def glb_mesh(model: NumpyHeadModel, parameters: Parameters) -> GLBMesh:
    """The neutral face of a person with the expressions as morph targets, whose weights are those of `parameters`."""
    neutral, offsets = _neutral_and_offsets(model, parameters)
    source, uvs, triangles = distinct_uv_vertices(model)
    normals = vertex_normals(neutral, model.triangles)
    names = model.expression_names or tuple(f"expression_{i}" for i in range(len(offsets)))
    return GLBMesh(
        positions=neutral[source],
        normals=normals[source],
        triangles=triangles,
        uvs=uvs,
        colours=vertex_colours(model)[source],
        targets={name: offset[source] for name, offset in zip(names, offsets, strict=True)},
        weights=dict(zip(names, parameters.expression.tolist(), strict=True)),
    )


def glb_extras(model: NumpyHeadModel) -> dict[str, str]:
    """What a GLB file says of the head model that its mesh is made of."""
    return {"headModel": model.name, "licence": model.metadata.licence}


def _glb(head: HeadMesh) -> bytes:
    model = head.head_model
    return write_glb(glb_mesh(model, head.parameters), name="head", extras=glb_extras(model))


def _neutral_and_offsets(model: NumpyHeadModel, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) the head without expression but with its jaw, and (E, V, 3) what a weight of one adds to it; float32."""
    given = vars(parameters)
    rows = np.zeros((len(parameters.expression) + 1, model.layout.size), np.float32)
    for name, part in model.layout.split(rows).items():
        part[:] = given[name]
    model.layout.split(rows)["expression"][:] = np.eye(len(rows), k=-1)[:, :-1]
    vertices = model.vertices(rows)
    offsets = vertices[1:] - vertices[:1]
    offsets[np.abs(offsets).max(axis=2) < _SMALLEST_OFFSET] = 0.0
    return vertices[0], offsets


def _obj(head: HeadMesh) -> bytes:
    model = head.head_model
    triangles, uv_triangles = model.triangles + 1, model.uv_triangles + 1
    normals = vertex_normals(head.vertices, triangles - 1)
    lines = ["# trans3dhead: metres, y up, z out of the face", "o head"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in head.vertices.tolist()]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in model.uvs.tolist()]
    lines += [f"vn {x:.5f} {y:.5f} {z:.5f}" for x, y, z in normals.tolist()]
    if len(uv_triangles):
        corners = zip(triangles.tolist(), uv_triangles.tolist(), strict=True)
        lines += ["f " + " ".join(f"{v}/{t}/{v}" for v, t in zip(vs, ts, strict=True)) for vs, ts in corners]
    else:
        lines += ["f " + " ".join(f"{v}//{v}" for v in vs) for vs in triangles.tolist()]
    return ("\n".join(lines) + "\n").encode()


def _ply(head: HeadMesh) -> bytes:
    import trimesh  # late: of all formats this one alone needs it
    from trimesh.exchange.ply import export_ply

    triangles = head.head_model.triangles
    mesh = trimesh.Trimesh(
        head.vertices,
        triangles,
        vertex_normals=vertex_normals(head.vertices, triangles),
        vertex_colors=vertex_colours(head.head_model, linear=False),
        process=False,
    )
    return export_ply(mesh, vertex_normal=True)


def _npz(head: HeadMesh) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **head.arrays)  # type: ignore[arg-type]  # numpy types its options, not the rest
    return file.getvalue()


_WRITERS = {".glb": _glb, ".obj": _obj, ".ply": _ply, ".npz": _npz}
FORMATS = tuple(suffix[1:] for suffix in _WRITERS)
