"""All light on a head: the surroundings, their brightest lamp, and others, put together as photographers meet them.

Shares and ranges of lights are by eye; so is the slope of a lamp's colour by its temperature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headsynth.rendering.environment import LUMINANCE, Lamp, PlacedEnvironment
from headsynth.shares import log_uniform, one_of

Range = tuple[float, float]


@dataclass(frozen=True)
class Light:
    """All light on a head, and what it means for the camera."""

    surroundings: PlacedEnvironment
    fill: np.ndarray  # (3,) factor on the surroundings
    lamps: Sequence[Lamp]
    backdrop: np.ndarray = field(default_factory=lambda: np.ones(3, np.float32))  # (3,) factor on what is behind
    exposure: float = 0.0  # stops away from a well exposed face
    adaptation: float = 1.0  # how far the camera's white balance takes the light's colour away, 0 to 1
    darkness: float = 0.0  # how far the sensor's gain is turned up, 0 to 1
    standard: bool = True  # neither hard, coloured nor scarce


@dataclass(frozen=True)
class _Source:
    """How a lamp is drawn. azimuth: degrees to either side from the camera's; 180 is behind the head."""

    azimuth: Range
    elevation: Range  # degrees
    strength: Range  # irradiance / pi beside surroundings of about one, log-uniform
    radius: Range  # degrees, half-angle, log-uniform
    kelvin: Range = (4500.0, 7000.0)  # log-uniform; (0, 0): any hue


@dataclass(frozen=True)
class _Setup:
    share: float
    standard: bool
    sources: tuple[_Source, ...] = ()
    fill: Range = (0.75, 1.35)  # factor on the surroundings, log-uniform
    own: Range = (1.0, 1.0)  # factor on the surroundings' own lamp
    backdrop: Range | None = (0.8, 1.25)  # factor on what is behind; None: the fill's
    exposure: Range = (0.0, 0.15)  # stops: mean and deviation
    adaptation: Range = (0.8, 1.0)
    darkness: float = 0.0


_SETUPS: Mapping[str, _Setup] = {
    "surroundings": _Setup(0.36, True),
    "lamp": _Setup(0.20, True, (_Source((0, 130), (-10, 70), (0.3, 2.2), (2, 18), (3200, 8000)),)),
    "soft boxes": _Setup(
        0.08,
        True,
        (
            _Source((10, 60), (5, 50), (0.8, 2.0), (12, 20), (4800, 6200)),
            _Source((60, 160), (0, 50), (0.1, 0.9), (8, 20), (4800, 6200)),
        ),
        fill=(0.2, 0.6),
        own=(0.0, 0.0),
    ),
    "sun": _Setup(0.06, False, (_Source((0, 110), (15, 65), (1.5, 4.0), (0.5, 1.0), (4500, 6000)),), own=(0.0, 0.0)),
    "hard side": _Setup(
        0.07,
        False,
        (_Source((65, 110), (-10, 35), (1.2, 4.0), (0.5, 6), (3500, 6500)),),
        fill=(0.15, 0.5),
        own=(0.0, 0.5),
        exposure=(0.0, 0.4),
    ),
    "back": _Setup(
        0.06,
        False,
        (_Source((130, 175), (0, 50), (1.5, 5.0), (0.5, 8), (3500, 6500)),),
        fill=(0.35, 0.8),
        own=(0.0, 0.3),
        backdrop=(1.0, 3.0),
        exposure=(-0.1, 0.7),
    ),
    "top": _Setup(0.035, False, (_Source((0, 180), (62, 85), (1.5, 3.5), (0.5, 3)),), fill=(0.35, 0.7), own=(0.0, 0.0)),
    "below": _Setup(
        0.015, False, (_Source((0, 60), (-60, -25), (0.8, 2.5), (1, 15), (2000, 6000)),), fill=(0.12, 0.5), own=(0, 0.4)
    ),
    "low sun": _Setup(
        0.02,
        False,
        (_Source((30, 140), (2, 12), (1.5, 3.5), (0.5, 2), (2000, 3200)),),
        fill=(0.3, 0.7),
        own=(0.0, 0.0),
        adaptation=(0.1, 0.7),
    ),
    "coloured": _Setup(
        0.035,
        False,
        (
            _Source((20, 110), (-10, 50), (0.8, 2.5), (1, 12), (0, 0)),
            _Source((40, 170), (-10, 50), (0.8, 2.5), (1, 12), (0, 0)),
        ),
        fill=(0.05, 0.25),
        own=(0.0, 0.0),
        backdrop=None,
        exposure=(-0.2, 0.4),
        adaptation=(0.0, 0.35),
        darkness=0.5,
    ),
    "screen": _Setup(
        0.015,
        False,
        (_Source((0, 25), (-45, -10), (0.6, 1.2), (8, 16), (8000, 13000)),),
        fill=(0.04, 0.2),
        own=(0.0, 0.0),
        backdrop=None,
        exposure=(-0.6, 0.4),
        adaptation=(0.1, 0.7),
        darkness=0.7,
    ),
    "flash": _Setup(
        0.03,
        False,
        (_Source((0, 7), (0, 8), (0.8, 1.4), (0.3, 1.0), (5200, 6000)),),
        fill=(0.04, 0.25),
        own=(0.0, 0.3),
        backdrop=None,
        exposure=(0.15, 0.35),
        darkness=0.35,
    ),
    "night": _Setup(
        0.02,
        False,
        (_Source((0, 150), (-20, 60), (0.5, 1.0), (0.5, 10), (1900, 4200)),),
        fill=(0.05, 0.2),
        own=(0.0, 0.5),
        backdrop=None,
        exposure=(-1.1, 0.5),
        adaptation=(0.2, 0.7),
        darkness=1.0,
    ),
}
_OWN_LIMIT = (0.4, 3.0)  # irradiance / pi that the surroundings' own lamp is limited to, log-uniform
_OWN_RADIUS = (1.0, 9.0)  # degrees
_OWN_LEAST = 0.05  # weaker ones stay part of the surroundings
_UNDER, _OVER = 0.05, 0.05  # shares of faces too dark and too bright whatever the light
_ERROR = (0.6, 1.5)  # stops by which they are
_STOPS = (-2.0, 1.4)  # beyond these nobody sees a face
_REFERENCE, _WARMTH = 6500.0, np.array([0.75, 0.0, -1.45])  # linear red, green, blue by the logarithm of temperature


