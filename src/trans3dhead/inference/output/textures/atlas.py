"""Where the skin of a head lies in its texture, and which point of the head is in each of its pixels."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from trans3dhead.geometry.meshes import triangle_areas, triangle_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.rasterize import Fragments, rasterize

TEXTURE_SIDE = 1024  # pixels
MAP_SIDE = 512  # pixels; what varies slowly over the surface is computed at this size and enlarged
_STRIP = 0.14  # of the texture's height: the lower end, which all charts but the largest share
_MARGIN = 0.006  # of the texture's side: around each chart, so that none bleeds into another when it is made smaller


@dataclass(frozen=True, eq=False)
class Atlas:
    """A layout of the texture of all skin, mouth included.

    The head model's own texture coordinates (MakeHuman's) leave a tenth of their square to the face and most of it
    empty. Here the chart with the largest surface fills the square's upper part, and the others stand in a row below.
    """

    uvs: np.ndarray  # (T, 2) where the rows of the head model's `uvs` lie, v up; those of the eyes are not in it
    covered: np.ndarray  # (M, M) which pixels of a small texture a chart covers; M is `MAP_SIDE`
    corners: np.ndarray  # (M, M, 3) vertices of the triangle that is in each pixel, or in the nearest covered one
    weights: np.ndarray  # (M, M, 3) float32 barycentric: where in it

    def spread(self, values: np.ndarray) -> np.ndarray:
        """(V, k) of the head model's vertices -> (M, M, k) of the small texture's pixels, float32."""
        values = values.astype(np.float32)
        return sum(self.weights[..., i : i + 1] * values[self.corners[..., i]] for i in range(3))  # type: ignore[return-value]


def enlarged(small: np.ndarray) -> np.ndarray:
    """(M, M, k) or (M, M) -> the same at the size of the texture, (S, S, ...); S is `TEXTURE_SIDE`."""
    return cv2.resize(small, (TEXTURE_SIDE, TEXTURE_SIDE), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=4)
def atlas_of(head_model: NumpyHeadModel) -> Atlas:
    """The layout for a head model, which must have texture coordinates."""
    eyes = np.zeros(len(head_model.template), dtype=bool)
    eyes[head_model.subsets.get("eyes", [])] = True
    shown = ~eyes[head_model.triangles].all(axis=1)
    triangles, corners = head_model.triangles[shown], head_model.uv_triangles[shown]
    uvs = _packed(head_model, triangles, corners)
    at = np.stack((uvs[:, 0], 1.0 - uvs[:, 1], np.zeros(len(uvs))), axis=1) * MAP_SIDE
    flipped = triangle_normals(at, corners)[:, 2] > 0  # charts may be mirror images; the rasteriser wants one side
    corners[flipped], triangles[flipped] = corners[flipped, ::-1], triangles[flipped, ::-1]
    fragments = rasterize(at, corners, (MAP_SIDE, MAP_SIDE))
    covered = np.zeros((MAP_SIDE, MAP_SIDE), dtype=bool)
    covered[fragments.rows, fragments.columns] = True
    nearest = _nearest(fragments, covered)
    return Atlas(uvs, covered, triangles[fragments.triangles[nearest]], fragments.weights[nearest])


def _packed(head_model: NumpyHeadModel, triangles: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(T, 2) texture coordinates of the layout."""
    chart = _charts(corners, len(head_model.uvs))
    of_triangle = chart[corners[:, 0]]
    names, index = np.unique(of_triangle, return_inverse=True)
    areas = np.bincount(index, triangle_areas(head_model.template, triangles))
    uvs = np.zeros_like(head_model.uvs)
    others = len(names) - 1
    for place, number in enumerate(np.argsort(-areas, kind="stable")):
        rows = np.unique(corners[index == number])
        if place == 0:
            low, high = (0.0, _STRIP if others else 0.0), (1.0, 1.0)
        else:
            low, high = ((place - 1) / others, 0.0), (place / others, _STRIP)
        uvs[rows] = _fitted(head_model.uvs[rows], np.array(low) + _MARGIN, np.array(high) - _MARGIN)
    return uvs


def _fitted(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(N, 2) stretched so that their bounds are `low` and `high`."""
    first, last = points.min(axis=0), points.max(axis=0)
    return low + (points - first) / (last - first) * (high - low)


def _charts(triangles: np.ndarray, count: int) -> np.ndarray:
    """(F, 3) -> (count,) a number for each vertex, the same for those that triangles connect."""
    label = np.arange(count)
    while True:
        least = label[triangles].min(axis=1)
        lower = label.copy()
        np.minimum.at(lower, triangles, least[:, None])
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def _nearest(fragments: Fragments, covered: np.ndarray) -> np.ndarray:
    """(M, M) the fragment nearest to each pixel."""
    empty, kind = (~covered).astype(np.uint8), cv2.DIST_LABEL_PIXEL
    _, label = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=kind)
    fragment = np.zeros(label.max() + 1, np.int64)
    fragment[label[fragments.rows, fragments.columns]] = np.arange(len(fragments.rows))
    return fragment[label]
