"""From linear light to the bytes of a picture: exposure, white balance, tone, noise, blur."""

import cv2
import numpy as np

from trans3dhead.synth.rendering.environment import LUMINANCE
from trans3dhead.synth.rendering.scene import Hits, Scene
from trans3dhead.synth.rendering.textures import to_srgb_bytes


def exposure(scene: Scene, hits: Hits, radiance: np.ndarray, tone: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(3,) factors: by the light that falls on the skin, partly by what it reflects; partial white balance.

    tone: (3,) the skin's mean albedo, which turns what it reflects into the light that it receives.
    """
    seen = np.flatnonzero(hits.triangles >= 0)
    skin = seen[scene.part_of[hits.triangles[seen]] == 0]
    chosen = radiance[skin if len(skin) > 50 else seen]
    if not len(chosen):
        return np.ones(3, np.float32)
    bright = chosen @ LUMINANCE
    lit = chosen[bright >= np.percentile(bright, 40)].mean(axis=0)
    received = np.maximum(lit / (tone + 0.045), 1e-4)  # the sheen's share is white
    level = float(received @ LUMINANCE)
    gain = np.exp(rng.normal(-0.15, 0.25)) * (0.25 / float(tone @ LUMINANCE)) ** 0.3 / level
    balance = (received / level) ** -rng.uniform(0.7, 1.0) * np.exp(rng.normal(0.0, 0.04, 3))
    return (gain * balance).astype(np.float32)


def develop(linear: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) linear radiance -> uint8 sRGB: a soft shoulder, a little contrast, a little noise of the sensor."""
    shoulder = rng.uniform(0.55, 0.75)
    over = np.maximum(linear - shoulder, 0.0) / (1.0 - shoulder)
    toned = np.where(linear > shoulder, shoulder + (1.0 - shoulder) * (1.0 - np.exp(-over)), linear)
    noise = rng.standard_normal(linear.shape, np.float32)
    noise += 1.5 * noise[..., 1:2]  # brightness varies more than colour
    strength = np.float32(0.6 * np.exp(rng.uniform(np.log(0.001), np.log(0.012))))
    toned = toned + noise * strength * np.sqrt(np.maximum(toned, 0.0) + np.float32(0.01))
    image = to_srgb_bytes(toned.astype(np.float32))
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.9))
    return image
