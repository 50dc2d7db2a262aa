"""What an exported file says of itself, so that a program can use it without this package."""

import json
from collections.abc import Sequence
from typing import Any

import onnx

from trans3dhead import __version__
from trans3dhead.export.graph import INPUT
from trans3dhead.geometry.crops import TEST_MARGIN
from trans3dhead.geometry.face_square import FACE_SIDE
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.onnx_graphs import DESCRIPTION
from trans3dhead.networks.alignment import LoadedModel, config_to_dict

_FORMAT = 1
_OUTPUTS = {
    "landmarks": "(N, 68, 2) x, y in crop units: pixels of the crop / crop.size, x right, y down, (0, 0) the corner of "
    "the first pixel; 68 points in iBUG's order",
    "landmark_spread": "(N, 68) crop units: the standard deviation of x and of y of each landmark",
    "parameters": "(N, P) what `parameters` lists",
    "rotation": "(N, 3, 3) from head space to camera space",
    "euler": "(N, 3) degrees: pitch > 0 looks up, yaw > 0 turns the face to the image's left, roll > 0 is clockwise",
    "vertices": "(N, V, 3) metres, head space: x to the head's left, y up, z out of the face; not rotated",
    "projected": "(N, V, 2) crop units: the vertices in the crop",
    "mesh_landmarks": "(N, 68, 2) crop units: the 68 points of the head model on the projected mesh",
    "box": "(N, 4) x, y, width, height in crop units: the bounds of the projected head, without neck",
}
_PARAMETERS = {
    "shape": "standard deviations of the head model's components",
    "expression": "coefficients of the head model's expressions",
    "jaw": "axis-angle of the jaw joint, radians",
    "rotation": "two 3-vectors a, b; R from head space to camera space (x right, y down, z away) has the columns "
    "b1 = a/|a|, b2 = b3 × b1, b3 = (b1 × b)/|b1 × b|",
    "translation": "t of p = (max(s + 1, 1e-8) (R v)_xy + t_xy + 1) / 2, p in crop units, v in metres; z is unused",
    "scale": "s of the same",
}


def describe_network(
    loaded: LoadedModel, outputs: Sequence[str], head_model: HeadModel | None, precision: str
) -> dict[str, Any]:
    """The JSON block of an exported network with these outputs.

    head_model: the network's own, for the names of its expressions.
    """
    ranges = loaded.layout.ranges().items()
    parameters: dict[str, dict[str, Any]] = {
        name: {"start": start, "stop": stop, "meaning": _PARAMETERS[name]} for name, (start, stop) in ranges
    }
    if head_model is not None:
        parameters["expression"]["names"] = head_model.expression_names
        parameters["expression"]["bounds"] = head_model.metadata.expression_bounds
    return {
        "format": _FORMAT,
        "version": __version__,
        "network": config_to_dict(loaded.config),
        "head_model": {"name": loaded.head_model_name, "hash": loaded.head_model_hash},
        "crop": _crop(loaded),
        "input": {INPUT: "(N, size, size, 3) uint8 RGB; the normalisation is inside"},
        "outputs": {name: _OUTPUTS[name] for name in outputs},
        "parameters": parameters,
        "precision": precision,
        "metadata": dict(loaded.metadata),
    }


def _crop(loaded: LoadedModel) -> dict[str, Any]:
    if loaded.config.framing == "face":
        return {
            "size": loaded.crop_size,
            "framing": "face",
            "side": FACE_SIDE,
            "meaning": "the square about the mean of the head's own 68 points in space, without an expression; its "
            "side is so many times their root mean square distance from there, as large as that appears there; turned "
            "so that the head's y axis points up in it, scaled to size × size pixels; black outside of the photograph",
        }
    return {
        "size": loaded.crop_size,
        "framing": "head",
        "margin": TEST_MARGIN,
        "meaning": "the square about the centre of the head box [x, y, w, h] with side (1 + 2 margin) max(w, h), "
        "scaled to size × size pixels; black outside of the photograph",
    }


def set_description(model: onnx.ModelProto, description: dict[str, Any]) -> None:
    """Put the JSON block of `describe_network` or `describe_detector` into the file's metadata, in place of the old."""
    model.producer_name, model.producer_version = "trans3dhead", __version__
    del model.metadata_props[:]
    model.metadata_props.add(key=DESCRIPTION, value=json.dumps(description, ensure_ascii=False))
