"""Colours for exported meshes: skin, and eyes with an iris, from geometry alone (no texture is needed)."""

import numpy as np

from trans3dhead.head_model import NumpyHeadModel

# sRGB
_SKIN, _MOUTH = (214, 170, 148), (150, 82, 78)
_EYE_WHITE, _IRIS, _PUPIL = (236, 232, 226), (92, 74, 58), (18, 15, 14)
_PUPIL_ANGLE, _IRIS_ANGLE = 0.22, 0.52  # radians from the eye's axis, as seen from its centre


def vertex_colours(head_model: NumpyHeadModel, linear: bool = True) -> np.ndarray:
    """(V, 3) uint8; linear light, as glTF has vertex colours, or sRGB, as PLY viewers expect them."""
    template = head_model.template
    colours = np.tile(np.array(_SKIN, dtype=np.float64), (len(template), 1))
    if "mouth" in head_model.subsets:  # its interior
        colours[head_model.subsets["mouth"]] = _MOUTH
    if "eyes" in head_model.subsets:
        eyes = head_model.subsets["eyes"]
        for side in (template[eyes, 0] > 0, template[eyes, 0] <= 0):
            if side.any():
                colours[eyes[side]] = _eye(template[eyes[side]])
    if linear:
        unit = colours / 255.0  # from here the transfer function of sRGB, IEC 61966-2-1
        colours = 255.0 * np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    return np.round(colours).astype(np.uint8)


def _eye(points: np.ndarray) -> np.ndarray:
    """(N, 3) vertices of one eyeball that looks along +z -> (N, 3) sRGB."""
    offset = points - (points.min(axis=0) + points.max(axis=0)) / 2
    angle = np.arccos(np.clip(offset[:, 2] / np.maximum(np.linalg.norm(offset, axis=1), 1e-9), -1.0, 1.0))
    colours = np.tile(np.array(_EYE_WHITE, dtype=np.float64), (len(points), 1))
    colours[angle < _IRIS_ANGLE] = _IRIS
    colours[angle < _PUPIL_ANGLE] = _PUPIL
    return colours
