"""Single heads as files for the page to save."""

import base64
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference import Head, Parameters
from trans3dhead.inference.output.glb import write_glb
from trans3dhead.inference.output.head_glb import glb_mesh
from trans3dhead.inference.output.looks import Look, looks
from trans3dhead.reading.checked_json import read_json

_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]  # far beyond any head's; what is made of it stays finite
_REMEDY = 'send the "parameters" of a head, as the answer to its photograph has them'


def glb_of_parameters(model: NumpyHeadModel, body: bytes) -> bytes:
    """The "parameters" of `Head.to_json` as JSON -> the head as a GLB file. Raises ValueError for anything else."""
    told = read_json(body, dict[str, list[_Number]], "parameters", remedy=_REMEDY)
    vector = np.zeros(model.layout.size, np.float32)
    for name, part in model.layout.split(vector).items():
        numbers = told.get(name, [])
        if len(numbers) != len(part):
            raise ValueError(f"parameters: $.{name}: expected {len(part)} numbers, got {len(numbers)}; {_REMEDY}")
        part[:] = numbers
    return write_glb(glb_mesh(model, Parameters.of(model.clamped(vector), model.layout)))


def glb_and_skin(head: Head, image: np.ndarray) -> tuple[bytes, dict[str, Any]]:
    """The GLB file that `head.save` writes with its photograph, and the same skin as `skin_of` has it, made once."""
    look = _own_look(head, image)
    return write_glb(glb_mesh(head.head_model, head.parameters, look)), _skin(look)


def skin_of(head: Head, image: np.ndarray) -> dict[str, Any]:
    """The head's own skin on its photograph, (H, W, 3) uint8 RGB: "jpeg", in base64, takes the painted texture's place.

    "eyes" is the linear RGB that the texture of the eyes is multiplied by. Raises ValueError for a head model without
    texture coordinates.
    """
    return _skin(_own_look(head, image))


def _own_look(head: Head, image: np.ndarray) -> dict[str, Look]:
    return looks(head.head_model, head.on_photograph(image))


def _skin(look: dict[str, Look]) -> dict[str, Any]:
    texture = look["skin"].material.texture or b""
    eyes = look["eyes"].material.colour if "eyes" in look else (1.0, 1.0, 1.0)
    return {"jpeg": base64.b64encode(texture).decode(), "eyes": [round(float(share), 4) for share in eyes]}