def distribution() -> dict[str, Any]:
    """The share of each kind of light, and which are standard."""
    return {name: {"share": setup.share, "standard": setup.standard} for name, setup in _SETUPS.items()}


def sample_light(rng: np.random.Generator, surroundings: PlacedEnvironment, varied: bool = True) -> tuple[Light, str]:
    """A kind of light and its name; see `distribution`. varied: False leaves the surroundings, at times with a lamp."""
    kinds = list(_SETUPS) if varied else ["surroundings", "lamp"]
    kind = one_of(rng, kinds, [_SETUPS[kind].share for kind in kinds])
    setup = _SETUPS[kind]
    fill = np.full(3, log_uniform(rng, setup.fill), np.float32)
    lamps = _own_lamp(rng, surroundings, rng.uniform(*setup.own))
    side = rng.choice((-1.0, 1.0))
    for source in setup.sources:
        lamps.append(_lamp(rng, source, side))
        side = -side  # a second one stands on the other side
    exposure = rng.normal(*setup.exposure)
    draw = rng.random()
    if draw < _UNDER + _OVER:
        exposure += (-1.0 if draw < _UNDER else 1.0) * rng.uniform(*_ERROR)
    light = Light(
        surroundings,
        fill,
        lamps,
        fill if setup.backdrop is None else np.full(3, log_uniform(rng, setup.backdrop), np.float32),
        float(np.clip(exposure, *_STOPS)),
        float(rng.uniform(*setup.adaptation)),
        setup.darkness,
        setup.standard,
    )
    return light, kind


def _own_lamp(rng: np.random.Generator, surroundings: PlacedEnvironment, factor: float) -> list[Lamp]:
    """The surroundings' brightest lamp, or none."""
    limit, radius = log_uniform(rng, _OWN_LIMIT), np.deg2rad(rng.uniform(*_OWN_RADIUS))
    own = surroundings.environment.lamp_irradiance
    strength = float(own @ LUMINANCE)
    gain = factor * min(1.0, limit / max(strength, 1e-6))
    if strength * gain <= _OWN_LEAST:
        return []
    return [Lamp(surroundings.lamp_direction, own * gain, radius)]


def _lamp(rng: np.random.Generator, source: _Source, side: float) -> Lamp:
    azimuth, elevation = np.deg2rad(side * rng.uniform(*source.azimuth)), np.deg2rad(rng.uniform(*source.elevation))
    # Camera space: x right, y down, z away.
    direction = np.array(
        [np.cos(elevation) * np.sin(azimuth), -np.sin(elevation), -np.cos(elevation) * np.cos(azimuth)]
    )
    colour = _hue(rng) if source.kelvin[0] == 0.0 else black_body(log_uniform(rng, source.kelvin))
    radius = np.deg2rad(log_uniform(rng, source.radius))
    return Lamp(direction, (colour * log_uniform(rng, source.strength)).astype(np.float32), radius)


def black_body(kelvin: float) -> np.ndarray:
    """(3,) about the linear colour of a lamp of that temperature, luminance 1."""
    colour = np.exp(np.log(_REFERENCE / kelvin) * _WARMTH)
    return colour / (colour @ LUMINANCE)


def _hue(rng: np.random.Generator) -> np.ndarray:
    """(3,) the linear colour of a neon tube or a stage light, mean 1."""
    phase = rng.uniform(0.0, 2.0 * np.pi) + np.array([0.0, 2.0, 4.0]) * np.pi / 3.0
    colour = np.exp(rng.uniform(0.5, 1.9) * np.cos(phase))
    return colour / colour.mean()
