"""Locks that grow from the template's scalp step by step: combed, falling, held off the skin.

Numbers are by eye.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from headsynth.hair.ground import Roots
from headsynth.hair.hairlines import Hairline
from headsynth.hair.space import Space
from headsynth.hair.styles import HairStyle
from headsynth.hair.textures import LOCKS, SPARSE
from headsynth.rendering.vectors import smoothstep

_WHORL = np.array([0.012, 0.11, -0.05], np.float32)  # metres, head space
_MIDDLE = np.array([0.0, 0.03, -0.01], np.float32)  # of the skull
_OFF_SKIN = 0.0028  # metres, the least distance of a lock beyond its root
_VEILED = 0.05  # share of heads whose hair may hang over the face
_LOOSE = 0.05  # share of flyaway locks


@dataclass(frozen=True)
class HairPlan:
    """What is drawn of a head of hair before it grows; N locks in mirrored pairs."""

    style: HairStyle
    roots: Roots
    height: np.ndarray  # (N,) metres above this head's hairline
    kept: np.ndarray  # (N,) bool
    side: float  # 1 or -1: to which side the hair is combed
    part: float  # metres from the middle
    tie: np.ndarray  # (3,) metres, where tied hair meets
    volume: float  # metres
    tuck: float  # 0..1 how much hair is combed behind the ears
    veil: np.ndarray  # (N,) bool, may hang over the face
    divide: float  # metres, z: hair rooted before it falls in front of the shoulders
    wind: np.ndarray  # (3,) added to gravity's direction
    length: np.ndarray  # (N,) metres
    layer: np.ndarray  # (N,) 0 on the skin to 1 outermost
    noise: np.ndarray  # (N, 3) standard normal
    phase: np.ndarray  # (N,) radians
    lock: np.ndarray  # (N,) which lock of the texture
    code: np.ndarray  # (N,) a whole number for the lock's own tone

    @property
    def mirrored(self) -> "HairPlan":
        """The plan of the same hair seen in a mirror."""
        flip = np.array([-1.0, 1.0, 1.0])
        other = np.arange(len(self.length)) ^ 1
        names = ("height", "kept", "veil", "length", "layer", "phase", "lock", "code")
        swapped = {name: getattr(self, name)[other] for name in names}
        return replace(
            self, **swapped, side=-self.side, part=-self.part, tie=self.tie * flip, wind=self.wind * flip,
            noise=self.noise[other] * flip,
        )  # fmt: skip


def plan(rng: np.random.Generator, style: HairStyle, roots: Roots, hairline: Hairline) -> HairPlan:
    """Draw one head of hair in a style from mirrored pairs of roots, above a hairline."""
    roots = roots.taken(np.arange(style.locks - style.locks % 2))
    count = len(roots.points)
    height = hairline.above(roots.points, roots.height)
    noise = rng.normal(size=(count, 3)).astype(np.float32)
    layer = rng.beta(2.1, 1.0, count).astype(np.float32)
    dense = LOCKS - SPARSE
    lock = rng.integers(dense, size=count)
    loose = rng.random(count) < _LOOSE
    lock[loose] = dense + rng.integers(SPARSE, size=int(loose.sum()))
    layer[loose] = rng.uniform(1.0, 1.25, int(loose.sum()))
    gust = rng.normal(size=3) * [1.0, 0.25, 0.8] * (rng.uniform(0.3, 1.0) if rng.random() < 0.08 else 0.03)
    side = 1.0 if rng.random() < 0.5 else -1.0
    return HairPlan(
        style, roots, height, height > rng.uniform(-0.001, 0.004, count), side,
        part=side * max(rng.normal(0.025, 0.02), 0.0) if style.field == "part" else 0.0,
        tie=_tie(rng, style),
        volume=rng.uniform(*style.volume),
        tuck=rng.uniform(0.3, 1.0) if rng.random() < 0.4 else 0.0,
        veil=_veil(rng, style, roots, height),
        divide=rng.choice([-0.2, 0.2, rng.uniform(-0.04, 0.04)], p=[0.15, 0.25, 0.6]),
        wind=gust.astype(np.float32),
        length=_lengths(rng, style, roots, height),
        layer=layer, noise=noise,
        phase=rng.uniform(0.0, 2.0 * np.pi, count).astype(np.float32),
        lock=lock, code=rng.integers(32, size=count),
    )  # fmt: skip


def _tie(rng: np.random.Generator, style: HairStyle) -> np.ndarray:
    """(3,) metres, template: where hair is tied, on the back of the head from the nape to the top."""
    angle = np.deg2rad(rng.uniform(-25.0, 75.0) if style.tail else 0.0)
    return np.array([0.0, 0.03 + 0.11 * np.sin(angle), -0.035 - 0.095 * np.cos(angle)], np.float32)


def _lengths(rng: np.random.Generator, style: HairStyle, roots: Roots, height: np.ndarray) -> np.ndarray:
    """(N,) metres: top, sides, back and fringe run into each other."""
    points = roots.points
    low = smoothstep(points[:, 1], 0.075, 0.03)
    behind = smoothstep(points[:, 2], -0.02, -0.06)
    fringe = fringe_share(points, height)
    draws = [rng.uniform(*bounds) for bounds in (style.top, style.side, style.back, style.fringe or style.top)]
    length = draws[0] * (1.0 - low) + low * (draws[1] * (1.0 - behind) + draws[2] * behind)
    if style.fringe is not None:
        length = length * (1.0 - fringe) + draws[3] * fringe
    if style.field == "up":
        length = length * np.clip(height / 0.04, 0.35, 1.0)
    return (length * np.exp(rng.normal(0.0, 0.09, len(points)))).astype(np.float32)


def _veil(rng: np.random.Generator, style: HairStyle, roots: Roots, height: np.ndarray) -> np.ndarray:
    """(N,) bool: fringes, a few loose locks, and now and then all hair."""
    count = len(height)
    if rng.random() < _VEILED:
        return np.ones(count, bool)
    veil = rng.random(count) < rng.choice([0.0, 0.04], p=[0.6, 0.4])
    if style.fringe is not None:
        veil |= fringe_share(roots.points, height) > 0.5
    return veil


def fringe_share(points: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(N,) 1 for roots above the forehead, height: (N,) metres above the hairline."""
    ahead = smoothstep(points[:, 2], 0.02, 0.04) * smoothstep(height, 0.05, 0.035)
    return ahead * smoothstep(np.abs(points[:, 0]), 0.062, 0.048)


