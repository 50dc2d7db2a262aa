"""How a hand looks: the person's skin, redder knuckles, a lighter palm, creases at the joints, nails.

Colours and creases are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.rendering.vectors import smoothstep
from headsynth.wear.hands.hand_shape import bones, nail_directions, radii
from trans3dhead.geometry.vectors import dot, unit

_WRAP = (0.22, 0.10, 0.06)  # light scattered under the skin, as on faces
_RED = np.array([1.06, 0.86, 0.84], np.float32)
_NAIL_PINK = np.array([1.12, 1.0, 1.0], np.float32)


@dataclass(frozen=True)
class HandSkin:
    """The skin of a hand as a material, painted by the place on the rest pose."""

    tone: np.ndarray  # (3,) linear, the person's
    rest: np.ndarray  # (V, 3) metres, hand space
    flow: np.ndarray  # (V, 3) unit, camera space: along the hand or finger, across which creases lie
    palm_tone: np.ndarray  # (3,) linear
    nail: np.ndarray | None  # (3,) linear polish; None: bare nails
    shine: float
    seed: float  # radians, shifts the blotches

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples: skin with nails, creases and a lighter palm."""
        local = samples.interpolate(np.hstack((self.rest, self.flow)).astype(np.float32))
        rest, flow = local[:, :3], local[:, 3:]
        inner = _soft((-0.004 - rest[:, 2]) / 0.008)
        albedo = self.tone + (self.palm_tone - self.tone) * inner[:, None]
        blotch = np.sin(rest @ (140.0, 90.0, 110.0) + self.seed) * np.sin(rest @ (-70.0, 160.0, 60.0) + 2 * self.seed)
        albedo = albedo * (1.0 + 0.05 * blotch[:, None])
        redness, slope, nails = self._fingers(rest, inner)
        albedo *= 1.0 + (_RED - 1.0) * redness[:, None]
        bare = np.minimum(self.tone * _NAIL_PINK + 0.06, 0.8)
        albedo += ((bare if self.nail is None else self.nail) - albedo) * nails[:, None]
        pores = np.sin(rest @ (2100.0, 900.0, 700.0) + 9.0 * blotch) * 0.015
        normals = unit((samples.normals + flow * (slope + pores * (1.0 - nails))[:, None]).astype(np.float32))
        reflectance = self.shine + nails * (0.03 if self.nail is None else 0.06)
        return Surface(albedo.astype(np.float32), reflectance.astype(np.float32), 20.0, _WRAP, normals, "soft")

    def _fingers(self, rest: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(N,) redness of joints and tips, slope of the creases along the finger, and 0..1 where nails are."""
        redness, slope, nails = (np.zeros(len(rest), np.float32) for _ in range(3))
        for joints, widths, up in zip(bones(), radii(), nail_directions(), strict=True):
            for joint, width in zip(joints[:3], widths[:3], strict=True):
                offset = rest - joint.astype(np.float32)
                along = offset @ unit((joints[3] - joints[0])[None])[0].astype(np.float32)
                near = np.exp(-np.square(along / 0.007)) * (dot(offset, offset) < np.square(2.2 * width))
                redness = np.maximum(redness, near * 0.8)
                slope = slope + near * np.cos(along * 2400.0) * (0.06 + 0.03 * inner)
            offset = rest - joints[2].astype(np.float32)
            outer = joints[3] - joints[2]
            length = np.linalg.norm(outer)
            t = offset @ (outer / length).astype(np.float32) / (length + widths[3])
            aside = offset @ np.cross(outer / length, up).astype(np.float32) / widths[3]
            high = offset @ up.astype(np.float32)
            close = (high > 0.35 * widths[3]) & (t < 1.1) & (np.abs(aside) < 1.5)
            shape = np.hypot(aside / 0.74, np.maximum(0.62 - t, 0.0) / 0.20 + np.maximum(t - 0.72, 0.0) / 0.9)
            nails = np.maximum(nails, _soft((1.0 - shape) / 0.2) * close)
            redness = np.maximum(redness, _soft((t - 0.7) / 0.6) * (np.abs(aside) < 1.6) * (t < 1.2) * 0.6)
        return redness, slope, nails


def _soft(values: np.ndarray) -> np.ndarray:
    return smoothstep(values, -0.5, 0.5).astype(np.float32)
