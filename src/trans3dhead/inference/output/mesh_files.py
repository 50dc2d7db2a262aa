"""The mesh of a head as a file, in head space: metres, y up, z out of the face; a .glb alone may also have the pose.

- .glb: one vertex for each distinct (vertex, texture coordinate) pair; the identity's neutral face with the expressions
  as morph targets, whose weights are set to the ones found: it opens with the found expression, and can be animated.
- .obj: the found expression; V vertices in the head model's order, texture coordinates apart, as OBJ allows. Beside it
  are the materials (.mtl) and their textures (.skin.jpg, .eyes.png).
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
from trans3dhead.inference.output.glb import Stage, write_glb
from trans3dhead.inference.output.head_glb import glb_mesh
from trans3dhead.inference.output.looks import looks
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.obj import obj_files
from trans3dhead.inference.output.textures.view import View


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """What goes into a mesh file of one head."""

    head_model: NumpyHeadModel
    vertices: np.ndarray  # (V, 3) metres, head space, with the found expression
    parameters: Parameters
    arrays: Mapping[str, np.ndarray]  # all that is known of the head, for .npz
    view: View | None = None  # of the photograph whose skin a .glb or .obj is to have
    stage: Stage | None = None  # where a .glb is to have the head, and the camera


def save_mesh(head: HeadMesh, path: Path) -> list[Path]:
    """Write the file that the suffix asks for, and those that belong to it before it, each whole or not at all.

    Returns all that were written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path}: expected a file ending in {', '.join(SUFFIXES)}, got '{path.suffix}'")
    if head.view and suffix not in (".glb", ".obj"):
        raise ValueError(f"{path}: a photograph's skin goes into .glb and .obj files alone, got '{path.suffix}'")
    if head.stage and suffix != ".glb":
        raise ValueError(f"{path}: a pose goes into .glb files alone, got '{path.suffix}'")
    if suffix != ".obj":
        write_atomically(path, mesh_bytes(head, suffix))
        return [path]
    written = []
    for name, data in obj_files(head.head_model, head.vertices, head.view, path.stem).items():
        written.append(path if name.endswith(".obj") else path.with_name(name))
        write_atomically(written[-1], data)
    return written


def mesh_bytes(head: HeadMesh, suffix: str) -> bytes:
    """The file that `save_mesh` writes, for those that send it elsewhere; suffix: .glb, .ply or .npz.

    An .obj is several files, see `obj_files`.
    """
    return _WRITERS[suffix](head)


def _glb(head: HeadMesh) -> bytes:
    look = looks(head.head_model, head.view)
    return write_glb(glb_mesh(head.head_model, head.parameters, look), head.stage)


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


_WRITERS = {".glb": _glb, ".ply": _ply, ".npz": _npz}
SUFFIXES = (".glb", ".obj", ".ply", ".npz")
FORMATS = tuple(suffix[1:] for suffix in SUFFIXES)
