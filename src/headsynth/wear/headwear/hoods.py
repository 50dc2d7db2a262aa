"""Cloth about the whole head with an opening for the face, and its drape about the neck: hijabs, hoods.

Measures are by eye.
"""

from dataclasses import dataclass, replace

import numpy as np

from headsynth.people.person import Person
from headsynth.wear import fabrics
from headsynth.wear.accessory import Accessory
from headsynth.wear.hull import Hull
from headsynth.wear.solids import Solid, bent_to_shoulders, part, surface, tube
from headsynth.wear.wardrobe import Wardrobe

_AROUND = 56  # columns about the face's axis, and about the neck
_ROWS = 18
_INNER = 7  # rows of the lining
_LOOSE = 0.012  # metres from the skull from which on cloth stands off it
_SLICE = 0.02  # metres above and below a height in which the neck's width is measured
_NECK = 0.03  # metres below the chin down to which a bag over the head reaches
_ROUND = np.arange(_AROUND) * (2.0 * np.pi / _AROUND)


@dataclass(frozen=True)
class Opening:
    """What the face looks out of, metres: over the brows, in front of the ears, below the chin."""

    top: float
    side: float
    bottom: float


def hijab(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A scarf that covers hair, ears and neck, and lies on the shoulders."""
    opening = Opening(rng.uniform(0.02, 0.042), rng.uniform(0.028, 0.042), rng.uniform(0.004, 0.012))
    cloth = fabrics.folded(rng, fabrics.silk(rng), person.body.placement, rng.uniform(0.6, 1.4))
    gap = rng.uniform(0.005, 0.010)
    creases = _creases(rng, rng.uniform(0.001, 0.004)) + rng.uniform(0.0, 0.022) * _bun()
    head, _ = _about_head(wardrobe, person, opening, gap, creases)
    drape = _about_neck(rng, wardrobe, person, fill=rng.uniform(0.5, 1.0), gap=0.008, width=rng.uniform(0.15, 0.2))
    solids = [head, drape]
    if rng.random() < 0.35:  # another layer beneath, seen at the forehead
        under, _ = _about_head(wardrobe, person, Opening(opening.top - 0.009, opening.side, -0.02), 0.003, 0.0)
        parts = [part("cap", [_bent(under, wardrobe, person)], person.body.placement, fabrics.cotton(rng, "plain"))]
    else:
        parts = []
    parts.append(part("hijab", [_bent(solid, wardrobe, person) for solid in solids], person.body.placement, cloth))
    return Accessory("hijab", tuple(parts), np.ones(len(person.body.posed), bool), drapes=True)


def hood(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """The hood of a sweater or a coat, up."""
    opening = Opening(rng.uniform(0.045, 0.075), rng.uniform(0.0, 0.02), rng.uniform(0.015, 0.035))
    gap = rng.uniform(0.014, 0.03)
    head, edge = _about_head(wardrobe, person, opening, gap, _creases(rng, 0.006) + rng.uniform(0.0, 0.02) * _peak())
    collar = _about_neck(rng, wardrobe, person, fill=1.0, gap=0.016, width=0.17, drop=rng.uniform(0.02, 0.035))
    hem = tube(edge, 0.005, 6, closed=True)
    place = person.body.placement
    cloth = fabrics.folded(rng, fabrics.cotton(rng, "plain"), place, rng.uniform(0.5, 1.2))
    trim = fabrics.fur(rng) if rng.random() < 0.15 else cloth
    if trim is not cloth:
        hem = tube(edge, rng.uniform(0.012, 0.02), 10, closed=True)
    parts = part("hood", [_bent(solid, wardrobe, person) for solid in (head, collar)], place, cloth)
    worn = parts, part("hem", [_bent(hem, wardrobe, person)], place, trim)
    return Accessory("hood", worn, np.ones(len(person.body.posed), bool), drapes=True)


def _bent(solid: Solid, wardrobe: Wardrobe, person: Person) -> Solid:
    return replace(solid, vertices=bent_to_shoulders(solid.vertices, wardrobe.mesh, person.body))


def _about_head(
    wardrobe: Wardrobe, person: Person, opening: Opening, gap: float, extra: np.ndarray | float
) -> tuple[Solid, np.ndarray]:
    """A bag over the head and (_AROUND, 3) its edge about the face.

    Columns turn about the axis that looks out of the face: 0 up, then to the head's left. extra: (_ROWS, _AROUND).
    """
    sites, points = wardrobe.sites, person.body.posed
    skin = points[np.concatenate((sites.skull, *sites.ears))]
    chin, brow = points[sites.chin], points[sites.brow]
    middle = np.array([chin[0], 0.5 * (skin[:, 1].max() + chin[1]), 0.5 * (skin[:, 2].min() + chin[2])])
    neck = points[sites.skin]
    neck = neck[(neck[:, 1] > chin[1] - _NECK) & (np.hypot(neck[:, 0], neck[:, 2]) < 0.09)]
    hull = Hull.of(np.concatenate((skin[skin[:, 2] < brow[2] + 0.004], neck)), middle)
    root = points[list(sites.ear_root)].mean(axis=0)
    lateral = float(points[sites.ear_root[0], 0] - middle[0])
    top = np.array([brow[1] + opening.top, brow[2] - 0.35 * opening.top]) - middle[1:]
    low = np.array([chin[1] - opening.bottom, chin[2] - 0.012 - opening.bottom]) - middle[1:]
    level, upright = np.sin(_ROUND) * lateral, np.cos(_ROUND)
    height = 0.5 * (top[0] + low[0]) + 0.5 * (top[0] - low[0]) * upright
    beside = root[2] + opening.side - middle[2]
    depth = beside + (np.where(upright > 0.0, top[1], low[1]) - beside) * upright**2
    turn, first = np.arctan2(level, height), np.arctan2(np.hypot(level, height), depth)
    share = np.linspace(0.0, 1.0, _ROWS)[:, None]
    close = np.minimum(0.35 + 4.0 * share, 1.0) if gap < _LOOSE else 1.0  # a scarf lies on the face's edge
    outside = _spread(hull, turn, first + (0.999 * np.pi - first) * share, gap * close + extra)
    back = np.linspace(1.0, 0.0, _INNER)[:, None]
    inside = _spread(hull, turn, first + (0.99 * np.pi - first) * back, max(0.35 * gap - 0.001, 0.0013))
    return surface(np.concatenate((inside, outside)), around=True), outside[0]


def _spread(hull: Hull, turn: np.ndarray, polar: np.ndarray, gap: np.ndarray | float) -> np.ndarray:
    """(R, _AROUND) angles from the face's axis, (_AROUND,) angles about it -> (R, _AROUND, 3) points."""
    level = np.stack((np.sin(turn), np.cos(turn), np.zeros(_AROUND)), axis=1)
    towards = np.sin(polar)[..., None] * level + np.cos(polar)[..., None] * np.array([0.0, 0.0, 1.0])
    return hull.centre + (hull.radius(towards) + gap)[..., None] * towards


def _creases(rng: np.random.Generator, depth: float) -> np.ndarray:
    """(_ROWS, _AROUND) metres >= 0: folds that run from the crown of the head down its sides."""
    share = np.linspace(0.0, 1.0, _ROWS)[:, None]
    total = np.zeros((_ROWS, _AROUND))
    for _ in range(4):
        along, around, shift = rng.uniform(4.0, 16.0), rng.integers(0, 3), rng.uniform(0.0, 2.0 * np.pi)
        total += np.sin(along * share + around * np.cos(_ROUND) * 2.0 + shift)
    return (
        depth * (1.0 + total / 4.0).clip(0.0) * np.minimum(6.0 * share + 0.2, 1.0) * np.minimum(6.0 - 6.0 * share, 1.0)
    )


def _peak() -> np.ndarray:
    """(_ROWS, _AROUND) 0..1: the point of a hood at the back of the top."""
    share = np.linspace(0.0, 1.0, _ROWS)[:, None]
    return np.sin(np.pi * np.clip(share * 1.2, 0.0, 1.0)) * np.clip(np.cos(_ROUND), 0.0, 1.0) ** 2


def _bun() -> np.ndarray:
    """(_ROWS, _AROUND) 0..1: hair gathered at the back of the head."""
    share = np.linspace(0.0, 1.0, _ROWS)[:, None]
    return np.exp(-np.square((1.0 - share) / 0.3)) * np.ones(_AROUND)


def _about_neck(
    rng: np.random.Generator,
    wardrobe: Wardrobe,
    person: Person,
    fill: float,
    gap: float,
    width: float,
    drop: float = 0.006,
) -> Solid:
    """A drape from below the chin over the neck to the shoulders.

    fill: 0..1 how straight it hangs from the chin; width: metres from the neck's axis to its lower edge; drop: metres
    of its upper edge below the chin.
    """
    sites, points = wardrobe.sites, person.body.posed
    chin = points[sites.chin]
    axis = wardrobe.mesh.neck.pivot + np.array([chin[0], 0.0, 0.012])
    skin = points[np.concatenate((sites.skin, *sites.ears))] - axis
    skin = skin[(np.hypot(skin[:, 0], skin[:, 2]) < width) & (skin[:, 1] < points[sites.jaw[0], 1] - axis[1])]
    heights = np.linspace(chin[1] - drop - axis[1], -0.17, 16)
    around = np.stack((np.sin(_ROUND), np.cos(_ROUND)), axis=1)
    reach = np.stack([_slice(skin, height, around) for height in heights])
    line = np.linspace(0.0, 1.0, len(heights))[:, None]
    straight = np.maximum.accumulate(np.maximum(reach, reach[0] * (1.0 - line) + reach[-1] * line), axis=0)
    reach = np.maximum(reach, fill * straight + (1.0 - fill) * reach) + gap
    behind = 0.5 - 0.5 * np.cos(_ROUND)
    waves = sum(
        np.sin(rng.uniform(10.0, 26.0) * line + 2.5 * np.cos(_ROUND - rng.uniform(0, 6.3)) + rng.uniform(0, 6.3))
        for _ in range(3)
    )
    reach = reach + 0.0025 * np.maximum(1.2 + np.asarray(waves), 0.0)
    level = heights[:, None] + behind * 0.05 * (1.0 - line)
    outside = np.stack((reach * around[:, 0], level, reach * around[:, 1]), axis=-1) + axis
    inside = outside[:2] - 0.004 * np.stack((around[:, 0], 0.0 * _ROUND, around[:, 1]), axis=1)
    inside[1] = outside[1] - 0.02 * np.stack((around[:, 0], 0.0 * _ROUND, around[:, 1]), axis=1)
    return surface(np.concatenate((outside[::-1], inside)), around=True)


def _slice(skin: np.ndarray, height: float, around: np.ndarray) -> np.ndarray:
    """(_AROUND,) metres from the axis to the convex outline of the skin near a height."""
    near = skin[np.abs(skin[:, 1] - height) < _SLICE]
    if len(near) < 3:
        return np.full(len(around), 0.06)
    support = np.maximum((near[:, [0, 2]] @ around.T).max(axis=0), 0.02)
    return 1.0 / (around @ (around / support[:, None]).T).max(axis=1)
