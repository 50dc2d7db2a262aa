"""The paper's figures of results, from any network, any set and anybody's predictions; `docs/paper.md` shows each.

A figure is a function of its own, which answers a matplotlib figure.
"""

from trans3dhead.evaluation.figures import check_figure, save_figure
from trans3dhead.evaluation.paper_figures.comparisons import landmarks, pose_axes
from trans3dhead.evaluation.paper_figures.dense_landmarks import dense_landmarks
from trans3dhead.evaluation.paper_figures.heads import PicturedHead, read_heads
from trans3dhead.evaluation.paper_figures.layers import landmarks_by_layer, landmarks_of_layers, residuals_by_layer
from trans3dhead.evaluation.paper_figures.meshes import meshes
from trans3dhead.evaluation.paper_figures.systems import System, open_systems

__all__ = [
    "PicturedHead",
    "System",
    "check_figure",
    "dense_landmarks",
    "landmarks",
    "landmarks_by_layer",
    "landmarks_of_layers",
    "meshes",
    "open_systems",
    "pose_axes",
    "read_heads",
    "residuals_by_layer",
    "save_figure",
]
