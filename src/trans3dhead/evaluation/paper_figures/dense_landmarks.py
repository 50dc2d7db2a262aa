"""Figure 9 of the paper: 68 landmarks, and 191 and 445 points of the mesh, by each system."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from trans3dhead.evaluation.paper_figures.comparisons import draw_points
from trans3dhead.evaluation.paper_figures.dense_points import PARTS, dense_points, head_parts
from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.evaluation.paper_figures.placed_mesh import mesh_on
from trans3dhead.evaluation.paper_figures.sheet import Column, Panel, sheet
from trans3dhead.evaluation.paper_figures.strokes import COLOURS, draw_dots
from trans3dhead.evaluation.paper_figures.systems import System
from trans3dhead.head_model import NumpyHeadModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ELSEWHERE = "#D5DBE3"  # of points in no part that has a colour, such as FLAME's of the forehead
_HIDDEN = 0.3  # opacity of points that the head itself hides


def dense_landmarks(
    heads: Sequence[PicturedHead], systems: Sequence[System], head_models: Sequence[NumpyHeadModel]
) -> "Figure":
    """Figure 9. The 68 are those of the system's landmark branch, the others vertices of its mesh, a colour a part.

    Points that the head hides are faint. head_models: those in whose topologies the systems' meshes may be.
    """
    columns = []
    for system in systems:
        columns.append(Column("68 landmarks", partial(draw_points, system), system.name))
        columns += [
            Column(f"{count} points", partial(_draw_dense, system, head_models, count), system.name) for count in PARTS
        ]
    return sheet(heads, columns)


def _draw_dense(system: System, head_models: Sequence[NumpyHeadModel], count: int, panel: Panel) -> None:
    mesh = mesh_on(panel, system, head_models)
    if mesh is None:
        return
    chosen = dense_points(mesh.head_model, count)
    seen, parts = mesh.seen(panel.crop)[chosen], head_parts(mesh.head_model)[chosen]
    at = panel.crop.to_crop(mesh.points[chosen, :2])
    for of, opacity in ((~seen, _HIDDEN), (seen, 1.0)):
        colours = [COLOURS.get(part, _ELSEWHERE) for part in parts[of]]
        if colours:
            draw_dots(panel, at[of], colours, area=3.5, alpha=opacity)