def grow(space: Space, drawn: HairPlan) -> tuple[np.ndarray, np.ndarray]:
    """(N, K + 1, 3) places of the locks on the template, metres, and (N, K + 1, 3) unit directions off the skin."""
    if drawn.style.field == "tie":
        return _tied(space, drawn)
    style, roots = drawn.style, drawn.roots
    steps = shares(style.segments)
    place = roots.points + np.float32(0.0005) * roots.normals
    away = roots.normals
    flat = _along(_field(drawn, place), away)
    heading = _unit(style.lift * away + (1.0 - style.lift) * flat + style.noise * drawn.noise * 0.5)
    edge = np.clip(drawn.height / 0.03, 0.3, 1.0) * np.clip(0.75 + 0.4 * away[:, 1], 0.6, 1.0)
    places, aways = [place], [away]
    travelled = np.zeros(len(place), np.float32)
    for low, high in pairwise(steps):
        step = (high - low) * drawn.length
        held = np.exp(-travelled / (0.10 + 0.1 * style.comb))[:, None]
        pull = style.comb * held * _along(_field(drawn, place), away)
        fall = _fall(drawn, place)
        weight = style.gravity * np.clip(travelled / 0.12, 0.06, 1.0)[:, None]
        wander = np.sin(drawn.phase + 40.0 * travelled)[:, None] * drawn.noise[:, [0, 2, 1]]
        heading = _unit(heading + 0.7 * pull + weight * fall + style.noise * 0.5 * (drawn.noise + wander))
        moved = place + heading * step[:, None]
        travelled = travelled + step
        clear = _OFF_SKIN + drawn.layer * drawn.volume * edge * (1.0 - np.exp(-travelled / 0.02))
        clear = np.minimum(clear, 0.0008 + 0.8 * travelled)
        moved, away = _held_off(space, _off_face(drawn, moved), clear, style.cling * held[:, 0])
        heading = _unit(0.5 * heading + 0.5 * _unit(moved - place))
        place = moved
        places.append(place)
        aways.append(away)
    return _waved(drawn, np.stack(places, axis=1), np.stack(aways, axis=1))


def shares(segments: int) -> np.ndarray:
    """(K + 1,) 0 to 1: shorter stretches near the root, where the skull bends the hair."""
    return (np.linspace(0.0, 1.0, segments + 1) ** (1.25 if segments > 4 else 1.0)).astype(np.float32)


def _tied(space: Space, drawn: HairPlan) -> tuple[np.ndarray, np.ndarray]:
    """Places and directions of `grow` for tied hair: around the skull to the tie."""
    start, end = drawn.roots.points - _MIDDLE, drawn.tie + drawn.noise * 0.004 - _MIDDLE
    far = np.linalg.norm(start, axis=1, keepdims=True), np.linalg.norm(end, axis=1, keepdims=True)
    first, last = start / far[0], end / far[1]
    angle = np.arccos(np.clip(np.einsum("nc,nc->n", first, last), -0.995, 0.995))[:, None]
    places, aways = [drawn.roots.points], [drawn.roots.normals]
    clear = _OFF_SKIN + drawn.layer * drawn.volume
    for share in np.linspace(0.0, 1.0, drawn.style.segments + 1)[1:]:
        way = (np.sin((1.0 - share) * angle) * first + np.sin(share * angle) * last) / np.sin(angle)
        place = (_MIDDLE + _unit(way) * (far[0] + (far[1] - far[0]) * share)).astype(np.float32)
        for cling in (0.9, 0.9 if share < 0.9 else 0.0):
            place, away = _held_off(space, place, clear * min(1.0, 4.0 * share) + 0.002, cling)
        places.append(place)
        aways.append(away)
    return np.stack(places, axis=1).astype(np.float32), np.stack(aways, axis=1).astype(np.float32)


