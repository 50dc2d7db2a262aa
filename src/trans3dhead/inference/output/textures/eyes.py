"""The texture of eyeballs, and where their vertices lie in it."""

from functools import lru_cache

import cv2
import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.images import draw_line, encode_png

_SIDE = 256  # pixels of the texture
_REACH = 1.05  # radii of the eyeball from the texture's middle to its side
_IRIS, _PUPIL = 0.0059, 0.0021  # metres: radii; people's irises are 11.8 mm across, whatever the eyeball's size
_FINER = 2  # painted this many times as large, then made smaller: edges are then smooth
EYE_WHITE, _VEIN = np.array([232.0, 226.0, 220.0]), np.array([214.0, 168.0, 158.0])  # sRGB
_OUTER, _MIDDLE, _INNER = np.array([62.0, 44.0, 33.0]), np.array([92.0, 64.0, 44.0]), np.array([124.0, 88.0, 54.0])
_BLACK = np.array([12.0, 10.0, 10.0])


@lru_cache(maxsize=4)
def eye_uvs(head_model: NumpyHeadModel) -> np.ndarray:
    """(V, 2) texture coordinates, v up; those of vertices that are not in the subset "eyes" mean nothing.

    A vertex lies in the texture as an eye that looks along +z is seen from the front: round things stay round. What is
    behind the widest ring lies outside of the texture, where all is white.
    """
    uvs = np.full((len(head_model.template), 2), 0.5)
    for eye in _eyeballs(head_model):
        offset = head_model.template[eye] - _centre(head_model.template[eye])
        radius = np.linalg.norm(offset, axis=1).mean()
        flat = offset[:, :2] / radius
        across = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        behind = offset[:, 2:] < 0
        flat = np.where(behind, flat / across * (2.0 - across), flat)
        uvs[eye] = 0.5 + 0.5 * flat / _REACH
    return uvs


@lru_cache(maxsize=4)
def eye_texture(head_model: NumpyHeadModel) -> bytes:
    """A PNG file: white with faint vessels, a limbal ring, a brown iris and the pupil."""
    eye = head_model.template[_eyeballs(head_model)[0]]
    radius = float(np.linalg.norm(eye - _centre(eye), axis=1).mean())
    side = _SIDE * _FINER
    at = (np.arange(side, dtype=np.float32) + 0.5) / side * 2.0 - 1.0
    x, y = np.meshgrid(at, at)
    across = np.hypot(x, y) * _REACH * radius  # metres from the eye's axis
    angle = np.arctan2(y, x)
    picture = _white(across / radius, side)
    iris = _iris(across / _IRIS, angle)
    inside = np.clip((_IRIS - across) / 0.0003 + 0.5, 0.0, 1.0)[..., None]  # the limbus is soft
    pupil = np.clip((_PUPIL - across) / 0.0001 + 0.5, 0.0, 1.0)[..., None]
    picture = picture + inside * (iris - picture)
    picture = picture + pupil * (_BLACK - picture)
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return encode_png(np.round(small).astype(np.uint8))


def _white(across: np.ndarray, side: int) -> np.ndarray:
    """(S, S) radii from the middle -> (S, S, 3): redder away from the iris, with thin vessels that run towards it."""
    random = np.random.default_rng(7)
    vessels = np.zeros((side, side), np.uint8)
    for angle in random.uniform(0.0, 2.0 * np.pi, 36):
        turns = angle + np.cumsum(random.normal(0.0, 0.03, 14))
        radii = np.linspace(1.0, random.uniform(0.55, 0.8), 14) * 0.5 * side / _REACH
        points = 0.5 * side + radii[:, None] * np.column_stack((np.cos(turns), np.sin(turns)))
        draw_line(vessels, points, (255, 255, 255))
    red = 0.45 * cv2.GaussianBlur(vessels, (0, 0), 1.0).astype(np.float32) / 255.0
    red = np.maximum(red, 0.8 * np.clip((across - 0.55) / 0.6, 0.0, 1.0) ** 1.5)[..., None]
    return EYE_WHITE + red * (_VEIN - EYE_WHITE)


def _iris(across: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(S, S) radii in units of the iris' own, and angles -> (S, S, 3): fibres from a light ring to the dark limbus."""
    random = np.random.default_rng(11)
    fibres = cv2.GaussianBlur(random.normal(0.0, 1.0, (24, 360)), (0, 0), sigmaX=0.9, sigmaY=5.0)  # radius, angle
    fibres = np.concatenate((fibres, fibres[:, :1]), axis=1).astype(np.float32)
    column, row = (angle / np.pi + 1.0) * 180.0, np.clip(across, 0.0, 1.0) * 23.0
    light = cv2.remap(fibres, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)
    rows = zip(_INNER, _MIDDLE, _OUTER, _OUTER * 0.75, strict=True)
    colour = np.stack([np.interp(across, (0.42, 0.62, 0.92, 1.0), row) for row in rows], axis=-1)
    return colour * (1.0 + 0.9 * light[..., None])


def _eyeballs(head_model: NumpyHeadModel) -> list[np.ndarray]:
    """The vertices of each eye."""
    eyes = head_model.subsets["eyes"]
    left = head_model.template[eyes, 0] > 0
    return [eyes[side] for side in (left, ~left) if side.any()]


def _centre(points: np.ndarray) -> np.ndarray:
    return (points.min(axis=0) + points.max(axis=0)) / 2
