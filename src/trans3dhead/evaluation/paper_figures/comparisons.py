"""Figures 11 and 12 of the paper: what several systems say of the same heads, side by side."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.evaluation.paper_figures.sheet import Column, Panel, sheet
from trans3dhead.evaluation.paper_figures.strokes import draw_axes, draw_landmarks
from trans3dhead.evaluation.paper_figures.systems import System

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOSE_TIP = 30  # of the 68
_AROUND_AXES = 0.45  # of the head box: axes begin at the nose and end outside of the head


def pose_axes(heads: Sequence[PicturedHead], systems: Sequence[System]) -> "Figure":
    """Figure 11: the head's axes by each system, from the tip of the nose, with pitch, yaw and roll below."""
    columns = [Column("", partial(_draw_pose, system), system.name) for system in systems]
    return sheet(heads, columns, margin=_AROUND_AXES, captions=True)


def landmarks(heads: Sequence[PicturedHead], systems: Sequence[System]) -> "Figure":
    """Figure 12 (5 and 6 too): the 68 landmarks by each system."""
    return sheet(heads, [Column("", partial(draw_points, system), system.name) for system in systems])


def _draw_pose(system: System, panel: Panel) -> None:
    predicted = system.heads.get(panel.head.id)
    if predicted is None or predicted.rotation is None or predicted.euler is None:
        panel.nothing("no pose")
        return
    known = (predicted, panel.head.truth)
    noses = [of.landmarks[_NOSE_TIP] for of in known if of is not None and of.landmarks is not None]
    middle = panel.head.box[:2] + panel.head.box[2:] / 2
    draw_axes(panel, noses[0] if noses else middle, predicted.rotation)
    pitch, yaw, roll = (_whole(angle) for angle in predicted.euler)
    panel.caption(f"pitch {pitch}°  yaw {yaw}°  roll {roll}°")


def draw_points(system: System, panel: Panel) -> None:
    """The system's 68 landmarks of the panel's head."""
    predicted = system.heads.get(panel.head.id)
    if predicted is None or predicted.landmarks is None:
        panel.nothing("no landmarks")
        return
    draw_landmarks(panel, predicted.landmarks)


def _whole(degrees: float) -> str:
    """With its sign and without a fraction: a minus sign of print, no sign for zero."""
    whole = int(np.round(degrees))
    return f"{whole:+d}".replace("-", "−") if whole else "0"
