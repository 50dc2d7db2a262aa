"""Hats with a brim all around: fedoras, bucket hats, sun hats.

Shares and measures are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from headsynth.people.person import Person
from headsynth.wear import fabrics
from headsynth.wear.accessory import Accessory
from headsynth.wear.fabrics import Fabric
from headsynth.wear.headwear import hat_shapes
from headsynth.wear.headwear.fit import Fit, roll, worn
from headsynth.wear.solids import Solid, part
from headsynth.wear.wardrobe import Wardrobe

_FROM_ASSETS = 0.4  # of the fedoras, where the folder has some
_COCKED = -0.016  # metres by which the left of a cocked one is higher


def brimmed(kind: str) -> Callable[[np.random.Generator, Wardrobe, Person], Accessory]:
    """What makes a hat with a brim; kind: fedora, bucket hat or sun hat."""

    def make(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
        style = _STYLES[kind]
        if style.of_assets and wardrobe.hats and rng.random() < _FROM_ASSETS:
            return _asset(rng, wardrobe, person)
        front, back = rng.uniform(0.02, 0.05), rng.uniform(-0.012, 0.012)
        fit = Fit.of(wardrobe.sites, person.body, front, back, rng.uniform(0.007, 0.011), roll=roll(rng))
        cloth, crown, brim = style.shape(rng, fit)
        place = person.body.placement
        parts = [part("crown", [crown], place, cloth), part("brim", [brim], place, cloth)]
        if style.ribboned and rng.random() < 0.85:
            ribbon = hat_shapes.ribbon(crown.vertices, 2, rng.uniform(0.0, 0.9))
            parts.append(part("ribbon", [ribbon], place, fabrics.cotton(rng, "plain")))
        return worn(kind, fit, person, parts)

    return make


def _fedora(rng: np.random.Generator, fit: Fit) -> tuple[Fabric, Solid, Solid]:
    tall = _over_skull(fit) + rng.uniform(0.012, 0.03)
    profile = _profile(tall, rng.uniform(0.72, 0.86))
    crown = hat_shapes.crown(fit, profile, rng.uniform(0.01, 0.025), rng.uniform(0.1, 0.35))
    width = rng.uniform(0.035, 0.075)
    brim = hat_shapes.brim(rng, fit, width, rng.uniform(0.0, 0.25), rng.uniform(0.0, 0.035))
    return fabrics.felt(rng) if rng.random() < 0.8 else fabrics.straw(rng), crown, brim


def _bucket(rng: np.random.Generator, fit: Fit) -> tuple[Fabric, Solid, Solid]:
    tall = _over_skull(fit) + rng.uniform(0.004, 0.012)
    crown = hat_shapes.crown(fit, _profile(tall, rng.uniform(0.82, 0.92)))
    brim = hat_shapes.brim(rng, fit, rng.uniform(0.045, 0.065), rng.uniform(0.5, 1.1), 0.0, rng.uniform(0.0, 0.004))
    return fabrics.cotton(rng), crown, brim


def _sun_hat(rng: np.random.Generator, fit: Fit) -> tuple[Fabric, Solid, Solid]:
    tall = _over_skull(fit) + rng.uniform(0.003, 0.02)
    crown = hat_shapes.crown(fit, _profile(tall, rng.uniform(0.55, 0.85)))
    width = rng.uniform(0.07, 0.13)
    brim = hat_shapes.brim(rng, fit, width, rng.uniform(0.05, 0.4), rng.uniform(-0.01, 0.04), rng.uniform(0.0, 0.012))
    return fabrics.straw(rng) if rng.random() < 0.7 else fabrics.cotton(rng), crown, brim


def _over_skull(fit: Fit) -> float:
    """Metres from the rim's plane to the top of the skull."""
    return float(fit.hull.radius(fit.up[None])[0] - (fit.rim.mean(axis=0) - fit.hull.centre) @ fit.up)


def _profile(tall: float, top: float) -> np.ndarray:
    """Widths over the rim's and heights of a crown with a rounded edge; top: its width there."""
    low = [(1.0, 0.0), (0.985, 0.2), (0.96, 0.4), (0.92, 0.6), (0.5 + 0.5 * top, 0.78)]
    high = [
        (top, 0.9),
        (0.93 * top, 0.96),
        (0.8 * top, 0.99),
        (0.6 * top, 1.0),
        (0.4 * top, 1.0),
        (0.2 * top, 1.0),
        (0.002, 1.0),
    ]
    return np.array(low + high) * [1.0, tall]


@dataclass(frozen=True)
class _Style:
    """One kind of hat with a brim."""

    shape: Callable[[np.random.Generator, Fit], tuple[Fabric, Solid, Solid]]  # its cloth, crown and brim
    ribboned: bool = True  # most have a ribbon about the crown
    of_assets: bool = False  # the folder's hats are of this kind


_STYLES = {
    "fedora": _Style(_fedora, of_assets=True),
    "bucket hat": _Style(_bucket, ribboned=False),
    "sun hat": _Style(_sun_hat),
}


def _asset(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A felt hat of the folder, kept clear of the skull, with a ribbon."""
    hats, body = wardrobe.hats, person.body
    item = hats[rng.integers(len(hats))]
    tilt = _COCKED if "cocked" in item.name else 0.0
    fit = Fit.of(wardrobe.sites, body, 0.036, 0.03, 0.005, roll=tilt)
    points = wardrobe.mesh.fit(item.binding, body.neutral, body.posed).astype(np.float64)
    arm = points - fit.hull.centre
    length = np.linalg.norm(arm, axis=1)
    on_brim = length - fit.hull.radius(arm / length[:, None]) > 0.022
    points = np.where(on_brim[:, None], points, fit.hull.onto(points, fit.gap))
    height = np.where(on_brim & (fit.above(points) < 0.03), -0.01, fit.above(points))
    uvs = np.stack((np.arctan2(arm[:, 0], arm[:, 2]) * 0.09, height), axis=1)
    felt = fabrics.with_ribbon(fabrics.felt(rng), fabrics.colours(rng)[0], rng.uniform(0.025, 0.04))
    return worn("fedora", fit, person, [part("fedora", [Solid(points, item.triangles, uvs)], body.placement, felt)])
