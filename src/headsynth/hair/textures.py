"""Textures of locks of hair, drawn strand by strand; several locks side by side, roots at the top (v = 1).

Numbers are by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from headsynth.rendering.textures import Texture

LOCKS = 8  # side by side in a texture; the last two are sparse
SPARSE = 2
_HEIGHT, _WIDTH = 512, 96  # pixels of one lock
_DEEP = 22  # broad strands in its middle
_SUB = 8  # fractional bits of OpenCV's coordinates


@dataclass(frozen=True)
class Curl:
    """How the strands of a lock run; lengths in shares of the lock's width, along it in shares of its length."""

    strands: int
    waves: float  # along the lock
    swing: float  # of all strands together
    own: float  # of each strand on its own
    frizz: float  # high frequency
    ragged: float  # by which shares of the length strands end before the lock


CURLS = {
    "straight": Curl(150, 1.0, 0.02, 0.03, 0.003, 0.30),
    "wavy": Curl(140, 3.0, 0.10, 0.07, 0.006, 0.30),
    "curly": Curl(140, 6.0, 0.15, 0.14, 0.015, 0.35),
    "coily": Curl(150, 9.0, 0.10, 0.30, 0.05, 0.45),
    "short": Curl(90, 0.7, 0.02, 0.05, 0.006, 0.65),
}


@dataclass(frozen=True)
class LockTexture:
    """Channels of `texture.colours`: which strand 0..255, how far in front, slant 0..255 about 128."""

    texture: Texture

    def marks(self, uv: np.ndarray) -> np.ndarray:
        """(N, 2) -> (N, 3) float32: strand 0..1, depth 0..1, slope of the strand in the lock."""
        height, width = self.texture.opacity.shape
        column = np.floor(uv[:, 0] * width).astype(np.int32) % width
        row = np.clip(((1.0 - uv[:, 1]) * height).astype(np.int32), 0, height - 1)
        marks = self.texture.colours[row, column].astype(np.float32) * np.float32(1.0 / 255.0)
        marks[:, 2] = marks[:, 2] * 2.0 - 1.0
        return marks

    @cached_property
    def stretches(self) -> np.ndarray:
        """(LOCKS, 32) float32, 0..1: the mean alpha of 32 stretches of each lock, from root to tip."""
        return self.mean_alpha(32)

    def mean_alpha(self, segments: int) -> np.ndarray:
        """(LOCKS, segments) of each stretch of each lock, from root to tip."""
        alpha = self.texture.opacity.reshape(segments, -1, LOCKS, _WIDTH)
        return alpha.mean(axis=(1, 3)).T.astype(np.float32) / np.float32(255.0)


def draw(name: str) -> LockTexture:
    """The texture of LOCKS locks side by side; name: of CURLS."""
    rng = np.random.default_rng(sorted(CURLS).index(name))
    locks = [_lock(rng, CURLS[name], 1.0 if i < LOCKS - SPARSE else 0.16) for i in range(LOCKS)]
    image = np.concatenate(locks, axis=1)
    return LockTexture(Texture(np.ascontiguousarray(image[..., :3]), np.ascontiguousarray(image[..., 3])))


def _lock(rng: np.random.Generator, curl: Curl, share: float) -> np.ndarray:
    """(_HEIGHT, _WIDTH, 4) uint8: one lock's channels of `LockTexture` and its alpha; share: of all strands."""
    image = np.zeros((_HEIGHT, _WIDTH, 4), np.uint8)
    t = np.linspace(-0.02, 1.0, 56)
    shared = np.sin(2 * np.pi * (curl.waves * t + rng.random())) * curl.swing
    count = int(curl.strands * share)
    clumps = rng.random(9)
    if share == 1.0:
        _fill(rng, image, shared)
    for i in range(count):
        end = 1.0 - curl.ragged * rng.beta(1.0, 1.6)
        offset = np.clip(rng.normal(0.0, 0.24), -0.44, 0.44)
        clump = np.interp(offset + 0.5, np.linspace(0.0, 1.0, len(clumps)), clumps)
        waves = curl.waves * rng.uniform(0.8, 1.25)
        own = np.sin(2 * np.pi * (waves * t + rng.random())) * curl.own * rng.random()
        fine = np.sin(2 * np.pi * (rng.uniform(14, 30) * t + rng.random())) * curl.frizz
        x = (0.5 + offset * (1.0 - 0.35 * t * rng.random()) + shared + own + fine) * _WIDTH
        strand = 255 * np.clip(0.7 * clump + 0.3 * rng.random(), 0.0, 1.0)
        _strand(image, np.stack((x, t * _HEIGHT), axis=1)[t <= end], strand, 255 * (i + 1) / count, end)
    return image


def _fill(rng: np.random.Generator, image: np.ndarray, shared: np.ndarray) -> None:
    """What lies deep in a dense lock's middle, so that few rays pass through there. shared: its swing."""
    t = np.linspace(-0.02, 1.0, len(shared))
    for _ in range(_DEEP):
        x = (0.5 + np.clip(rng.normal(0.0, 0.13), -0.26, 0.26) * (1.0 - 0.3 * t) + shared) * _WIDTH
        end = rng.uniform(0.45, 0.75)
        points = np.stack((x, t * _HEIGHT), axis=1)[t <= end]
        _strand(image, points, 255.0 * rng.random(), 255.0 * rng.uniform(0.0, 0.25), end, 8)


def _strand(image: np.ndarray, points: np.ndarray, strand: float, depth: float, end: float, wide: int = 3) -> None:
    """Draw one, (N, 2) pixels, thinner towards its tip."""
    slant = np.clip(128 + 127 * np.gradient(points[:, 0]) / 6.0, 1, 255)
    path = np.round(points * 2**_SUB).astype(np.int32)
    thin = (end - 0.3) * _HEIGHT
    for first in range(len(path) - 1):
        width = wide if points[first, 1] < thin else 1
        colour = (strand, depth, float(slant[first]), 255.0)
        cv2.line(image, path[first], path[first + 1], colour, width, cv2.LINE_8, _SUB)
