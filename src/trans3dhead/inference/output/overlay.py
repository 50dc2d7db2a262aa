"""The picture that people see first: photograph, wireframe, 68 landmarks, pose axes and head box."""

from collections.abc import Sequence

import cv2
import numpy as np

from trans3dhead.geometry.boxes import root_area
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model.landmark_order import LANDMARK_STROKES
from trans3dhead.images import SUBPIXEL_BITS, Colour, draw_dots, draw_line, subpixel
from trans3dhead.inference.head import Head
from trans3dhead.inference.output.rasterize import rasterize
from trans3dhead.inference.output.wireframe import seen_edges, shown_triangles

_COLOURS: dict[str, Colour] = {
    "jaw": (255, 255, 255),
    "brows": (255, 209, 102),
    "nose": (255, 255, 255),
    "eyes": (102, 229, 255),
    "lips": (255, 133, 151),
}
_AXES: tuple[tuple[str, Colour], ...] = (("x", (240, 70, 70)), ("y", (70, 215, 90)), ("z", (80, 130, 255)))
# What `draw_overlay` may show, by its arguments' names, and what it does show by default.
OVERLAY_PARTS = ("wireframe", "mesh", "dense", "landmarks", "axes", "box")
DEFAULT_PARTS = ("wireframe", "landmarks", "axes", "box")
_AXIS_LENGTH = 0.075  # metres
_NOSE_TIP = 30
_DARK: Colour = (16, 20, 28)
_CLAY = np.array([128.0, 190.0, 252.0])  # RGB of the mesh
_WIRE, _WIRE_ALPHA = np.array([160.0, 220.0, 255.0]), 0.45  # RGB of the wireframe, and how opaque it is
_SURE: Colour = (255, 255, 255)
_DOUBTFUL: Colour = (255, 176, 32)
_DENSE: Colour = (102, 229, 255)
_LIGHT = np.array([-0.35, -0.55, -0.76])  # towards the light, camera space: above, to the left, behind the camera
_RASTER_SIDE = 640  # pixels; larger heads are shaded at this size and enlarged
_COMFORTABLE_SIDE = 1024  # pixels; smaller photographs are enlarged towards it, by a whole factor up to 4


