"""The head model as one file for the page, which makes any head of it from the head's coefficients alone."""

import json
from typing import Any

import numpy as np
from safetensors.numpy import save

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.teeth import teeth_of
from trans3dhead.inference.output.looks import Look, looks
from trans3dhead.inference.output.neck import BELOW, RINGS, neck_end
from trans3dhead.inference.output.surface import Part, surface_of
from trans3dhead.inference.output.wireframe import shown_edges


def head_model_file(model: NumpyHeadModel) -> bytes:
    """A safetensors file of arrays and, as JSON in the entry "page" of its metadata, expression_names, neck and parts.

    - template (V, 3) float32 metres; shape_basis (S, V, 3) and expression_basis (E, V, 3) int16, of which a row counts
      times its entry of shape_scale (S,) and expression_scale (E,) float32: exact to a micrometre, in half the bytes
    - neck_opening (L,) int32, with the metadata's rings and metres below: how the page adds `NeckEnd.points`
    - teeth_arch (K, 3), teeth_shape_basis and so on as above, and teeth_corners (N, B), teeth_weights (N, B),
      teeth_offsets (N, 3): see `Teeth`; absent where the head model has none
    - triangles (F, 3) int32 of all V' vertices of the `Surface`; edges (N, 2) int32 that are drawn on the picture
    - corners (C,) int32 vertices, corner_triangles (F, 3) int32, corner_uvs (C, 2) float32, v down, corner_colours
      (C, 3) uint8, linear: what is drawn in 3D, part by part. The metadata says of each part its name, the first of
      its triangles and their count, its roughness, colour and texture
    - texture_0, ...: (B,) uint8, a PNG or JPEG file

    Raises ValueError for a head model with a jaw joint, which the page cannot turn.
    """
    if model.layout.jaw:
        raise ValueError(f"demo: expected a head model without a jaw joint, such as anny's, got {model.name!r}")
    shape, shape_scale = _in_16_bits(model.shape_basis)
    expression, expression_scale = _in_16_bits(model.expression_basis)
    end, look, surface = neck_end(model), looks(model, None), surface_of(model)
    textures = list(dict.fromkeys(part.material.texture for part in look.values() if part.material.texture))
    arrays = {
        "template": model.template.astype(np.float32),
        "shape_basis": shape,
        "shape_scale": shape_scale,
        "expression_basis": expression,
        "expression_scale": expression_scale,
        "neck_opening": np.array([] if end is None else end.opening, np.int32),
        **_teeth(model),
        "triangles": surface.triangles.astype(np.int32),
        "edges": shown_edges(model).astype(np.int32),
        **_corners(surface.parts, look),
        **{f"texture_{index}": np.frombuffer(file, np.uint8) for index, file in enumerate(textures)},
    }
    parts = _described(surface.parts, look, textures)
    told = {"expression_names": model.expression_names, "neck": {"rings": RINGS, "below": BELOW}, "parts": parts}
    return save(arrays, {"page": json.dumps(told)})  # one entry: of several the order, and so the bytes, would vary


def _teeth(model: NumpyHeadModel) -> dict[str, np.ndarray]:
    teeth = teeth_of(model)
    if teeth is None:
        return {}
    moves = np.zeros((model.layout.expression, *teeth.arch.shape), np.float32)
    moves[teeth.expressions] = teeth.expression_basis
    shape, shape_scale = _in_16_bits(teeth.shape_basis)
    expression, expression_scale = _in_16_bits(moves)
    return {
        "teeth_arch": teeth.arch,
        "teeth_shape_basis": shape,
        "teeth_shape_scale": shape_scale,
        "teeth_expression_basis": expression,
        "teeth_expression_scale": expression_scale,
        "teeth_corners": teeth.corners.astype(np.int32),
        "teeth_weights": teeth.weights,
        "teeth_offsets": teeth.offsets,
    }


def _in_16_bits(basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K, V, 3) -> the same as int16, and (K,) float32 times which its rows count."""
    scale = np.maximum(np.abs(basis).max(axis=(1, 2), initial=0.0), 1e-12) / np.iinfo(np.int16).max
    return np.round(basis / scale[:, None, None]).astype(np.int16), scale.astype(np.float32)


def _corners(parts: dict[str, Part], look: dict[str, Look]) -> dict[str, np.ndarray]:
    """What is drawn, the parts one after the other."""
    vertices, triangles, uvs, colours, count = [], [], [], [], 0
    for name, part in parts.items():
        white = np.full((len(part.vertices), 3), 255, np.uint8)
        of_vertex, at = look[name].colours, look[name].uvs
        colours.append(white if of_vertex is None else of_vertex[part.rows])
        uvs.append(np.zeros((len(white), 2)) if at is None else np.array([0, 1]) + at[part.rows] * (1, -1))
        vertices.append(part.vertices)
        triangles.append(part.triangles + count)
        count += len(white)
    return {
        "corners": np.concatenate(vertices).astype(np.int32),
        "corner_triangles": np.concatenate(triangles).astype(np.int32),
        "corner_uvs": np.concatenate(uvs).astype(np.float32),
        "corner_colours": np.concatenate(colours),
    }


def _described(parts: dict[str, Part], look: dict[str, Look], textures: list[bytes]) -> list[dict[str, Any]]:
    described, first = [], 0
    for name, part in parts.items():
        material, count = look[name].material, len(part.triangles)
        texture = None if material.texture is None else textures.index(material.texture)
        described.append(
            {"name": name, "first": first, "count": count, "roughness": material.roughness, "texture": texture}
            | {"colour": material.colour, "double_sided": material.double_sided}
        )
        first += count
    return described
