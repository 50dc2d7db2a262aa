"""The skin that a head has without a photograph: painted by code, on the head model's mean shape."""

from functools import lru_cache

import cv2
import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.images import encode_jpeg
from trans3dhead.inference.output.neck import neck_end
from trans3dhead.inference.output.textures.atlas import MAP_SIDE, atlas_of, enlarged
from trans3dhead.inference.output.textures.face_marks import face_marks

# sRGB
SKIN = np.array([222.0, 176.0, 150.0], np.float32)
_BLOOD = (204.0, 108.0, 96.0)  # what blush tends to
_LIPS, _HAIR = (190.0, 118.0, 108.0), (66.0, 46.0, 34.0)
_MOUTH, _THROAT = (178.0, 94.0, 92.0), (46.0, 18.0, 18.0)

_THROAT_DEPTH = 0.065  # metres from the lips to where no light comes
_CALM = 0.03  # metres from the neck's opening within which the skin comes to be of one colour
_QUALITY = 90  # of the JPEG


def paint_skin(head_model: NumpyHeadModel, skin: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 RGB, in the layout of `atlas_of`; skin: (3,) its mean colour, sRGB 0..255."""
    away = away_from_neck(head_model, _CALM)
    maps = atlas_of(head_model).spread(np.column_stack((head_model.template, away)))
    at, away = maps[..., :3], maps[..., 3]
    base = np.full_like(at, skin)
    _mix(base, _BLOOD, _blush(head_model, at))
    base *= 1.0 + (_blotches() * away)[..., None]
    flesh, inside = _mouth(head_model, at)
    _mix(base, flesh, inside)
    picture = enlarged(np.clip(base, 0.0, 255.0).astype(np.uint8))
    marks = face_marks(head_model).at(enlarged(at))
    outside = enlarged(1.0 - inside)  # the tongue is no lip
    for colour, share in zip((_LIPS, _HAIR), marks, strict=True):
        seen = np.nonzero(share)
        part = picture[seen].astype(np.float32)
        _mix(part, colour, outside[seen] * share[seen] / 255.0)
        picture[seen] = part
    return picture


@lru_cache(maxsize=4)
def plain_texture(head_model: NumpyHeadModel) -> bytes:
    """The painted skin as a JPEG file."""
    return encode_texture(painted(head_model))


@lru_cache(maxsize=4)
def painted(head_model: NumpyHeadModel) -> np.ndarray:
    """The painted skin, of the colour `SKIN`. Not to be changed."""
    return paint_skin(head_model, SKIN)


def encode_texture(picture: np.ndarray) -> bytes:
    """(S, S, 3) uint8 RGB -> a JPEG file."""
    return encode_jpeg(picture, _QUALITY)


def away_from_neck(head_model: NumpyHeadModel, reach: float) -> np.ndarray:
    """(V,) 0 at the neck's opening, 1 from `reach` metres away from it: the texture's border is drawn out there."""
    end, points = neck_end(head_model), head_model.template
    if end is None:
        return np.ones(len(points), np.float32)
    far = np.min([np.square(points - point).sum(axis=1) for point in points[end.opening]], axis=0)
    return np.clip(np.sqrt(far) / reach, 0.0, 1.0)


def _mix(picture: np.ndarray, colour: np.ndarray | tuple[float, ...], share: np.ndarray) -> None:
    """Lay a colour over a picture in place, as far as share is more than 0."""
    picture += share[..., None].astype(np.float32) * (np.asarray(colour, np.float32) - picture)


def _blotches() -> np.ndarray:
    """(M, M) about 0: skin is lighter and darker in places, and has pores."""
    random = np.random.default_rng(3)
    share = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    for cells, strength in ((24, 0.010), (90, 0.008), (MAP_SIDE, 0.016)):
        noise = random.normal(0.0, strength, (cells, cells)).astype(np.float32)
        share += cv2.resize(noise, share.shape, interpolation=cv2.INTER_CUBIC)
    return share


def _blush(head_model: NumpyHeadModel, at: np.ndarray) -> np.ndarray:
    """(M, M) how red the skin is: cheeks, tip of the nose, chin and ears."""
    marks = head_model.landmarks(head_model.template)
    cheeks = [0.5 * (marks[corner] + marks[side]) for corner, side in ((36, 3), (45, 13))]
    spots = [(cheek, 0.022, 0.20) for cheek in cheeks] + [(marks[33], 0.013, 0.20), (marks[8], 0.014, 0.10)]
    if "ears" in head_model.subsets:
        ears = head_model.template[head_model.subsets["ears"]]
        spots += [(ears[side].mean(axis=0), 0.022, 0.22) for side in (ears[:, 0] > 0, ears[:, 0] <= 0)]
    share = np.zeros(at.shape[:2], np.float32)
    for middle, width, strength in spots:
        distance = sum(np.square(at[..., i] - np.float32(middle[i])) for i in range(3))
        near = distance < (3.0 * width) ** 2
        share[near] = np.maximum(share[near], strength * np.exp(distance[near] / (-2.0 * width**2)))
    return share


def _mouth(head_model: NumpyHeadModel, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, M, 3) the colour of the inside of the mouth, darker the deeper it lies, and (M, M) what is inside."""
    inside = np.zeros((len(head_model.template), 1))
    inside[head_model.subsets.get("mouth", [])] = 1.0
    front = head_model.landmarks(head_model.template)[48:, 2].max()
    depth = np.clip((front - at[..., 2:]) / _THROAT_DEPTH, 0.0, 1.0)
    return np.array(_MOUTH) + depth * (np.array(_THROAT) - _MOUTH), atlas_of(head_model).spread(inside)[..., 0]
