"""The 68 landmarks and the axes of a pose on a panel."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trans3dhead.evaluation.paper_figures.sheet import PANEL, Panel
from trans3dhead.head_model.landmark_order import LANDMARK_STROKES

# Bright, to be seen on skin, and told apart by people with any kind of colour vision.
COLOURS = {
    "jaw": "#FFFFFF",
    "brows": "#FFD166",
    "nose": "#A8F0C6",
    "eyes": "#66E5FF",
    "lips": "#FF8597",
    "ears": "#C9A7FF",
    "skull": "#F4A261",
}
_DARK = "#10141C"
_AXES = (("x", "#F04646"), ("y", "#46D75A"), ("z", "#5082FF"))
_AXIS_LENGTH = 0.2  # of the panel's side


def draw_landmarks(panel: Panel, points: np.ndarray) -> None:
    """(68, 2) pixels of the photograph: each part as a line through its points."""
    at = panel.crop.to_crop(points)
    for part, strokes in LANDMARK_STROKES.items():
        for first, last, closed in strokes:
            line = at[[*range(first, last + 1), *([first] if closed else [])]]
            panel.axes.plot(*line.T, color=_DARK, linewidth=1.4, alpha=0.6, solid_capstyle="round")
            panel.axes.plot(*line.T, color=COLOURS[part], linewidth=0.7)
            draw_dots(panel, at[first : last + 1], COLOURS[part])


def draw_dots(panel: Panel, at: np.ndarray, colour: str | Sequence[str], area: float = 5.0, **style: Any) -> None:
    """(N, 2) pixels of the panel, a colour or N of them; area: square points."""
    panel.axes.scatter(at[:, 0], at[:, 1], s=area, c=colour, edgecolors=_DARK, linewidths=0.35, zorder=3, **style)


def draw_axes(panel: Panel, start: np.ndarray, rotation: np.ndarray) -> None:
    """Head space's axes from a point (2,) of the photograph: red x to the head's left, green y up, blue z out of the
    face. rotation: (3, 3) head space -> camera space; the axis that comes nearest to the viewer is drawn last.
    """
    x, y = panel.crop.to_crop(start)
    for axis in np.argsort(-rotation[2], kind="stable"):
        name, colour = _AXES[axis]
        along = _AXIS_LENGTH * PANEL * rotation[:2, axis]
        end = x + along[0], y + along[1]
        panel.axes.plot((x, end[0]), (y, end[1]), color=_DARK, linewidth=3.4, solid_capstyle="round", zorder=3)
        panel.axes.plot((x, end[0]), (y, end[1]), color=colour, linewidth=2.2, solid_capstyle="round", zorder=3)
        panel.axes.text(
            *(x + 1.18 * along[0], y + 1.18 * along[1]),
            name,
            color="white",
            fontsize=7,
            fontweight="bold",
            ha="center",
            va="center",
            zorder=4,
            clip_on=True,
            in_layout=False,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": _DARK, "edgecolor": "none", "alpha": 0.65},
        )
