"""A GLB file read back by hand after the glTF 2.0 specification, whose rules are asserted on the way."""

import json
import struct
from typing import Any

import cv2
import numpy as np

COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
SIGNATURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963


class ParsedGLB:
    """Header, chunks, accessors and images."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        assert length % 4 == 0
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert size % 4 == 0
        self.json = json.loads(data[20 : 20 + size])
        binary, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        self.binary = data[28 + size :]
        assert len(self.binary) == binary == self.json["buffers"][0]["byteLength"]
        (self.mesh,) = self.json["meshes"]
        self._check_views()
        for part in self.mesh["primitives"]:
            self._check_primitive(part)

    def _check_views(self) -> None:
        """Aligned, inside of the buffer, and none over another."""
        end = 0
        for view in self.json["bufferViews"]:
            assert view["byteOffset"] % 4 == 0
            assert view["byteOffset"] >= end
            end = view["byteOffset"] + view["byteLength"]
        assert end <= len(self.binary)

    def _check_primitive(self, part: dict[str, Any]) -> None:
        count = len(self.accessor(part["attributes"]["POSITION"]))
        for index in part["attributes"].values():
            entry = self.json["accessors"][index]
            assert entry["count"] == count
            assert self.json["bufferViews"][entry["bufferView"]]["target"] == ARRAY_BUFFER
        indices = self.json["accessors"][part["indices"]]
        assert self.json["bufferViews"][indices["bufferView"]]["target"] == ELEMENT_ARRAY_BUFFER
        used = self.accessor(part["indices"])
        np.testing.assert_array_equal(np.unique(used), np.arange(count))  # all vertices are there for a triangle
        assert len(part.get("targets", ())) == len(self.mesh.get("weights", ()))
        for target in part.get("targets", ()):
            assert all(self.json["accessors"][index]["count"] == count for index in target.values())
            assert {"min", "max"} <= set(self.json["accessors"][target["POSITION"]])
        assert {"min", "max"} <= set(self.json["accessors"][part["attributes"]["POSITION"]])
        assert part["material"] < len(self.json["materials"])

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """The primitives by the names of their materials."""
        return {self.json["materials"][part["material"]]["name"]: part for part in self.mesh["primitives"]}

    def view(self, index: int, dtype: type, count: int, width: int) -> np.ndarray:
        view = self.json["bufferViews"][index]
        assert view["byteLength"] == count * width * np.dtype(dtype).itemsize
        return np.frombuffer(self.binary, dtype, count * width, view["byteOffset"]).reshape(count, width)

    def accessor(self, index: int) -> np.ndarray:
        entry = self.json["accessors"][index]
        dtype, width, count = COMPONENTS[entry["componentType"]], WIDTHS[entry["type"]], entry["count"]
        values = np.zeros((count, width), dtype)
        if "bufferView" in entry:
            values = self.view(entry["bufferView"], dtype, count, width)
        if "sparse" in entry:
            sparse = entry["sparse"]
            kind = COMPONENTS[sparse["indices"]["componentType"]]
            rows = self.view(sparse["indices"]["bufferView"], kind, sparse["count"], 1)[:, 0]
            assert 0 < sparse["count"] <= count
            assert (np.diff(rows.astype(int)) > 0).all()
            values[rows] = self.view(sparse["values"]["bufferView"], dtype, sparse["count"], width)
        if "min" in entry:
            np.testing.assert_array_equal(values.min(axis=0), np.float32(entry["min"]))
            np.testing.assert_array_equal(values.max(axis=0), np.float32(entry["max"]))
        return values

    def texture(self, name: str) -> np.ndarray:
        """(H, W, 3) uint8 RGB: the texture of a material."""
        (material,) = (m for m in self.json["materials"] if m["name"] == name)
        texture = self.json["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
        assert texture["sampler"] < len(self.json["samplers"])
        image = self.json["images"][texture["source"]]
        view = self.json["bufferViews"][image["bufferView"]]
        assert "target" not in view
        data = self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        assert data.startswith(SIGNATURES[image["mimeType"]])
        return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)

    def shape(self, name: str, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(N, 3) positions and normals of a part with its targets' weights, and (F, 3) its triangles."""
        part = self.parts[name]
        positions, normals = (self.accessor(part["attributes"][key]).astype(float) for key in ("POSITION", "NORMAL"))
        for weight, target in zip(weights, part["targets"], strict=True):
            positions = positions + weight * self.accessor(target["POSITION"])
            if "NORMAL" in target:
                normals = normals + weight * self.accessor(target["NORMAL"])
        return positions, normals, self.accessor(part["indices"]).reshape(-1, 3).astype(int)
