"""A binary glTF 2.0 file (.glb) of one mesh with materials and morph targets, as the Khronos Group specifies it.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html: a 12-byte header, a JSON chunk, a binary chunk. glTF is
right-handed, metres, y up, +z out of the front: head space as it is. Texture v runs down, ours up.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trans3dhead.geometry.matrices import quaternion_from_matrix
from trans3dhead.inference.output.glb_buffer import FLOAT, UNSIGNED_BYTE, UNSIGNED_INT, GLBBuffer
from trans3dhead.inference.output.glb_motion import Motion, animation

_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_LINEAR, _LINEAR_MIPMAP_LINEAR, _CLAMP_TO_EDGE = 9729, 9987, 33071
_NEAR, _FAR = 0.01, 10.0  # metres before the camera
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}  # the two kinds that glTF knows


@dataclass(frozen=True, eq=False)
class Material:
    """How a surface looks: its colour times the texture's times the vertices'."""

    name: str
    roughness: float  # 0 a mirror, 1 chalk
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)  # linear RGB
    texture: bytes | None = None  # a PNG or JPEG file, sRGB
    double_sided: bool = True  # whether triangles are seen from behind


@dataclass(frozen=True, eq=False)
class Target:
    """What a morph target of weight one adds to a primitive's vertices."""

    positions: np.ndarray  # (N, 3) metres
    normals: np.ndarray | None = None  # (N, 3); None: a viewer keeps those of the neutral shape


@dataclass(frozen=True, eq=False)
class Primitive:
    """A part of the mesh of one material. One vertex for each distinct pair of position and texture coordinate."""

    positions: np.ndarray  # (N, 3) metres
    normals: np.ndarray  # (N, 3) unit
    triangles: np.ndarray  # (F, 3)
    material: Material
    uvs: np.ndarray | None = None  # (N, 2), v up
    colours: np.ndarray | None = None  # (N, 3) uint8 linear RGB
    targets: Sequence[Target] = ()  # one for each of the mesh's target names, in their order


@dataclass(frozen=True, eq=False)
class Mesh:
    """What goes into the file."""

    name: str
    primitives: Sequence[Primitive]
    target_names: Sequence[str] = ()
    weights: Mapping[str, float] = field(default_factory=dict)  # of the targets, as the file opens; the others 0
    extras: Mapping[str, Any] = field(default_factory=dict)  # the application's own JSON, beside the targets' names


@dataclass(frozen=True, eq=False)
class Stage:
    """Where the mesh stands before a camera at the origin that looks along -z, y up, without perspective."""

    rotation: np.ndarray  # (3, 3)
    translation: np.ndarray  # (3,) metres
    width: float  # metres: of what the camera sees
    height: float  # metres


def write_glb(mesh: Mesh, stage: Stage | None = None, motion: Motion | None = None) -> bytes:
    """The file's bytes; without a stage the mesh lies at the origin, and no camera is there. motion: one animation.

    Raises ValueError unless every primitive has all the targets, and for a stage and a motion, which both place it.
    """
    if stage is not None and motion is not None:
        raise ValueError("write_glb: expected a stage or a motion, got both")
    _check_targets(mesh)
    buffer = GLBBuffer()
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "trans3dhead"},
        **_scene(mesh.name, stage),
        **({} if motion is None else {"animations": [animation(motion, buffer)]}),
        "meshes": [_mesh(mesh, buffer)],
        **_materials([part.material for part in mesh.primitives], buffer),
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.pad()}],
    }
    if motion is not None:  # where the first key has it, for viewers that do not move it
        first = {"rotation": motion.rotations[0].tolist(), "translation": motion.translations[0].tolist()}
        document["nodes"][0] |= first
    return _container(document, bytes(buffer.data))


def _check_targets(mesh: Mesh) -> None:
    for part in mesh.primitives:
        if len(part.targets) != len(mesh.target_names):
            raise ValueError(
                f"{part.material.name}: expected {len(mesh.target_names)} targets, one a name, got {len(part.targets)}"
            )


