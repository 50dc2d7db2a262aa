"""A shell presses what stands off it, hides what cloth on the face covers, and leaves the rest alone."""

import numpy as np
import pytest

from headsynth.rendering.materials import Plain
from headsynth.rendering.placement import Placement
from headsynth.wear.shell import SIDEWAYS, UPRIGHT, Shell
from headsynth.wear.solids import part, surface

_PLACE = Placement(np.eye(3), np.array([0.0, 0.0, 1.0]), 200.0, np.full(2, 48.0))
_RADIUS = 0.1


def _shell(hides: bool, axes: tuple[int, int, int]) -> Shell:
    """A square of a ball, thirty degrees to every side of +z."""
    angle = np.linspace(-0.5, 0.5, 15)
    across, up = np.meshgrid(angle, angle)
    points = np.stack((np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)), axis=-1) * _RADIUS
    cloth = part("cloth", [surface(points)], _PLACE, Plain(np.full(3, 0.5), 0.02))
    return Shell.of([cloth], _PLACE, np.zeros(3), axes, hides)


@pytest.mark.parametrize("axes", [UPRIGHT, SIDEWAYS])
@pytest.mark.parametrize("hides", [False, True])
def test_hair_goes_beneath(hides: bool, axes: tuple[int, int, int]) -> None:
    before, beside, behind, inside = [0.01, 0.0, 0.13], [0.13, 0.0, 0.0], [0.0, 0.0, -0.13], [0.0, 0.02, 0.05]
    points = np.array([before, beside, behind, inside])
    moved, hidden = _shell(hides, axes).press(points)
    assert np.linalg.norm(moved[0]) < _RADIUS
    np.testing.assert_allclose(moved[1:], points[1:])
    assert hidden.tolist() == [hides, False, False, hides]
