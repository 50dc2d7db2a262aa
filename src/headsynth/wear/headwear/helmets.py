"""Helmets for riding a bicycle and for building sites.

Measures and colours are by eye.
"""

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.people.person import Person
from headsynth.rendering.materials import Plain
from headsynth.wear import fabrics
from headsynth.wear.accessory import Accessory
from headsynth.wear.headwear import hat_shapes
from headsynth.wear.headwear.fit import Fit, roll, worn
from headsynth.wear.solids import Solid, part, surface, tube
from headsynth.wear.wardrobe import Wardrobe


def bike_helmet(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A shell with ridges, an edge, straps to below the chin."""
    fit = Fit.of(wardrobe.sites, person.body, rng.uniform(0.02, 0.045), rng.uniform(0.0, 0.02), 0.02, roll=roll(rng))
    share = np.linspace(0.0, 1.0, 14)[:, None]
    ridges = 0.006 * np.sign(np.cos(fit.azimuth * 2.0) * np.sin(9.0 * fit.azimuth)) * (share > 0.25) * (share < 0.85)
    extra = 0.012 * np.sin(np.pi * share) + 0.016 * np.sin(np.pi * share) * np.clip(-fit.ahead, 0, 1) + ridges
    shell = surface(fit.dome(14, extra), around=True)
    paint = np.stack((any_colour(rng), any_colour(rng) * 0.3))
    look = fabrics.painted(paint, "stripes" if rng.random() < 0.5 else "plain", 0.09, shine=0.05, gloss=60.0)
    edge = fit.band(-0.004, 0.012, 0.002, 0.021)
    parts = [part("helmet", [shell], person.body.placement, look)]
    parts.append(part("edge", [edge], person.body.placement, Plain(np.full(3, 0.02), 0.03, 30.0)))
    parts.append(part("straps", _straps(wardrobe, person), person.body.placement, Plain(np.full(3, 0.02), 0.01)))
    return worn("bike helmet", fit, person, parts)


def _straps(wardrobe: Wardrobe, person: Person) -> list[Solid]:
    """From the helmet in front of the ears to below the chin, clear of the cheeks."""
    points, sites = person.body.posed, wardrobe.sites
    low = points[sites.under_jaw] + [0.0, -0.006, 0.0]
    straps = []
    for side, root in zip((1.0, -1.0), sites.ear_root, strict=True):
        start = points[root] + [side * 0.008, 0.02, 0.008]
        jaw = points[sites.jaw[0 if side > 0 else 1]] + [side * 0.008, -0.012, 0.02]
        path = np.stack(
            (
                start,
                0.5 * (start + jaw) + [side * 0.004, 0.0, 0.002],
                jaw,
                0.5 * (jaw + low) + [side * 0.008, -0.012, 0.0],
                low,
            )
        )
        straps.append(tube(path, 0.006, 6, flat=0.2))
    return straps


def hard_hat(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A smooth shell with a ridge from front to back and a short peak."""
    fit = Fit.of(wardrobe.sites, person.body, rng.uniform(0.025, 0.045), rng.uniform(0.0, 0.015), 0.016, roll=roll(rng))
    share = np.linspace(0.0, 1.0, 14)[:, None]
    ridge = (
        0.006 * np.exp(-np.square(np.sin(fit.azimuth) / 0.18)) * np.clip(3.0 * share, 0.0, 1.0) * (1.0 - share) ** 0.5
    )
    shell = surface(fit.dome(14, 0.018 * np.sin(0.5 * np.pi * share) + ridge), around=True)
    brim = hat_shapes.brim(rng, fit, rng.uniform(0.01, 0.02), 0.25)
    visor = hat_shapes.visor(rng, fit, length=0.035)
    bright = np.array([[0.75, 0.5, 0.02], [0.8, 0.8, 0.78], [0.65, 0.16, 0.02], [0.05, 0.15, 0.5], [0.55, 0.03, 0.03]])
    plastic = Plain(bright[rng.integers(len(bright))] * rng.uniform(0.7, 1.0), 0.045, 50.0, "soft")
    return worn("hard hat", fit, person, [part("hard hat", [shell, brim, visor], person.body.placement, plastic)])