def draw_overlay(
    image: np.ndarray,
    heads: Sequence[Head],
    wireframe: bool = True,
    mesh: bool = False,
    dense: bool = False,
    landmarks: bool = True,
    axes: bool = True,
    box: bool = True,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """(H, W, 3) uint8 RGB and its heads -> a picture of its own, (k·H, k·W, 3) uint8 RGB.

    wireframe: thin lines that leave the face to be seen; mesh: shaded, translucent; dense: a dot for each vertex of the
    face that is seen; names: of the heads, written before the angles over their boxes. k is 1 for photographs of some
    700 pixels and more; smaller ones are enlarged so that lines stay legible.
    """
    factor = int(np.clip(round(_COMFORTABLE_SIDE / max(image.shape[:2])), 1, 4))
    height, width = (factor * side for side in image.shape[:2])
    canvas = image.copy() if factor == 1 else cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    named = zip(heads, [""] * len(heads) if names is None else names, strict=True)
    ordered = sorted(named, key=lambda pair: float(pair[0].box[2:].prod()))  # nearer heads over farther ones
    edges = [seen_edges(head) for head, _ in ordered] if wireframe or dense else []
    for number, (head, _) in enumerate(ordered):
        if mesh:
            _draw_mesh(canvas, head, factor)
        if wireframe:
            _draw_wireframe(canvas, head, edges[number], factor)
    for number, (head, name) in enumerate(ordered):
        pen = _Pen(canvas, factor, head)
        if dense:
            _draw_dense(pen, head, edges[number])
        if box:
            _draw_box(pen, head, name)
        if landmarks:
            _draw_landmarks(pen, head)
        if axes:
            _draw_axes(pen, head)
    return canvas


class _Pen:
    """Antialiased lines in photograph coordinates, of a width that fits the head's size."""

    def __init__(self, canvas: np.ndarray, factor: int, head: Head) -> None:
        self.canvas, self.factor = canvas, factor
        self.unit = max(1.0, factor * root_area(head.box) / 220.0)  # pixels of the canvas
        self.roomy = factor * float(min(head.box[2:])) > 90.0  # words would hide smaller heads

    def line(self, points: np.ndarray, colour: Colour, width: float = 1.0, closed: bool = False) -> None:
        draw_line(self.canvas, points * self.factor, colour, max(1, round(width * self.unit)), closed)

    def dot(self, point: np.ndarray, colour: Colour, radius: float) -> None:
        draw_dots(self.canvas, point[None] * self.factor, colour, max(0.5, radius * self.unit))

    def label(self, words: str, point: np.ndarray, colour: Colour, size: float, centred: bool) -> None:
        """Words on a dark ground. point: the middle of the words, or the left end of their base line."""
        font, scale, width = cv2.FONT_HERSHEY_DUPLEX, max(0.4, size * self.unit), max(1, round(size * self.unit))
        (length, height), _ = cv2.getTextSize(words, font, scale, width)
        shift = (-length / 2, height / 2) if centred else (0, 0)
        x, y = (subpixel(point * self.factor) / 2.0**SUBPIXEL_BITS + shift).round().astype(int).tolist()
        x = int(np.clip(x, 0, max(0, self.canvas.shape[1] - length)))
        edge = round(0.45 * height)
        rows = slice(max(0, y - height - edge), max(0, y + edge + 1))
        columns = slice(max(0, x - edge), max(0, x + length + edge))
        self.canvas[rows, columns] = (0.35 * self.canvas[rows, columns] + 0.65 * np.array(_DARK)).astype(np.uint8)
        cv2.putText(self.canvas, words, (x, y), font, scale, colour, width, cv2.LINE_AA)


def _draw_mesh(canvas: np.ndarray, head: Head, factor: int) -> None:
    """Blend the shaded mesh, without the neck, over the canvas in place."""
    triangles = shown_triangles(head.head_model)
    rotated = head.vertices @ head.pose.rotation.T
    normals = vertex_normals(rotated, triangles)
    at = head.projected * factor
    used = at[np.unique(triangles)]
    low, high = used.min(axis=0) - 1.0, used.max(axis=0) + 1.0
    zoom = min(1.0, _RASTER_SIDE / float((high - low).max()))
    size = np.maximum(np.ceil((high - low) * zoom), 1).astype(int)
    fragments = rasterize(np.column_stack(((at - low) * zoom, rotated[:, 2])), triangles, (int(size[0]), int(size[1])))
    normal = fragments.interpolate(normals, triangles)
    layer = np.zeros((size[1], size[0], 4), dtype=np.float32)  # premultiplied colour, alpha
    layer[fragments.rows, fragments.columns] = _shade(normal)
    _blend(canvas, layer, low, zoom)


def _shade(normals: np.ndarray) -> np.ndarray:
    """(N, 3) normals in camera space -> (N, 4) premultiplied RGB and alpha: soft light, more opaque towards the rim."""
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    light = np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0.0, 1.0)
    rim = (1.0 - np.clip(-normals[:, 2], 0.0, 1.0)) ** 2
    gloss = 0.35 * (light**16)[:, None]
    colour = _CLAY * np.minimum(0.10 + 1.02 * light**1.6, 1.0)[:, None] * (1.0 - gloss) + 255.0 * gloss
    alpha = 0.46 + 0.34 * rim
    return np.column_stack((np.clip(colour, 0.0, 255.0) * alpha[:, None], alpha)).astype(np.float32)


