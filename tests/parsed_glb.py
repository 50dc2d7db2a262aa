"""A GLB file read by hand after the glTF 2.0 specification."""

import json
import struct

import numpy as np

COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class ParsedGLB:
    """Header, chunks and accessors, with the specification's rules asserted on the way."""

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

    def view(self, index: int, dtype: type, count: int, width: int) -> np.ndarray:
        view = self.json["bufferViews"][index]
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] == count * width * np.dtype(dtype).itemsize
        assert view["byteOffset"] + view["byteLength"] <= len(self.binary)
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
