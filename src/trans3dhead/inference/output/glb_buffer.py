"""The binary chunk of a GLB file as it grows, with the bufferViews and accessors that say what is in it."""

from typing import Any

import numpy as np

FLOAT, UNSIGNED_INT, UNSIGNED_SHORT, UNSIGNED_BYTE = 5126, 5125, 5123, 5121  # component types
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


class GLBBuffer:
    """One buffer."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def pad(self) -> int:
        """Fill up to a multiple of four bytes; how many there are then."""
        self.data += b"\0" * (-len(self.data) % 4)
        return len(self.data)

    def view(self, content: np.ndarray | bytes, target: int | None = None) -> int:
        """Append an array or a file, aligned to four bytes; the index of its view."""
        raw = content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
        entry = {"buffer": 0, "byteOffset": self.pad(), "byteLength": len(raw)}
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

    def keys(self, array: np.ndarray, component: int = FLOAT, **more: Any) -> int:
        """An accessor over what an animation reads, which no vertex buffer holds."""
        kind = _KINDS[1 if array.ndim == 1 else array.shape[1]]
        entry = {"bufferView": self.view(array), "componentType": component, "count": len(array), "type": kind}
        self.accessors.append(entry | more)
        return len(self.accessors) - 1

    def sparse(self, array: np.ndarray, bounded: bool = False) -> int:
        """(N, 3) float32 of which most rows are zero: only the others are stored."""
        rows = np.flatnonzero(array.any(axis=1))
        entry: dict[str, Any] = {"componentType": FLOAT, "count": len(array), "type": "VEC3"}
        if len(rows):  # a sparse accessor must hold at least one row; one without any data is all zeros
            small = len(array) <= 0xFFFF
            indices = rows.astype(np.uint16 if small else np.uint32)
            entry["sparse"] = {
                "count": len(rows),
                "indices": {
                    "bufferView": self.view(indices),
                    "componentType": UNSIGNED_SHORT if small else UNSIGNED_INT,
                },
                "values": {"bufferView": self.view(array[rows])},
            }
        self.accessors.append(entry | (_bounds(array) if bounded else {}))
        return len(self.accessors) - 1


def _bounds(array: np.ndarray) -> dict[str, list[float]]:
    return {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}
