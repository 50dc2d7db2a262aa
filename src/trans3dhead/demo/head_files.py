"""The head model and single heads as bytes for the page."""

import json
from dataclasses import fields
from typing import Any

import numpy as np
from safetensors.numpy import save

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference import Parameters
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.mesh_files import HeadMesh, mesh_bytes
from trans3dhead.inference.output.wireframe import shown_edges


def head_model_file(model: NumpyHeadModel) -> bytes:
    """What the page makes any head of, from a head's parameters alone, as a safetensors file.

    template (V, 3), shape_basis (S, V, 3), expression_basis (E, V, 3) metres, float32; triangles (F, 3) and edges
    (N, 2) to be drawn, int32; colours (V, 3) uint8, linear; expression_names as JSON in its metadata.
    Raises ValueError for a head model with a jaw joint, which the page cannot turn.
    """
    if model.layout.jaw:
        raise ValueError(f"demo: expected a head model without a jaw joint, such as anny's, got {model.name!r}")
    arrays = {
        "template": model.template.astype(np.float32),
        "shape_basis": model.shape_basis.astype(np.float32),
        "expression_basis": model.expression_basis.astype(np.float32),
        "triangles": model.triangles.astype(np.int32),
        "edges": shown_edges(model).astype(np.int32),
        "colours": vertex_colours(model),
    }
    return save(arrays, {"name": model.name, "expression_names": json.dumps(model.expression_names)})


def glb_of_parameters(model: NumpyHeadModel, told: Any) -> bytes:
    """The "parameters" of `Head.to_json` -> the head as a GLB file. Raises ValueError for anything else."""
    vector = np.zeros(model.layout.size, np.float32)
    for name, part in model.layout.split(vector).items():
        part[:] = _numbers(told, name, len(part))
    parts = model.layout.split(model.clamped(vector))
    parameters = Parameters(**{f.name: parts[f.name] for f in fields(Parameters)})
    return mesh_bytes(HeadMesh(model, model.vertices(vector[None])[0], parameters, arrays={}), ".glb")


def _numbers(told: Any, name: str, count: int) -> np.ndarray:
    """(count,) of one of a head's parameters."""
    try:
        numbers = np.asarray(told[name], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"parameters: expected {count} numbers as {name!r}, got none") from error
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ValueError(f"parameters: expected {count} finite numbers as {name!r}, got shape {numbers.shape}")
    return numbers
