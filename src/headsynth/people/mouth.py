"""The inside of the mouth: teeth, gums and tongue, darker the deeper they lie.

Colours, the fall of light and the lips' margin are by eye.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from headsynth.people.identities import Identity
from headsynth.rendering.materials import srgb
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part, Surface, SurfaceSamples
from headsynth.rendering.textures import Texture
from trans3dhead.geometry.meshes import triangle_normals
from trans3dhead.geometry.vectors import dot

SHOWS = ("jawOpen", "mouthUpperUp", "mouthLowerDown", "mouthFunnel", "mouthSmile", "mouthStretch", "tongueOut")
_LIT, _DARKENS = 0.007, 0.018  # metres: the lit entrance behind the lips, and in which light falls to 1/e
_LIPS_GROWN = 1.08  # the contour about its middle: landmarks lie on it only here and there
_DEEPEST = 0.07  # light that is left


@dataclass(frozen=True)
class MouthLight:
    """How much light gets to a place: less behind the lips."""

    rotation: np.ndarray  # (3, 3) head space -> camera space
    lips: np.ndarray  # (3,) metres, camera space, between them

    @classmethod
    def of(cls, placement: Placement, marks: np.ndarray) -> "MouthLight":
        """marks: (68, 3) landmarks with the expression, metres, head space."""
        lips = (marks[62] + marks[66]) / 2.0
        return cls(placement.rotation, placement.to_camera(lips[None])[0])

    def at(self, positions: np.ndarray) -> np.ndarray:
        """(N, 3) metres, camera space -> (N,) 0..1: the share of light that gets there."""
        ahead = ((positions - self.lips) @ self.rotation[:, 2]).astype(np.float32)
        return np.clip(np.exp((ahead + np.float32(_LIT)) / np.float32(_DARKENS)), _DEEPEST, 1.0)


def between_lips(points: np.ndarray, lips: np.ndarray) -> np.ndarray:
    """(V,) bool: what the camera may see through the lips; the gums and lining of narrow heads come out of the cheeks.

    points: (V, 3) and lips: (12, 3), their outer contour, both camera space.
    """
    seen, edge = (values[:, :2] / values[:, 2:] for values in (points, lips))
    middle = edge.mean(axis=0)
    edge = cv2.convexHull(((edge - middle) * _LIPS_GROWN + middle).astype(np.float32))[:, 0]
    following = np.roll(edge, -1, axis=0)
    along, towards = following - edge, seen[:, None] - edge
    turns = along[:, 0] * towards[..., 1] - along[:, 1] * towards[..., 0]
    return (turns >= 0.0).all(axis=1) | (turns <= 0.0).all(axis=1)


def backs(part: Part, triangles: np.ndarray) -> np.ndarray:
    """(n,) bool: which of a part's `triangles` (n,) show the camera the side that no closed surface shows."""
    shown = part.triangles[triangles]
    return dot(triangle_normals(part.vertices, shown), part.vertices[shown[:, 0]]) > 0.0


def without(part: Part, hidden: np.ndarray) -> Part:
    """A part without the triangles `hidden`, (F,) bool."""
    kept = np.flatnonzero(~hidden)
    corners = None if part.corners is None else part.corners[kept]
    triangles, uv_triangles = part.triangles.take(kept, axis=0), part.uv_triangles.take(kept, axis=0)
    return replace(part, triangles=triangles, uv_triangles=uv_triangles, corners=corners)


def cut_down(part: Part) -> Part:
    """A part without the vertices that none of its triangles has."""
    used: np.ndarray = np.zeros(len(part.vertices), bool)
    used[part.triangles.ravel()] = True
    place = np.cumsum(used, dtype=np.int32) - 1
    return replace(part, vertices=part.vertices[used], triangles=place.take(part.triangles), corners=None)


@dataclass(frozen=True)
class Teeth:
    """Teeth and gums by the texture: what is red there is gum."""

    texture: Texture
    enamel: np.ndarray  # (3,) linear
    gums: np.ndarray  # (3,) linear
    light: MouthLight

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples: enamel or gum, wet, darker the deeper they lie."""
        colours = self.texture.linear(samples.uvs)
        level = colours.mean(axis=1)
        red = np.clip((colours[:, 0] / np.maximum(colours[:, 1], 1e-3) - 1.35) * 2.0, 0.0, 1.0)[:, None]
        detail = (level / np.where(red[:, 0] > 0.5, 0.14, 0.33))[:, None] ** 0.6
        albedo = (self.enamel + (self.gums - self.enamel) * red) * np.clip(detail, 0.3, 1.2)
        light = self.light.at(samples.positions)
        albedo = np.clip(albedo * light[:, None], 0.003, 0.75).astype(np.float32)
        return Surface(albedo, 0.03 * light, 60.0, floor=0.2, reflection="soft")


@dataclass(frozen=True)
class Tongue:
    """A tongue: flesh with a rough, paler back."""

    colour: np.ndarray  # (3,) linear
    light: MouthLight

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples: grained flesh, wet, darker the deeper it lies."""
        grain = np.sin(samples.uvs[:, 0] * 900.0) * np.sin(samples.uvs[:, 1] * 870.0)
        light = self.light.at(samples.positions)
        albedo = self.colour * ((1.0 + 0.12 * grain) * light)[:, None]
        return Surface(np.clip(albedo, 0.003, 0.75).astype(np.float32), 0.028 * light, 30.0, (0.2, 0.1, 0.08))


def enamel(rng: np.random.Generator, identity: Identity) -> np.ndarray:
    """(3,) linear: yellower and darker with age."""
    old = float(np.clip((identity.age - 20.0) / 55.0, 0.0, 1.0)) + rng.normal(0.0, 0.2)
    white, worn = srgb(206, 198, 180), srgb(178, 158, 118)
    return white * np.exp(np.log(worn / white) * np.clip(old, -0.2, 1.1) + rng.normal(0.0, 0.05))


def flesh(rng: np.random.Generator, darkness: float) -> tuple[np.ndarray, np.ndarray]:
    """Linear colours (3,) of gums and tongue. darkness: 0..1 of the skin's tone; dark skins have darker gums."""
    gums = srgb(186, 112, 108) * np.exp(rng.normal(0.0, 0.1, 3) - darkness * rng.uniform(0.0, 0.7))
    tongue = srgb(182, 104, 100) * np.exp(rng.normal(0.0, 0.08, 3) - 0.15 * darkness)
    return gums, tongue