def _blend(canvas: np.ndarray, layer: np.ndarray, low: np.ndarray, zoom: float) -> None:
    """Lay a layer whose corner is at `low` (canvas pixels) and whose pixels are 1 / zoom wide over the canvas."""
    height, width = canvas.shape[:2]
    left, top = np.clip(np.floor(low), 0, (width, height)).astype(int)
    extent = low + np.array(layer.shape[1::-1]) / zoom
    right, bottom = np.clip(np.ceil(extent), 0, (width, height)).astype(int)
    if right <= left or bottom <= top:
        return
    shift = zoom * (np.array([left, top]) - low + 0.5) - 0.5  # pixel centres: canvas part -> layer
    back = np.array([[zoom, 0.0, shift[0]], [0.0, zoom, shift[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    over = cv2.warpAffine(layer, back, (int(right - left), int(bottom - top)), flags=flags)
    part = canvas[top:bottom, left:right]
    part[:] = np.round(part * (1.0 - over[..., 3:]) + over[..., :3]).astype(np.uint8)


def _draw_wireframe(canvas: np.ndarray, head: Head, edges: np.ndarray, factor: int) -> None:
    """Blend lines, (E, 2) vertices, over the canvas in place; fainter on small heads, where they lie close together."""
    if not len(edges):  # of a network that makes a point of the head
        return
    points = head.projected * factor
    low = np.clip(np.floor(points[edges].min(axis=(0, 1))) - 1, 0, canvas.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(points[edges].max(axis=(0, 1))) + 1, 0, canvas.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    width, height = (high - low).tolist()
    lines = np.zeros((height, width), np.uint8)
    fixed = subpixel(points - low)
    cv2.polylines(lines, list(fixed[edges]), False, 255, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    size = factor * root_area(head.box)
    alpha = lines[..., None] * (_WIRE_ALPHA / 255.0 * min(1.0, size / 220.0))
    part = canvas[low[1] : high[1], low[0] : high[0]]
    part[:] = np.round(part * (1.0 - alpha) + _WIRE * alpha).astype(np.uint8)


def _draw_dense(pen: _Pen, head: Head, edges: np.ndarray) -> None:
    """The vertices of the face that are seen, so at the ends of edges that are."""
    in_face = np.zeros(len(head.vertices), dtype=bool)
    in_face[head.head_model.subsets["face"]] = True
    for vertex in np.unique(edges).tolist():
        if in_face[vertex]:
            pen.dot(head.projected[vertex], _DENSE, 0.6)


def _draw_box(pen: _Pen, head: Head, name: str) -> None:
    """The corners of the head box, the head's name and angles above it; amber, with its score, where it is doubtful."""
    x, y, w, h = head.box
    colour = _DOUBTFUL if head.doubtful else _SURE
    reach = 0.14 * min(w, h)
    for corner in ((x, y), (x + w, y), (x, y + h), (x + w, y + h)):
        inwards = np.sign(np.array([x + w / 2, y + h / 2]) - corner)
        ends = np.array([corner + inwards * (reach, 0.0), corner, corner + inwards * (0.0, reach)])
        pen.line(ends, _DARK, 2.6)
        pen.line(ends, colour, 1.2)
    if pen.roomy:
        doubt = f"{head.score:.2f}?" if head.doubtful else ""
        angles = f"pitch {head.pose.pitch:+.0f}  yaw {head.pose.yaw:+.0f}  roll {head.pose.roll:+.0f}"
        words = "  ".join(part for part in (name, doubt, angles) if part)
        gap, line = 8.0 * pen.unit / pen.factor, max(20.0, 20.0 * pen.unit) / pen.factor
        at = np.array([x, y - gap if y > gap + line else y + h + line])
        pen.label(words, at, colour, 0.4, centred=False)


def _draw_landmarks(pen: _Pen, head: Head) -> None:
    for width, dark in ((2.2, True), (1.0, False)):
        for part, strokes in LANDMARK_STROKES.items():
            for first, last, closed in strokes:
                points = head.landmarks[first : last + 1]
                pen.line(points, _DARK if dark else _COLOURS[part], width, closed)
    for part, strokes in LANDMARK_STROKES.items():
        for first, last, _ in strokes:
            for point in head.landmarks[first : last + 1]:
                pen.dot(point, _DARK, 1.9)
                pen.dot(point, _COLOURS[part], 1.3)


def _draw_axes(pen: _Pen, head: Head) -> None:
    """Head space's axes from the mesh's nose tip: x to the head's left, y up, z out of the face; the nearest last."""
    start = head.head_model.landmarks(head.projected)[_NOSE_TIP]
    depth = head.pose.rotation[2]
    for axis in np.argsort(-depth, kind="stable"):
        name, colour = _AXES[axis]
        direction = head.camera.scale * head.pose.rotation[:2, axis]
        end = start + _AXIS_LENGTH * direction
        pen.line(np.stack((start, end)), _DARK, 3.4)
        pen.line(np.stack((start, end)), colour, 2.0)
        if pen.roomy:
            pen.label(name, end + 0.012 * direction, colour, 0.42, centred=True)
    pen.dot(start, (255, 255, 255), 2.2)
