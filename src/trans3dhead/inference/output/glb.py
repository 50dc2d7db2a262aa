"""A binary glTF 2.0 file (.glb) of one mesh with morph targets, as the specification of the Khronos Group says.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html: a 12-byte header, a JSON chunk, a binary chunk. glTF is
right-handed, metres, y up, +z out of the front: head space as it is. Texture v runs down, ours up.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_FLOAT, _UNSIGNED_INT, _UNSIGNED_SHORT, _UNSIGNED_BYTE = 5126, 5125, 5123, 5121  # component types
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True, eq=False)
class GLBMesh:
    """What goes into the file. One vertex for each distinct pair of position and texture coordinate."""

    positions: np.ndarray  # (N, 3) float32 metres
    normals: np.ndarray  # (N, 3) float32 unit
    triangles: np.ndarray  # (F, 3)
    uvs: np.ndarray | None = None  # (N, 2) float32, v up
    colours: np.ndarray | None = None  # (N, 3) uint8 linear RGB
    targets: Mapping[str, np.ndarray] = field(default_factory=dict)  # name -> (N, 3) offsets, metres
    weights: Mapping[str, float] = field(default_factory=dict)  # of the targets, as the file opens; the others 0


@dataclass(frozen=True, eq=False)
class GLBMotion:
    """How the mesh's node moves and its targets' weights change, from key to key linearly."""

    times: np.ndarray  # (K,) seconds, increasing
    rotations: np.ndarray  # (K, 4) unit quaternions x, y, z, w, of neighbours the one that is nearer
    translations: np.ndarray  # (K, 3) metres
    weights: np.ndarray  # (K, T) in the order of the mesh's targets


class _Buffer:
    """The binary chunk as it grows, with its views and accessors."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, array: np.ndarray, target: int | None = None) -> int:
        """Append an array, aligned to four bytes; the index of its view."""
        self.data += b"\0" * (-len(self.data) % 4)
        raw = np.ascontiguousarray(array).tobytes()
        entry = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(raw)}
        self.views.append(entry | ({"target": target} if target else {}))
        self.data += raw
        return len(self.views) - 1

    def accessor(self, array: np.ndarray, component: int, bounded: bool = False, **more: Any) -> int:
        """A dense accessor over an (N,) or (N, k) array; bounded: with the min and max that positions must have."""
        target = _ELEMENT_ARRAY_BUFFER if array.ndim == 1 else _ARRAY_BUFFER
        entry: dict[str, Any] = {
            "bufferView": self.view(array, target),
            "componentType": component,
            "count": len(array),
            "type": _KINDS[1 if array.ndim == 1 else array.shape[1]],
        }
        self.accessors.append(entry | (_bounds(array) if bounded else {}) | more)
        return len(self.accessors) - 1

    def keys(self, array: np.ndarray, component: int = _FLOAT, **more: Any) -> int:
        """An accessor over what an animation reads, which no vertex buffer holds."""
        width = 1 if array.ndim == 1 else array.shape[1]
        entry = {"bufferView": self.view(array), "componentType": component, "count": len(array), "type": _KINDS[width]}
        self.accessors.append(entry | more)
        return len(self.accessors) - 1

    def sparse(self, array: np.ndarray) -> int:
        """(N, 3) float32 of which most rows are zero: only the others are stored."""
        rows = np.flatnonzero(array.any(axis=1))
        entry: dict[str, Any] = {"componentType": _FLOAT, "count": len(array), "type": "VEC3"} | _bounds(array)
        if len(rows):  # a sparse accessor must hold at least one row; one without any data is all zeros
            small = len(array) <= 0xFFFF
            indices = rows.astype(np.uint16 if small else np.uint32)
            entry["sparse"] = {
                "count": len(rows),
                "indices": {
                    "bufferView": self.view(indices),
                    "componentType": _UNSIGNED_SHORT if small else _UNSIGNED_INT,
                },
                "values": {"bufferView": self.view(array[rows])},
            }
        self.accessors.append(entry)
        return len(self.accessors) - 1