def _container(document: dict[str, Any], data: bytes) -> bytes:
    """The file: a header, the document as JSON, and the buffer, both of whole four bytes."""
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = _chunk(_JSON_CHUNK, text) + _chunk(_BINARY_CHUNK, data)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def _scene(name: str, stage: Stage | None) -> dict[str, Any]:
    """The nodes: the mesh, and on a stage the camera."""
    node: dict[str, Any] = {"mesh": 0, "name": name}
    if stage is None:
        return {"scene": 0, "scenes": [{"nodes": [0]}], "nodes": [node]}
    quaternion = quaternion_from_matrix(np.asarray(stage.rotation, np.float64)).tolist()
    node |= {"rotation": quaternion, "translation": [float(value) for value in stage.translation]}
    lens = {"xmag": stage.width / 2, "ymag": stage.height / 2, "znear": _NEAR, "zfar": _FAR}
    return {
        "scene": 0,
        "scenes": [{"nodes": [0, 1]}],
        "nodes": [node, {"camera": 0, "name": "camera"}],
        "cameras": [{"type": "orthographic", "name": "photograph", "orthographic": lens}],
    }


def _mesh(mesh: Mesh, buffer: GLBBuffer) -> dict[str, Any]:
    parts = [_primitive(part, number, buffer) for number, part in enumerate(mesh.primitives)]
    described: dict[str, Any] = {"name": mesh.name, "primitives": parts, "extras": dict(mesh.extras)}
    if mesh.target_names:
        described["weights"] = [float(mesh.weights.get(name, 0.0)) for name in mesh.target_names]
        described["extras"]["targetNames"] = list(mesh.target_names)  # where viewers and importers look for the names
    return described


def _primitive(part: Primitive, material: int, buffer: GLBBuffer) -> dict[str, Any]:
    attributes = {
        "POSITION": buffer.accessor(np.asarray(part.positions, np.float32), FLOAT, bounded=True),
        "NORMAL": buffer.accessor(np.asarray(part.normals, np.float32), FLOAT),
    }
    if part.uvs is not None:
        down = np.column_stack((part.uvs[:, 0], 1.0 - part.uvs[:, 1])).astype(np.float32)
        attributes["TEXCOORD_0"] = buffer.accessor(down, FLOAT)
    if part.colours is not None:  # four bytes each: an element of a vertex attribute begins on a multiple of four
        opaque = np.column_stack((part.colours, np.full(len(part.colours), 255))).astype(np.uint8)
        attributes["COLOR_0"] = buffer.accessor(opaque, UNSIGNED_BYTE, normalized=True)
    indices = buffer.accessor(part.triangles.reshape(-1).astype(np.uint32), UNSIGNED_INT)
    described: dict[str, Any] = {"attributes": attributes, "indices": indices, "material": material}
    if part.targets:
        described["targets"] = [_target(target, buffer) for target in part.targets]
    return described


def _target(target: Target, buffer: GLBBuffer) -> dict[str, int]:
    described = {"POSITION": buffer.sparse(np.asarray(target.positions, np.float32), bounded=True)}
    if target.normals is not None:
        described["NORMAL"] = buffer.sparse(np.asarray(target.normals, np.float32))
    return described


def _materials(materials: Sequence[Material], buffer: GLBBuffer) -> dict[str, Any]:
    """The lists of materials, and of textures and images where a material has one."""
    described: list[dict[str, Any]] = []
    images: dict[bytes, int] = {}  # an image that two materials share is there once
    for material in materials:
        colour = [*material.colour, 1.0]
        surface = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": material.roughness}
        if material.texture is not None:
            surface["baseColorTexture"] = {"index": images.setdefault(material.texture, len(images))}
        sides = {"doubleSided": True} if material.double_sided else {}
        described.append({"name": material.name, "pbrMetallicRoughness": surface} | sides)
    if not images:
        return {"materials": described}
    sampler = {"magFilter": _LINEAR, "minFilter": _LINEAR_MIPMAP_LINEAR}
    return {
        "materials": described,
        "textures": [{"source": index, "sampler": 0} for index in images.values()],
        "samplers": [sampler | {"wrapS": _CLAMP_TO_EDGE, "wrapT": _CLAMP_TO_EDGE}],
        "images": [{"bufferView": buffer.view(data), "mimeType": _mime_type(data)} for data in images],
    }


def _mime_type(image: bytes) -> str:
    for signature, name in _SIGNATURES.items():
        if image.startswith(signature):
            return name
    raise ValueError(f"texture: expected the bytes of a PNG or JPEG file, got a file that begins with {image[:8]!r}")


def _chunk(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", len(data), kind) + data
