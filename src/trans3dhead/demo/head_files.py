"""Single heads as files for the page to save."""

import base64
import json
from typing import Any

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference import Head, Parameters
from trans3dhead.inference.output.looks import looks
from trans3dhead.inference.output.mesh_files import HeadMesh, mesh_bytes


def glb_of_parameters(model: NumpyHeadModel, body: bytes) -> bytes:
    """The "parameters" of `Head.to_json` as JSON -> the head as a GLB file. Raises ValueError for anything else."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("parameters: expected those of a head as JSON, got something else") from error
    vector = np.zeros(model.layout.size, np.float32)
    for name, part in model.layout.split(vector).items():
        part[:] = _numbers(told, name, len(part))
    parameters = Parameters.of(model.clamped(vector), model.layout)
    return mesh_bytes(HeadMesh(model, model.vertices(vector[None])[0], parameters, arrays={}), ".glb")


def skin_of(head: Head, image: np.ndarray) -> dict[str, Any]:
    """The head's own skin on its photograph, (H, W, 3) uint8 RGB: "jpeg", in base64, takes the painted texture's place.

    "eyes" is the linear RGB that the texture of the eyes is multiplied by. Raises ValueError for a head model without
    texture coordinates.
    """
    look = looks(head.head_model, head.on_photograph(image))
    texture = look["skin"].material.texture or b""
    eyes = look["eyes"].material.colour if "eyes" in look else (1.0, 1.0, 1.0)
    return {"jpeg": base64.b64encode(texture).decode(), "eyes": [round(float(share), 4) for share in eyes]}


def _numbers(told: Any, name: str, count: int) -> np.ndarray:
    """(count,) of one of a head's parameters."""
    try:
        numbers = np.asarray(told[name], dtype=np.float32)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"parameters: expected {count} numbers as {name!r}, got none") from error
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ValueError(f"parameters: expected {count} finite numbers as {name!r}, got shape {numbers.shape}")
    return numbers
