"""What a photograph shows of a head: the class of each pixel, which landmarks are seen, how much is hidden.

Distances and thresholds are by eye.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Hits, Part, Scene
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.cameras import project_pinhole
from trans3dhead.geometry.vectors import unit
from trans3dhead.head_model import HeadModel

DARK = 0.4  # a lens that lets through less of the light hides what is behind it
_ABOVE_SKIN = 0.001  # metres: what covers a landmark is at least that far in front of it
_OWN_SKIN = 0.004  # metres: skin nearer than that is the landmark's own
_FOLD = 0.010  # metres, the same where a landmark lies in a fold that a person would still point at:
_FOLDED = (*range(36, 48), *range(60, 68))  # lids, whose outer corners are sunk, and where the lips meet
_DISC = 0.0015  # metres: a landmark is looked at over a disc of this radius, since hair has gaps
_AROUND = 6  # points on the rim of that disc, beside the one in the middle
_LAYERS = 16  # surfaces in a row before a ray is taken to arrive
_CELLS = 48  # of the longer side of the head's box, in which the visible share is counted
_BODY = (Segment.SKIN, Segment.EYES, Segment.MOUTH)
_OF_A_HEAD = (*_BODY, Segment.HAIR)


@dataclass(frozen=True)
class Seen:
    """A photograph's scene, what the rays through the middles of its pixels met, and what of it is shown."""

    scene: Scene
    hits: Hits
    classes: np.ndarray  # (S, S) of `segmentation`
    window: np.ndarray  # (4,) left, top, right, bottom, pixels: bars at the sides of the picture lie outside


def segmentation(scene: Scene, hits: Hits, size: int, window: np.ndarray) -> np.ndarray:
    """(S, S) uint8 of Segment, from what the rays through the middles of the pixels met. window: see Seen."""
    classes = np.full(len(hits.triangles), Segment.BACKGROUND, np.uint8)
    met = np.flatnonzero(hits.triangles >= 0)
    parts = scene.part_of[hits.triangles[met]]
    classes[met] = np.array([part.segment for part in scene.parts], np.uint8)[parts]
    for number, part in enumerate(scene.parts):
        if part.segments is not None:
            rays = met[parts == number]
            local = hits.triangles[rays] - scene.triangle_starts[number]
            classes[rays] = part.segments(local, hits.weights[rays])
    lenses = np.flatnonzero(hits.lenses >= 0)
    classes[lenses[hits.filter[lenses].mean(axis=1) < DARK]] = Segment.ACCESSORY
    left, top, right, bottom = window
    shown = np.full((size, size), Segment.BACKGROUND, np.uint8)
    shown[top:bottom, left:right] = classes.reshape(size, size)[top:bottom, left:right]
    return shown


def landmark_visibility(seen: Seen, landmarks: np.ndarray, placement: Placement, person: int = 0) -> np.ndarray:
    """(68,) uint8 of Visibility. landmarks: (68, 3) metres, camera space, of a person of the scene.

    A ray from each landmark to the camera finds what stands in the way of the same body; a bundle of them tells
    whether half of what surrounds the landmark is hidden by anything else. Brows, lashes and beards do not hide.
    """
    pixels = project_pinhole(landmarks, placement.focal, placement.principal_point)
    inside = np.flatnonzero(((pixels >= seen.window[:2]) & (pixels < seen.window[2:])).all(axis=1))
    flags = np.full(len(landmarks), Visibility.OUTSIDE, np.uint8)
    if len(inside):
        count = _AROUND + 1
        own_skin = np.where(np.isin(inside, _FOLDED), _FOLD, _OWN_SKIN)
        passed, blocked = _walk(seen.scene, _bundles(landmarks[inside]), np.repeat(own_skin, count), person)
        blocked = blocked.reshape(-1, count)
        open_share = (passed * ~blocked.ravel()).reshape(-1, count).sum(axis=1) / np.maximum((~blocked).sum(axis=1), 1)
        flags[inside] = np.where(open_share < 0.5, Visibility.COVERED, Visibility.VISIBLE)
        flags[inside[blocked[:, 0]]] = Visibility.SELF_OCCLUDED
    return flags


