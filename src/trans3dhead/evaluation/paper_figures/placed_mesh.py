"""Anybody's mesh on its photograph: predictions hold it in camera space, in a unit of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from trans3dhead.evaluation.paper_figures.sheet import Panel
from trans3dhead.evaluation.paper_figures.systems import System
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.rasterize import rasterize

_FINER = 2  # meshes are drawn at this multiple of a panel and shrunk
_CLAY = np.array([228.0, 232.0, 238.0])  # RGB
_LIGHT = np.array([-0.25, -0.35, -0.90])  # towards the light, camera space: above, to the left, behind the camera
_AMBIENT = 0.3


@dataclass(frozen=True, eq=False)
class PlacedMesh:
    """A mesh where a photograph shows it."""

    points: np.ndarray  # (V, 3) pixels of the photograph, and z in the same unit, growing away from the camera
    head_model: NumpyHeadModel  # in whose topology it is

    def shown(self, crop: Crop, triangles: np.ndarray) -> np.ndarray:
        """(F, 3) of its triangles, shaded -> (S, S, 4) uint8 RGBA in the frame of the crop, antialiased."""
        at, size = self._in(crop, _FINER), _FINER * crop.size
        fragments = rasterize(at, triangles, (size, size))
        normals = fragments.interpolate(vertex_normals(at, triangles), triangles)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        facing = np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0.0, 1.0)
        layer = np.zeros((size, size, 4), np.float32)  # premultiplied, so that edges do not darken
        layer[fragments.rows, fragments.columns, :3] = _CLAY * (_AMBIENT + (1.0 - _AMBIENT) * facing[:, None])
        layer[fragments.rows, fragments.columns, 3] = 255.0
        small = cv2.resize(layer, (crop.size, crop.size), interpolation=cv2.INTER_AREA).astype(np.float32)
        small[..., :3] /= np.maximum(small[..., 3:] / 255.0, 1e-6)
        return np.clip(np.round(small), 0, 255).astype(np.uint8)

    def seen(self, crop: Crop) -> np.ndarray:
        """(V,) whether a vertex is at a triangle of which the frame of the crop shows something."""
        triangles = self.head_model.triangles
        found = rasterize(self._in(crop, 1), triangles, (crop.size, crop.size)).triangles
        seen = np.zeros(len(self.points), dtype=bool)
        seen[triangles[np.unique(found)]] = True
        return seen

    def _in(self, crop: Crop, finer: int) -> np.ndarray:
        """(V, 3) the points in the frame of the crop at a multiple of its pixels."""
        return finer * np.column_stack((crop.to_crop(self.points[:, :2]), crop.zoom * self.points[:, 2]))


def mesh_on(panel: Panel, system: System, head_models: Sequence[NumpyHeadModel]) -> PlacedMesh | None:
    """The system's mesh of the panel's head, as `placed_mesh` has it; where there is none the panel says so."""
    predicted = system.heads.get(panel.head.id)
    mesh = None if predicted is None else placed_mesh(predicted, head_models)
    if mesh is None:
        panel.nothing("no mesh")
    return mesh


def placed_mesh(predicted: PredictedHead, head_models: Sequence[NumpyHeadModel]) -> PlacedMesh | None:
    """The mesh moved and scaled, not turned, so that its own 68 landmarks fall on the predicted ones, least squares.

    For the mesh of a weak-perspective camera with its `mesh_landmarks` that is exact. None where the prediction has no
    mesh or no landmarks on the photograph. Raises ValueError for a mesh in the topology of none of the head models.
    """
    target = predicted.landmarks if predicted.mesh_landmarks is None else predicted.mesh_landmarks
    if predicted.vertices is None or target is None:
        return None
    vertices = predicted.vertices.astype(np.float64)
    head_model = next((model for model in head_models if len(model.template) == len(vertices)), None)
    if head_model is None:
        known = ", ".join(f"{len(model.template)} ({model.name})" for model in head_models)
        raise ValueError(f"vertices: got {len(vertices)}, expected those of a head model, {known}; give --head-model")
    own = head_model.landmarks(vertices)[:, :2]
    about, wanted = own - own.mean(axis=0), target - target.mean(axis=0)
    scale = (about * wanted).sum() / (about**2).sum()
    return PlacedMesh((vertices - [*own.mean(axis=0), 0.0]) * scale + [*target.mean(axis=0), 0.0], head_model)