def write_glb(
    mesh: GLBMesh, name: str, extras: Mapping[str, Any] | None = None, motion: GLBMotion | None = None
) -> bytes:
    """The file's bytes. Morph targets move positions alone (a viewer keeps or recomputes the normals).

    name: of the node and the mesh; extras: the application's own JSON, put beside the targets' names; motion: one
    animation of the whole.
    """
    buffer = _Buffer()
    attributes = _attributes(mesh, buffer)
    primitive: dict[str, Any] = {
        "attributes": attributes,
        "indices": buffer.accessor(mesh.triangles.reshape(-1).astype(np.uint32), _UNSIGNED_INT),
        "material": 0,
    }
    described: dict[str, Any] = {"name": name, "primitives": [primitive], "extras": dict(extras or {})}
    if mesh.targets:
        offsets = (np.asarray(array, dtype=np.float32) for array in mesh.targets.values())
        primitive["targets"] = [{"POSITION": buffer.sparse(array)} for array in offsets]
        described["weights"] = [float(mesh.weights.get(target, 0.0)) for target in mesh.targets]
        described["extras"]["targetNames"] = list(mesh.targets)  # where viewers and importers look for the names
    node: dict[str, Any] = {"mesh": 0, "name": name}
    animations = {} if motion is None else {"animations": [_animation(motion, buffer)]}
    if motion is not None:
        node |= {"rotation": motion.rotations[0].tolist(), "translation": motion.translations[0].tolist()}
    buffer.data += b"\0" * (-len(buffer.data) % 4)
    document = {
        "asset": {"version": "2.0", "generator": "trans3dhead"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [node],
        "meshes": [described],
        "materials": [_material(plain=mesh.colours is None)],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
        **animations,
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = _chunk(_JSON_CHUNK, text) + _chunk(_BINARY_CHUNK, bytes(buffer.data))
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def _attributes(mesh: GLBMesh, buffer: _Buffer) -> dict[str, int]:
    attributes = {
        "POSITION": buffer.accessor(np.asarray(mesh.positions, np.float32), _FLOAT, bounded=True),
        "NORMAL": buffer.accessor(np.asarray(mesh.normals, np.float32), _FLOAT),
    }
    if mesh.uvs is not None:
        down = np.column_stack((mesh.uvs[:, 0], 1.0 - mesh.uvs[:, 1])).astype(np.float32)
        attributes["TEXCOORD_0"] = buffer.accessor(down, _FLOAT)
    if mesh.colours is not None:  # four bytes each: an element of a vertex attribute begins on a multiple of four
        opaque = np.column_stack((mesh.colours, np.full(len(mesh.colours), 255))).astype(np.uint8)
        attributes["COLOR_0"] = buffer.accessor(opaque, _UNSIGNED_BYTE, normalized=True)
    return attributes


def _animation(motion: GLBMotion, buffer: _Buffer) -> dict[str, Any]:
    """Three channels of node 0 with the same times."""
    times = motion.times.astype(np.float32)
    keys = buffer.keys(times, min=[float(times.min())], max=[float(times.max())])
    outputs = {
        "rotation": buffer.keys(motion.rotations.astype(np.float32)),
        "translation": buffer.keys(motion.translations.astype(np.float32)),
    }
    if motion.weights.size:
        outputs["weights"] = _weights(motion.weights.reshape(-1), buffer)
    return {
        "name": "take",
        "samplers": [{"input": keys, "output": output, "interpolation": "LINEAR"} for output in outputs.values()],
        "channels": [{"sampler": i, "target": {"node": 0, "path": path}} for i, path in enumerate(outputs)],
    }


def _weights(weights: np.ndarray, buffer: _Buffer) -> int:
    """(K · T,) the weights of one key after the other; two bytes each where all are within 0..1, else four."""
    if weights.min() < 0.0 or weights.max() > 1.0:
        return buffer.keys(weights.astype(np.float32))
    return buffer.keys(np.round(weights * 65535).astype(np.uint16), _UNSIGNED_SHORT, normalized=True)


def _material(plain: bool) -> dict[str, Any]:
    """A matte surface; the colour is the vertices', or a light clay where they have none."""
    colour = [0.61, 0.50, 0.44, 1.0] if plain else [1.0, 1.0, 1.0, 1.0]
    surface = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": 0.55}
    return {"name": "head", "pbrMetallicRoughness": surface, "doubleSided": True}


def _bounds(array: np.ndarray) -> dict[str, list[float]]:
    return {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}


def _chunk(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", len(data), kind) + data
