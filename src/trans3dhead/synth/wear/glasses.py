"""Generated glasses: two rims, a bridge, temples to the ears, clear or dark lenses."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.people.base_mesh import SKIN, BaseMesh
from trans3dhead.synth.people.looks import fabric
from trans3dhead.synth.people.person import Body
from trans3dhead.synth.rendering.materials import Plain
from trans3dhead.synth.wear.accessory import Accessory
from trans3dhead.synth.wear.solids import Solid, part, tube

_CLEAR, _DARK = 0.13, 0.10  # share of heads
_AROUND = 28  # corners of a rim


@dataclass(frozen=True)
class Frame:
    """Measures of one pair, metres; head space."""

    centre: np.ndarray  # (3,) of the left lens; the right one is its mirror image
    half: np.ndarray  # (2,) half width and half height of a lens
    power: float  # of the superellipse: 2 round, 5 nearly square
    wrap: float  # radians by which a lens is turned outwards
    rim: float  # radius of the rims
    ear: np.ndarray  # (3,) where the left temple ends

    @property
    def outline(self) -> np.ndarray:
        """(_AROUND, 3) the left rim, from its outer corner over the top."""
        angle = np.arange(_AROUND) * (2.0 * np.pi / _AROUND)
        cosine, sine = np.cos(angle), np.sin(angle)
        x = np.sign(cosine) * np.abs(cosine) ** (2.0 / self.power) * self.half[0]
        y = np.sign(sine) * np.abs(sine) ** (2.0 / self.power) * self.half[1] * (1.0 + 0.12 * np.sign(sine))
        return self.centre + np.stack((x * np.cos(self.wrap), y, -x * np.sin(self.wrap) - 6.0 * x * x), axis=1)


def make_glasses(rng: np.random.Generator, mesh: BaseMesh, body: Body) -> Accessory:
    """Nothing for most heads, else "clear" or "dark" glasses."""
    draw = rng.random()
    if draw > _CLEAR + _DARK:
        return Accessory()
    dark = draw < _DARK
    frame = _measure(rng, mesh, body.posed, dark)
    rims, lenses = [], []
    for side in (1.0, -1.0):
        flip = np.array([side, 1.0, 1.0])
        outline = frame.outline * flip
        rims.append(tube(outline, frame.rim, closed=True))
        corner = frame.outline[2] * flip
        hinge = corner + np.array([side * 0.004, 0.0, -0.004])
        fall = np.array([0.0, -0.03, -0.025])
        rims.append(tube(np.stack((corner, hinge, frame.ear * flip, frame.ear * flip + fall)), max(frame.rim, 0.0012)))
        lenses.append(_lens(outline))
    inner = frame.outline[_AROUND // 2 - 3]
    arch = np.array([0.0, inner[1] + 0.002, inner[2] + 0.006])
    bridge = np.stack((inner, (inner + arch) / 2 + [0, 0.002, 0.002], arch, inner, inner))
    bridge[3:] *= [-1.0, 1.0, 1.0]
    bridge[3] = (bridge[4] + arch) / 2 + [0, 0.002, 0.002]
    rims.append(tube(bridge, max(frame.rim, 0.0012)))
    colour = fabric(rng) * rng.choice([0.15, 1.0], p=[0.7, 0.3])
    metal = Plain(colour, rng.uniform(0.03, 0.25), 60.0, reflection="sharp")
    tint = _tint(rng, dark)
    kind = "dark" if dark else "clear"
    parts = part("rims", rims, body.placement, metal), part("lenses", lenses, body.placement, metal, tint)
    return Accessory(kind, parts)


def _tint(rng: np.random.Generator, dark: bool) -> tuple[float, float, float]:
    level = np.exp(rng.uniform(np.log(0.02), np.log(0.3))) if dark else rng.uniform(0.82, 0.96)
    red, green, blue = np.clip(level * np.exp(rng.normal(0.0, 0.2 if dark else 0.02, 3)), 0.01, 0.97)
    return float(red), float(green), float(blue)


def _measure(rng: np.random.Generator, mesh: BaseMesh, vertices: np.ndarray, dark: bool) -> Frame:
    left, right = (vertices[rows].mean(axis=0) for rows in mesh.eyes)
    skin = vertices[np.unique(mesh.triangles[mesh.kinds == SKIN])]
    skin = skin[skin[:, 1] > left[1] - 0.1]
    middle, apart = (left + right) / 2.0, (left - right)[0]
    width = apart * rng.uniform(0.38, 0.50 if dark else 0.46)
    half = np.array([width, width * rng.uniform(0.55, 0.95)])
    x, y = apart / 2.0 * rng.uniform(1.02, 1.12), middle[1] - rng.uniform(-0.001, 0.005)
    near = np.abs(np.abs(skin[:, 0] - middle[0]) - x) < half[0] * 0.9
    near &= (np.abs(skin[:, 1] - y) < half[1]) & (np.abs(skin[:, 0] - middle[0]) > 0.014) & (skin[:, 2] > left[2])
    front = vertices[mesh.eyes[0]][:, 2].max()
    z = np.clip(skin[near, 2].max(initial=front), front + 0.004, front + 0.016) + rng.uniform(0.001, 0.004)
    ear = skin[skin[:, 0].argmax()]
    end = np.array([ear[0] - 0.010, max(ear[1], y) * 0.5 + y * 0.5 + 0.004, ear[2] - 0.004])
    rim = rng.uniform(0.0007, 0.0028)
    return Frame(np.array([x, y, z]), half, rng.uniform(2.0, 4.5), np.deg2rad(rng.uniform(2.0, 12.0)), rim, end)


def _lens(outline: np.ndarray) -> Solid:
    """A fan that bulges by two millimetres."""
    centre = outline.mean(axis=0) + np.array([0.0, 0.0, 0.002])
    index = np.arange(len(outline))
    triangles = np.stack((np.full(len(outline), len(outline)), index, (index + 1) % len(outline)), axis=1)
    return Solid(np.vstack((outline, centre)), triangles, np.zeros((len(outline) + 1, 2)))
