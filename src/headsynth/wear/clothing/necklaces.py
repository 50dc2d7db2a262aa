"""Chains and beads about the neck.

Shares, sizes and colours are by eye.
"""

import numpy as np

from headsynth.people.base_mesh import BaseMesh
from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain, srgb
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part
from headsynth.wear.clothing.tailoring import AROUND, neck_rings
from headsynth.wear.solids import Solid, ellipsoid, part, tube
from trans3dhead.data.segments import Segment

_METALS = (srgb(212, 175, 90), srgb(200, 200, 205), srgb(225, 220, 212), srgb(60, 40, 30))


def make_necklace(
    rng: np.random.Generator, mesh: BaseMesh, body: np.ndarray, normals: np.ndarray, placement: Placement
) -> Part:
    """A chain, or beads. body, normals: (V, 3) of the base mesh, its shoulders bent, metres, head space."""
    rings = neck_rings(mesh)
    skin, out = rings.on(body), rings.on(normals)
    angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    height = 1.2 + 2.2 * (0.5 - 0.5 * np.cos(angle))  # lower in front
    low = height.astype(int)
    share = (height - low)[:, None]
    column = np.arange(AROUND)
    path = skin[low, column] * (1.0 - share) + skin[low + 1, column] * share + out[low, column] * 0.0025
    metal = Plain(_METALS[rng.integers(len(_METALS))], 0.35, 90.0, "sharp")
    if rng.random() < 0.6:
        return _part([tube(path, rng.uniform(0.0009, 0.0022), 6, closed=True)], placement, metal)
    size = rng.uniform(0.003, 0.005)
    points = np.vstack((path, 0.5 * (path + np.roll(path, 1, 0))))
    beads = [ellipsoid(point, np.full(3, size), 6, 8) for point in points]
    return _part(beads, placement, Plain(any_colour(rng), 0.06, 80.0, "soft"))


def _part(solids: list[Solid], placement: Placement, material: Plain) -> Part:
    return part("necklace", solids, placement, material, segment=Segment.CLOTHES)