def _held_off(
    space: Space, places: np.ndarray, clear: np.ndarray, cling: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Places moved out to `clear` (N,) metres from the skin, or back to it by the share `cling`; and the way off the
    skin.
    """
    distance, away = space.look(places)
    lack = clear - distance
    return places + away * np.where(lack > 0.0, lack, lack * cling)[:, None], away


def _off_face(drawn: HairPlan, places: np.ndarray) -> np.ndarray:
    """Hair that would hang before the face hangs beside it, but for fringes and veils."""
    before = smoothstep(places[:, 2], 0.035, 0.065) * smoothstep(places[:, 1], 0.065, 0.03)
    aside = before * 0.056 * (1.0 + 0.12 * drawn.noise[:, 1]) * ~drawn.veil
    moved = places.copy()
    side = np.where(np.abs(places[:, 0]) > 0.004, places[:, 0], drawn.roots.points[:, 0] - drawn.part)
    moved[:, 0] = np.where(np.abs(places[:, 0]) < aside, np.sign(side) * aside, places[:, 0])
    return moved


def _fall(drawn: HairPlan, places: np.ndarray) -> np.ndarray:
    """(N, 3) down, in front of the shoulders or behind them, and where the wind blows."""
    before = drawn.roots.points[:, 2] + 0.02 * drawn.noise[:, 2] > drawn.divide
    wanted = np.where(before, 0.05, -0.11) - places[:, 2]
    down = np.zeros_like(places)
    down[:, 1] = -1.0
    near = smoothstep(places[:, 1], -0.06, -0.11) * smoothstep(np.abs(places[:, 0]), 0.03, 0.07)
    down[:, 2] = np.clip(wanted * 25.0, -1.3, 1.3) * near
    return down + drawn.wind


def _field(drawn: HairPlan, places: np.ndarray) -> np.ndarray:
    """(N, 3) where the style combs hair at these places; any length."""
    x, y, z = places.T
    kind, side = drawn.style.field, drawn.side
    if kind in ("crown", "fringe", "part"):
        over = np.sign(drawn.roots.points[:, 0] - drawn.part + 0.003 * drawn.noise[:, 0])
        over = over * smoothstep(z, -0.07, 0.0)
        top = np.stack((over, np.full_like(x, -0.5), -0.35 - 0.3 * smoothstep(z, 0.0, -0.06)), axis=1)
        if kind != "part":
            ahead = 1.0 if kind == "crown" else fringe_share(drawn.roots.points, drawn.height)[:, None]
            top = top * (1.0 - ahead) + ahead * _unit(places - _WHORL * np.array([side, 1.0, 1.0], np.float32))
    elif kind == "back":
        top = np.stack((0.25 * np.sign(x), np.full_like(x, -0.2), np.full_like(x, -1.0)), axis=1)
    elif kind == "side":
        top = np.stack((np.full_like(x, 0.8 * side), np.full_like(x, 0.0), 0.4 + 3.0 * z), axis=1)
    else:
        top = np.zeros_like(places)
    low = smoothstep(y, 0.07, 0.02)[:, None]
    sides = np.stack((0.0 * x, -np.ones_like(x), np.full_like(x, -0.55 - 1.2 * drawn.tuck)), axis=1)
    if kind == "up":
        sides = 0.3 * sides
    behind = smoothstep(z, -0.03, -0.07)[:, None]
    sides = sides * (1.0 - behind) + behind * np.stack((-1.5 * x, -np.ones_like(x), 0.0 * x), axis=1)
    return _unit(top) * (1.0 - low) + sides * low


def _waved(drawn: HairPlan, places: np.ndarray, aways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Locks that wind about their own middle line."""
    style = drawn.style
    if not style.wave:
        return places, aways
    along = _unit(np.gradient(places, axis=1))
    across = _unit(np.cross(along, aways))
    share = shares(style.segments)
    angle = drawn.phase[:, None] + 2.0 * np.pi * style.waves * share * np.exp(0.2 * drawn.noise[:, 1:2])
    size = style.wave * np.minimum(share * 4.0, 1.0)
    turned = across * (drawn.side * size * np.cos(angle))[..., None] + aways * (size * (1.0 + np.sin(angle)))[..., None]
    return (places + turned).astype(np.float32), aways


def _along(directions: np.ndarray, away: np.ndarray) -> np.ndarray:
    """(N, 3) directions without the part that points off the skin, along the unit vectors `away` (N, 3)."""
    return directions - away * np.einsum("nc,nc->n", directions, away)[:, None]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
