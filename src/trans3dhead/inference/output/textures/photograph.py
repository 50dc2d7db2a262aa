"""The skin of a head as its photograph shows it."""

from functools import lru_cache

import cv2
import numpy as np

from trans3dhead.geometry.meshes import triangle_areas
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.textures.atlas import atlas_of, enlarged
from trans3dhead.inference.output.textures.eyes import EYE_WHITE
from trans3dhead.inference.output.textures.skin import SKIN, away_from_neck, painted
from trans3dhead.inference.output.textures.view import View

_SEAM = 4.0  # pixels of the small texture over which what is seen fades into what is not
_ENOUGH = 0.3  # of the trust in a mirrored point, where nothing else is known
_WELL_SEEN = 0.7  # trust from which a vertex tells its neighbours' colour
_EACH = 3  # of those vertices every third is asked
_NEARBY = 0.01  # metres: vertices closer to each other than that share a colour
_SKIN_FAR, _HAIR_FAR = 0.05, 0.2  # metres from the seen face or scalp to where the mean skin is as likely
_HAIRLINE = 0.03  # metres from the scalp over which hair becomes skin, where neither is seen
_DIMMEST = 0.35  # of the painted eyes' lightness
_ABOUT_LIPS = 0.006  # metres about them where the skin's colour is not asked for
_LIP_EDGE = 4  # vertices from the inside of the mouth to where the photograph begins
_SHUT = 0.85  # of a blink: the eye is shut
_FOLDED, _HIDDEN = 1.2, 2.0  # times the area that skin has in a shut eye: shown well enough, not at all
_NECK = 0.05  # metres above the neck's opening where the photograph begins to fade