def _bundles(points: np.ndarray) -> np.ndarray:
    """(N, 3) -> (N · (1 + _AROUND), 3) float32: each point, and points around it across its ray."""
    towards = points / np.linalg.norm(points, axis=1, keepdims=True)
    across = np.cross(towards, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    angle = np.arange(_AROUND) * (2.0 * np.pi / _AROUND)
    rim = across[:, None] * np.cos(angle)[:, None] + np.cross(towards, across)[:, None] * np.sin(angle)[:, None]
    return np.concatenate((points[:, None], points[:, None] + _DISC * rim), axis=1).reshape(-1, 3).astype(np.float32)


def _walk(scene: Scene, starts: np.ndarray, own_skin: np.ndarray, person: int) -> tuple[np.ndarray, np.ndarray]:
    """From (N, 3) points to the camera: (N,) how much passes other things, and (N,) bool: the same body blocks.

    own_skin: (N,) metres from the start within which the body does not block.
    """
    body = np.array([part.person == person and part.segment in _BODY for part in scene.parts])
    distance = np.linalg.norm(starts, axis=1)
    directions = -unit(starts)
    passed, blocked = np.ones(len(starts), np.float32), np.zeros(len(starts), bool)
    active, travelled = np.arange(len(starts)), np.full(len(starts), _ABOVE_SKIN, np.float32)
    for _ in range(_LAYERS):
        origins = starts[active] + directions[active] * travelled[:, None]
        met, triangles, weights, step = scene.first(origins, directions[active])
        before = travelled[met] + step < distance[active[met]]  # the camera
        active, travelled = active[met[before]], (travelled[met] + step)[before]
        triangles, weights = triangles[before], weights[before]
        own = body[scene.part_of[triangles]]
        blocked[active[own & (travelled > own_skin[active])]] = True
        passed[active] *= 1.0 - np.where(own, 0.0, _hiding(scene, triangles, weights))
        on = ~blocked[active] & (passed[active] > 0.02)
        active, travelled = active[on], travelled[on] + np.float32(1e-4)
        if not len(active):
            break
    return passed, blocked


def _hiding(scene: Scene, triangles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N,) 0..1: how much of what is behind it each hit hides."""
    parts = scene.part_of[triangles]
    hiding = np.array([part.hides and not _clear(part) for part in scene.parts], np.float32)[parts]
    for number in np.unique(parts):
        part = scene.parts[number]
        if part.cutout is not None and part.hides:
            here = np.flatnonzero(parts == number)
            corners = part.uv_triangles[triangles[here] - scene.triangle_starts[number]]
            uvs = np.einsum("nk,nkc->nc", weights[here], part.uvs[corners])
            hiding[here] = np.minimum(part.cutout.alpha(uvs) * part.density, 1.0)
    return hiding


def _clear(part: Part) -> bool:
    """Whether a part is a lens that lets most light through."""
    return part.tint is not None and float(np.mean(part.tint)) >= DARK


@dataclass(frozen=True)
class Silhouette:
    """Where a head is in the picture, from its mesh alone, in cells about as large as its triangles."""

    rows: np.ndarray  # (N,) vertices of the outside of the head
    edges: np.ndarray  # (2, E) their edges, of these N

    @classmethod
    def of(cls, head: HeadModel) -> "Silhouette":
        """The silhouette of the skin of a head model's subset `head`."""
        rows = np.intersect1d(head.subsets["head"].numpy(), head.subsets["skin"].numpy())
        place = np.full(len(head.template), -1)
        place[rows] = np.arange(len(rows))
        triangles = place[head.triangles.numpy()]
        edges = triangles[(triangles >= 0).all(axis=1)][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        return cls(rows, np.unique(np.sort(edges, axis=1), axis=0).T)

    def cells(self, vertices: np.ndarray, placement: Placement) -> np.ndarray:
        """(V, 3) metres, head space -> (N, 2) pixels, the middles of the cells that the head covers."""
        pixels = np.ascontiguousarray(placement.project(vertices[self.rows]).astype(np.float32).T)
        middles = (pixels.take(self.edges[0], axis=1) + pixels.take(self.edges[1], axis=1)) * np.float32(0.5)
        low, high = pixels.min(axis=1), pixels.max(axis=1)
        side = (high - low).max() / np.float32(_CELLS)
        covered = np.zeros((_CELLS + 4, _CELLS + 4), np.uint8)  # with a rim for the closing
        for points in (pixels, middles):
            column, row = np.minimum((points - low[:, None]) / side, np.float32(_CELLS - 1)).astype(np.int32) + 2
            covered.ravel()[row * len(covered) + column] = 1
        closed = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        y, x = np.nonzero(closed[2:-2, 2:-2])
        return low + (np.stack((x, y), axis=1) + np.float32(0.5)) * side


def visible_share(seen: Seen, cells: np.ndarray, person: int = 0) -> float:
    """0..1: how much of a head is seen: of the (N, 2) pixels of its silhouette, those that show this person's head.

    The head's own hair is part of it; what lies outside of the window is hidden.
    """
    size = len(seen.classes)
    inside = ((cells >= seen.window[:2]) & (cells < seen.window[2:])).all(axis=1)
    column, row = cells[inside].astype(np.int64).T
    at = row * size + column
    triangles, found = seen.hits.triangles[at], seen.classes.ravel()[at]
    own = np.array([part.person == person for part in seen.scene.parts])[seen.scene.part_of[triangles]]
    head = np.isin(found, _OF_A_HEAD) & own & (triangles >= 0)
    missed = (triangles < 0) & (found == Segment.BACKGROUND)  # a cell reaches beyond the silhouette
    counted = len(cells) - int(missed.sum())
    return round(int(head.sum()) / counted, 4) if counted else 0.0
