"""Figure 10 of the paper: the face's mesh and the whole head's, by each system, beside the photograph."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.evaluation.paper_figures.placed_mesh import mesh_on
from trans3dhead.evaluation.paper_figures.sheet import Column, Panel, draw_nothing, faded, sheet
from trans3dhead.evaluation.paper_figures.systems import System
from trans3dhead.head_model import NumpyHeadModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FADED = 0.45  # how much of the photograph behind a mesh is white


def meshes(heads: Sequence[PicturedHead], systems: Sequence[System], head_models: Sequence[NumpyHeadModel]) -> "Figure":
    """Figure 10. head_models: those in whose topologies the systems' meshes may be."""
    columns = [Column("", draw_nothing, "photograph")]
    for system in systems:
        columns += [
            Column(title, partial(_draw_mesh, system, head_models, face), system.name)
            for title, face in (("face", True), ("head", False))
        ]
    return sheet(heads, columns)


def _draw_mesh(system: System, head_models: Sequence[NumpyHeadModel], face: bool, panel: Panel) -> None:
    mesh = mesh_on(panel, system, head_models)
    if mesh is None:
        return
    triangles = mesh.head_model.triangles
    panel.show(faded(panel.picture, _FADED))
    panel.show(mesh.shown(panel.crop, face_triangles(mesh.head_model) if face else triangles))


def face_triangles(head_model: NumpyHeadModel) -> np.ndarray:
    """(F, 3) the triangles of the subset "face", and those of the eyes where the head model has them apart."""
    in_face = np.zeros(len(head_model.template), dtype=bool)
    for name in ("face", "eyes"):
        in_face[head_model.subsets.get(name, [])] = True
    return head_model.triangles[in_face[head_model.triangles].all(axis=1)]