def photograph_skin(head_model: NumpyHeadModel, view: View) -> np.ndarray:
    """(S, S, 3) uint8 RGB, in the layout of `atlas_of`.

    What the camera sees is the photograph's. What it does not see is that of the mirrored point, if it sees that one,
    and else painted, in the colour of what is seen nearby. The inside of the mouth and the sockets are always painted.
    """
    shown = _shown(head_model)
    trust = shown * view.trust(head_model.triangles)
    mirror = head_model.mirror if head_model.has_mirror else np.arange(len(trust))
    points = (view.projected, view.projected[mirror], trust[:, None], (shown * trust[mirror])[:, None])
    maps = atlas_of(head_model).spread(np.hstack((*points, _colours(head_model, view, trust, mirror))))
    picture = _painted_in(head_model, maps[..., 6:])
    own, other = _feathered(maps[..., 4]), np.minimum(_feathered(maps[..., 5]) / _ENOUGH, 1.0)
    for at, share in ((maps[..., 2:4], other), (maps[..., :2], own)):
        x, y = cv2.split(enlarged(at - 0.5))
        sampled = cv2.remap(view.image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        picture = _blended(picture, sampled, share)
    return picture


def eye_light(head_model: NumpyHeadModel, view: View) -> float:
    """How light the white of the eyes is in the photograph, of that of the painted eyes, sRGB; at most 1."""
    marks = head_model.landmarks(view.projected)
    inside = np.zeros(view.image.shape[:2], np.uint8)
    for eye in (marks[36:42], marks[42:48]):
        cv2.fillPoly(inside, [np.round(eye - 0.5).astype(np.int32)], 1)
    seen = view.image[inside > 0]
    if not len(seen):
        return 1.0
    return float(np.clip(np.percentile(seen.mean(axis=1), 85) / EYE_WHITE.mean(), _DIMMEST, 1.0))


@lru_cache(maxsize=4)
def _shown(head_model: NumpyHeadModel) -> np.ndarray:
    """(V,) 1 where the photograph is laid on; 0 in the sockets, at the neck's end, in the mouth and on the edge of the
    lips, where teeth would be laid on them; and on the lids, which an open eye shows as a dark line.
    """
    shown = np.zeros(len(head_model.template))
    shown[head_model.subsets.get("skin", slice(None))] = 1.0
    inside = np.zeros(len(shown), dtype=bool)
    inside[head_model.subsets.get("mouth", [])] = True
    for _ in range(_LIP_EDGE):
        inside[head_model.triangles[inside[head_model.triangles].any(axis=1)]] = True
    shown[inside] = 0.0
    return shown * away_from_neck(head_model, _NECK) * _unfolded(head_model)


def _unfolded(head_model: NumpyHeadModel) -> np.ndarray:
    """(V,) 1 where the skin is as large in an open eye as in a shut one, 0 where it lies in the fold above it."""
    blinks = [index for index, name in enumerate(head_model.expression_names) if name.startswith("eyeBlink")]
    shut = head_model.template + _SHUT * head_model.expression_basis[blinks].sum(axis=0)
    grows = _area_about(head_model, shut) / np.maximum(_area_about(head_model, head_model.template), 1e-12)
    return 1.0 - np.clip((grows - _FOLDED) / (_HIDDEN - _FOLDED), 0.0, 1.0)


def _area_about(head_model: NumpyHeadModel, vertices: np.ndarray) -> np.ndarray:
    """(V,) the areas of each vertex's triangles together, square metres."""
    areas = triangle_areas(vertices, head_model.triangles)
    return np.bincount(head_model.triangles.T.ravel(), np.tile(areas, 3), len(vertices))


def _feathered(trust: np.ndarray) -> np.ndarray:
    """(M, M) the same with soft edges that lie inside of what is trusted."""
    inner = cv2.erode(trust, np.ones((3, 3), np.uint8), iterations=2)
    return cv2.GaussianBlur(inner, (0, 0), _SEAM)


def _colours(head_model: NumpyHeadModel, view: View, trust: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """(V, 3) sRGB 0..255: a colour for each vertex after what is seen nearby.

    What is seen of the scalp, so of hair, colours the scalp, and what is seen of the face all else.
    """
    face, scalp, hairy = _regions(head_model)
    known = trust > min(_WELL_SEEN, 0.5 * (trust * face).max())
    if not (known & face).any():
        return np.broadcast_to(SKIN, (len(trust), 3))
    mean = _lit(_seen_colours(view, np.flatnonzero(known & face)))
    both = []
    for part, far in ((face, _SKIN_FAR), (scalp, _HAIR_FAR)):
        seen = np.flatnonzero(known & part)[::_EACH]
        there = head_model.template[np.concatenate((seen, mirror[seen]))]
        both.append(_nearby(head_model.template, there, np.tile(_seen_colours(view, seen), (2, 1)), mean, far))
    colours = both[0] + hairy * (both[1] - both[0])
    colours = mean + away_from_neck(head_model, _NECK)[:, None] * (colours - mean)
    colours[head_model.subsets.get("mouth", [])] = SKIN
    return colours


@lru_cache(maxsize=4)
def _regions(head_model: NumpyHeadModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(V,) the face but for the lips; (V,) the scalp: skin that is neither face, ears nor neck; (V, 1) 0..1 how near
    the scalp is. A head model that does not tell these apart has no scalp, and all of it is face.
    """
    subsets, points = head_model.subsets, head_model.template
    face, scalp, hairy = np.ones(len(points), dtype=bool), np.zeros(len(points), dtype=bool), np.zeros(len(points))
    if {"skin", "face", "face_with_ears", "neck"} <= set(subsets):
        face = np.isin(np.arange(len(points)), subsets["face"])
        scalp[subsets["skin"]] = True
        scalp[subsets["face_with_ears"]] = scalp[subsets["neck"]] = False
        hairy = np.exp(-np.square(_distance(points, points[scalp]) / _HAIRLINE))
        hairy[subsets["ears"]] = 0.0
    face &= _distance(points, head_model.landmarks(points)[48:]) > _ABOUT_LIPS
    return face, scalp, hairy[:, None]


def _distance(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, 3), (K, 3) -> (N,) how far the nearest other one is."""
    return np.sqrt(np.min([np.square(points - other).sum(axis=1) for other in others], axis=0))


def _lit(colours: np.ndarray) -> np.ndarray:
    """(N, 3) of a face -> (3,) that of its skin: the median of the lighter half, without shadows, beard and hair."""
    lightness = colours.sum(axis=1)
    return np.median(colours[lightness >= np.median(lightness)], axis=0)


def _seen_colours(view: View, vertices: np.ndarray) -> np.ndarray:
    """(N, 3) the photograph's colours at some vertices, of a small neighbourhood."""
    soft = cv2.blur(view.image, (9, 9))
    last = np.array(soft.shape[1::-1]) - 1
    column, row = np.clip(view.projected[vertices].astype(int), 0, last).T
    return soft[row, column].astype(np.float32)


def _nearby(here: np.ndarray, there: np.ndarray, known: np.ndarray, mean: np.ndarray, far: float) -> np.ndarray:
    """(N, 3) colours at points after the known ones (K, 3) at others, weighted by distance; `mean` counts as if
    everything at the distance `far` had it.
    """
    squared = np.square(here).sum(axis=1)[:, None] - 2.0 * here @ there.T + np.square(there).sum(axis=1)
    near = 1.0 / np.square(np.maximum(squared, 0.0) + _NEARBY**2)
    else_ = max(len(there), 1) / 10.0 / (far**2 + _NEARBY**2) ** 2
    return (near @ known + else_ * mean) / (near.sum(axis=1, keepdims=True) + else_)


def _painted_in(head_model: NumpyHeadModel, colours: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8: the painted skin, with its brows and lips, in (M, M, 3) other colours."""
    return cv2.multiply(painted(head_model), enlarged(colours / SKIN), dtype=cv2.CV_8U)


def _blended(under: np.ndarray, over: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 twice and (M, M) the share of the second."""
    share = cv2.merge([np.clip(enlarged(share), 0.0, 1.0)] * 3)
    return cv2.add(cv2.multiply(under, 1.0 - share, dtype=cv2.CV_8U), cv2.multiply(over, share, dtype=cv2.CV_8U))
