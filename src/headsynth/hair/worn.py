"""Hair, brows and lashes of an assets folder, on one person's head.

Numbers are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headsynth.assets.wearable import Wearable
from headsynth.hair.colours import HairColour
from headsynth.hair.strands import Painted
from headsynth.people.base_mesh import BaseMesh
from headsynth.people.person import Body
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.scene import Part
from headsynth.wear.accessory import Accessory, pressed
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.meshes import vertex_normals

_FLOW_SIZE = 256  # pixels of the texture in which the run of its strands is looked for


@dataclass(frozen=True)
class Look:
    """How the hair of an asset is drawn on one person."""

    colour: HairColour
    shine: float
    contrast: float  # of the texture's light and dark
    outward: float  # 0..1, how much normals of thin cards turn away from the head's middle
    density: float = 1.0


def make_worn(
    mesh: BaseMesh, item: Wearable, flow: np.ndarray, body: Body, look: Look, worn: Sequence[Accessory] = ()
) -> Part:
    """flow: `strand_flow(item)`; worn: what presses the hair to the head and hides it."""
    if item.texture is None:
        raise ValueError(f"{item.name}: expected hair with a texture; leave out what has none")
    points = mesh.fit(item.binding, body.neutral, body.posed)
    points, hidden = pressed(points, mesh.rows[item.binding.vertices[:, 0]], worn)
    points = mesh.neck.bend(points, mesh.follow(item.binding), body.shoulders)
    away = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
    normals = vertex_normals(points.astype(np.float32), item.triangles)
    normals *= np.where(np.einsum("nc,nc->n", normals, away) < 0.0, -1.0, 1.0)[:, None]
    normals = (1.0 - look.outward) * normals + look.outward * away
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    turn = body.placement.rotation.T
    tangents = _tangents(points, item, flow) @ turn
    shown = ~hidden[item.triangles].all(axis=1)
    return Part(
        item.name,
        body.placement.to_camera(points).astype(np.float32),
        item.triangles[shown],
        item.uvs,
        item.uv_triangles[shown],
        Painted(item.texture, item.level, look.colour, tangents, look.shine, look.contrast),
        Segment.HAIR,
        item.texture,
        None if item.opacity is None else item.opacity[shown],
        normals=(normals @ turn).astype(np.float32),
        density=look.density,
        corners=item.corners[shown],
    )


def strand_flow(item: Wearable) -> np.ndarray:
    """(F, 2) unit, in the texture (u, v): how the painted strands run in each triangle; from the image's structure."""
    if item.texture is None:
        return np.broadcast_to(np.array([0.0, -1.0], np.float32), (len(item.triangles), 2))
    image = cv2.resize(item.texture.colours, (_FLOW_SIZE, _FLOW_SIZE), interpolation=cv2.INTER_AREA)
    grey = image.astype(np.float32) @ LUMINANCE
    opaque = cv2.resize(item.texture.opacity, (_FLOW_SIZE, _FLOW_SIZE), interpolation=cv2.INTER_AREA) / 255.0
    du = cv2.Sobel(grey, cv2.CV_32F, 1, 0) * opaque
    dv = -cv2.Sobel(grey, cv2.CV_32F, 0, 1) * opaque
    smooth = [cv2.GaussianBlur(np.asarray(values, np.float32), (0, 0), 5.0) for values in (du * du, dv * dv, du * dv)]
    centres = item.uvs[item.uv_triangles].mean(axis=1)
    column = np.clip((np.mod(centres[:, 0], 1.0) * _FLOW_SIZE).astype(int), 0, _FLOW_SIZE - 1)
    row = np.clip(((1.0 - np.mod(centres[:, 1], 1.0)) * _FLOW_SIZE).astype(int), 0, _FLOW_SIZE - 1)
    uu, vv, uv = (values[row, column] for values in smooth)
    angle = 0.5 * np.arctan2(2.0 * uv, uu - vv) + 0.5 * np.pi  # across the steepest change
    flow = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    return (flow * np.where(flow[:, 1:] > 0.0, -1.0, 1.0)).astype(np.float32)


def _tangents(points: np.ndarray, item: Wearable, flow: np.ndarray) -> np.ndarray:
    """(V, 3) unit directions of the strands at each vertex."""
    corners, uvs = points[item.triangles], item.uvs[item.uv_triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    a, b = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    s = (flow[:, 0] * b[:, 1] - flow[:, 1] * b[:, 0]) / area
    t = (a[:, 0] * flow[:, 1] - a[:, 1] * flow[:, 0]) / area
    run = first * s[:, None] + second * t[:, None]
    run /= np.maximum(np.linalg.norm(run, axis=1, keepdims=True), 1e-9)
    total = np.zeros_like(points)
    flat = item.triangles.T.ravel()
    for axis in range(3):
        total[:, axis] = np.bincount(flat, np.tile(run[:, axis], 3), minlength=len(points))
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)).astype(np.float32)
