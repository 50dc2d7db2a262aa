"""A head as Wavefront OBJ: the mesh, its materials (MTL) and their textures, files that name each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.glb import Material
from trans3dhead.inference.output.looks import Look, looks, triangles_of_parts
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.textures.view import View

_PNG = b"\x89PNG"
_GAMMA = 2.2  # MTL has colours as screens show them, `Material` has linear ones
_EDGE = 0.004  # of the eyes' texture: OBJ repeats what lies outside, where all is of the colour of its edge
_SHARPEST = 1000.0  # of MTL's exponents for highlights


@dataclass(frozen=True, eq=False)
class _Part:
    """The triangles of one material."""

    name: str
    look: Look
    triangles: np.ndarray  # (F, 3) vertices
    corners: np.ndarray | None  # (F, 3) rows of the file's texture coordinates


def obj_files(head_model: NumpyHeadModel, vertices: np.ndarray, view: View | None, stem: str) -> Mapping[str, bytes]:
    """The files by their names: textures, `stem`.mtl and, last of all, `stem`.obj.

    vertices: (V, 3) metres; they keep the head model's order, its triangles are grouped by skin, mouth and eyes. view:
    the head on its photograph, whose skin it then has. Raises ValueError for it where the head model has no texture
    coordinates.
    """
    parts, uvs = _parts(head_model, looks(head_model, view))
    files: dict[str, bytes] = {}
    names: dict[bytes, str] = {}  # a texture that two materials share is there once
    for part in parts:
        texture = part.look.material.texture
        if texture is not None and texture not in names:
            names[texture] = f"{stem}.{part.name}.{'png' if texture.startswith(_PNG) else 'jpg'}"
            files[names[texture]] = texture
    colours = vertex_colours(head_model, linear=False)
    materials = [line for part in parts for line in _material(part, names, colours)]
    files[f"{stem}.mtl"] = _text(["# trans3dhead", *materials])
    normals = vertex_normals(vertices, head_model.triangles)
    files[f"{stem}.obj"] = _text(
        [
            *("# trans3dhead: metres, y up, z out of the face", f"mtllib {stem}.mtl", "o head"),
            *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.tolist()),
            *(f"vt {u:.6f} {v:.6f}" for u, v in uvs.tolist()),
            *(f"vn {x:.5f} {y:.5f} {z:.5f}" for x, y, z in normals.tolist()),
            *(line for part in parts for line in _faces(part)),
        ]
    )
    return files


def _parts(head_model: NumpyHeadModel, found: Mapping[str, Look]) -> tuple[list[_Part], np.ndarray]:
    """The parts that have triangles, and (N, 2) texture coordinates of them all, part by part."""
    parts, uvs = [], np.zeros((0, 2))
    for name, (triangles, rows) in triangles_of_parts(head_model).items():
        if not len(triangles):
            continue
        look, corners = found[name], None
        if look.uvs is not None:
            own, index = np.unique(rows, return_inverse=True)
            corners = len(uvs) + index.reshape(-1, 3)
            added = look.uvs[own].clip(_EDGE, 1.0 - _EDGE) if name == "eyes" else look.uvs[own]
            uvs = np.concatenate((uvs, added))
        parts.append(_Part(name, look, triangles, corners))
    return parts, uvs


def _faces(part: _Part) -> Iterator[str]:
    yield f"g {part.name}"
    yield f"usemtl {part.name}"
    if part.corners is None:
        for corners in (part.triangles + 1).tolist():
            yield "f " + " ".join(f"{v}//{v}" for v in corners)
        return
    for corners, rows in zip((part.triangles + 1).tolist(), (part.corners + 1).tolist(), strict=True):
        yield "f " + " ".join(f"{v}/{t}/{v}" for v, t in zip(corners, rows, strict=True))


def _material(part: _Part, textures: Mapping[bytes, str], colours: np.ndarray) -> Iterator[str]:
    """colours: (V, 3) sRGB of the vertices, for what has no texture."""
    material: Material = part.look.material
    colour = np.array(material.colour) ** (1.0 / _GAMMA)
    if material.texture is None:
        colour = colour * colours[np.unique(part.triangles)].mean(axis=0) / 255.0
    gloss = 0.5 * (1.0 - material.roughness) ** 2
    exponent = min(2.0 / material.roughness**4 - 2.0, _SHARPEST)  # of the highlight of a surface that rough
    yield f"newmtl {material.name}"
    yield "Kd " + " ".join(f"{value:.4f}" for value in colour)
    yield f"Ks {gloss:.4f} {gloss:.4f} {gloss:.4f}"
    yield f"Ns {exponent:.2f}"
    yield f"Pr {material.roughness:.2f}"  # of those that know physical materials
    yield "illum 2"
    if material.texture is not None:
        yield f"map_Kd {textures[material.texture]}"


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
