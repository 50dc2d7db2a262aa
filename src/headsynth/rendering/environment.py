"""Environment maps: what surrounds a head, the light it gives, and its brightest lamp.

LUMINANCE is Rec. 709's; sizes of maps, the lamp's angle and made-up rooms are by eye.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LAMP_COSINE = np.cos(np.deg2rad(14.0))  # half-angle of the region that counts as the brightest lamp


@dataclass(frozen=True)
class Lamp:
    """A distant light that casts shadows."""

    direction: np.ndarray  # (3,) unit, towards the light, camera space
    irradiance: np.ndarray  # (3,) linear, on a surface that faces it, divided by pi
    radius: float  # radians, half-angle; soft shadows come from it


@dataclass(frozen=True)
class Environment:
    """An equirectangular map, mean luminance 1, in three sizes; axes x right, y up, z ahead, the middle column."""

    name: str
    picture: np.ndarray  # (H, W, 3) float32 linear, highlights limited
    sharp: np.ndarray  # (64, 128, 3) for reflections of wet and polished surfaces
    fill: np.ndarray  # (64, 128, 3) blurred, without the brightest lamp: the diffuse light
    lamp_direction: np.ndarray  # (3,) unit, in the map's axes
    lamp_irradiance: np.ndarray  # (3,)

    @cached_property
    def mean(self) -> np.ndarray:
        """(3,) linear, the mean radiance of the diffuse light's pixels."""
        return self.fill.mean(axis=(0, 1))

    @classmethod
    def load(cls, path: Path) -> "Environment":
        """The environment of a Radiance .hdr file."""
        image = cv2.imread(str(path), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
        if image is None or image.ndim != 3:
            raise ValueError(f"{path}: expected a Radiance .hdr environment map that OpenCV reads")
        return cls.of(path.stem, np.ascontiguousarray(image[..., ::-1]).astype(np.float32))

    @classmethod
    def of(cls, name: str, image: np.ndarray) -> "Environment":
        """The environment of an equirectangular picture; image: (H, W, 3) linear radiance."""
        small: np.ndarray = cv2.resize(image, (128, 64), interpolation=cv2.INTER_AREA)
        directions, solid_angle = _grid_directions(64, 128)
        level = float((small @ LUMINANCE * solid_angle).sum() / solid_angle.sum())
        small = small / max(level, 1e-6)
        brightness = cv2.GaussianBlur(
            np.asarray(small @ LUMINANCE, np.float32), (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE
        )
        lamp = directions[np.unravel_index(brightness.argmax(), brightness.shape)]
        near = directions @ lamp > _LAMP_COSINE
        ring = (directions @ lamp > 2 * _LAMP_COSINE - 1.0) & ~near
        around = np.median(small[ring], axis=0)
        excess = np.maximum(small - around, 0.0) * near[..., None]
        irradiance = (excess * solid_angle[..., None]).sum(axis=(0, 1)) / np.pi
        without = np.where(near[..., None], np.minimum(small, around), small)
        fill = cv2.resize(without, (32, 16), interpolation=cv2.INTER_AREA)
        fill = cv2.GaussianBlur(cv2.copyMakeBorder(fill, 0, 0, 8, 8, cv2.BORDER_WRAP), (0, 0), 1.0)
        fill = np.ascontiguousarray(cv2.resize(fill, (192, 64), interpolation=cv2.INTER_LINEAR)[:, 32:-32])
        picture = np.minimum(image / max(level, 1e-6), 30.0)
        return cls(name, picture, np.minimum(small, 30.0), fill, lamp, irradiance.astype(np.float32))


@dataclass(frozen=True)
class PlacedEnvironment:
    """An environment turned about the vertical, seen from camera space (x right, y down, z away)."""

    environment: Environment
    rotation: np.ndarray  # (3, 3) camera space -> the map's axes

    @classmethod
    def turned(
        cls, environment: Environment, azimuth: float, tilt: float, mirrored: bool = False
    ) -> "PlacedEnvironment":
        """azimuth, tilt: radians; tilt > 0 when the camera looks up. mirrored: left and right changed."""
        ca, sa, ct, st = np.cos(azimuth), np.sin(azimuth), np.cos(tilt), np.sin(tilt)
        turn = np.array([[ca, 0, sa], [0, 1, 0], [-sa, 0, ca]])
        nod = np.array([[1, 0, 0], [0, ct, st], [0, -st, ct]])
        return cls(environment, (turn @ nod @ np.diag([-1.0 if mirrored else 1.0, -1.0, 1.0])).astype(np.float32))

    def look(self, image: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(..., 3) unit directions, camera space -> (..., 3) radiance, the nearest pixel of a smooth map (H, W, 3)."""
        x, y = self._pixels(image, directions.reshape(-1, 3))
        height, width = image.shape[:2]  # neither is ever negative
        index = np.minimum(y.astype(np.int32), height - 1) * width + np.minimum(x.astype(np.int32), width - 1)
        return image.reshape(-1, 3).take(index, axis=0).reshape(directions.shape)

    def view(self, directions: np.ndarray) -> np.ndarray:
        """(H, W, 3) unit directions, camera space -> (H, W, 3) radiance, the picture interpolated between pixels."""
        x, y = self._pixels(self.environment.picture, directions.reshape(-1, 3))
        x, y = (values.reshape(directions.shape[:2]) - np.float32(0.5) for values in (x, y))
        return cv2.remap(self.environment.picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)

    def _pixels(self, image: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Continuous columns (N,) and rows (N,) of a map where N unit directions of camera space meet it."""
        local = directions.astype(np.float32, copy=False) @ self.rotation.T
        height, width = image.shape[:2]
        x = np.arctan2(local[:, 0], local[:, 2]) * np.float32(width / (2 * np.pi)) + np.float32(width / 2)
        y = np.arccos(np.minimum(np.maximum(local[:, 1], -1.0), 1.0)) * np.float32(height / np.pi)
        return x, y

    @property
    def lamp_direction(self) -> np.ndarray:
        """(3,) unit, towards the brightest lamp, camera space."""
        return self.environment.lamp_direction @ self.rotation


def procedural(rng: np.random.Generator) -> Environment:
    """A made-up room: a vertical gradient, a floor, a few soft windows. Needs no files."""
    directions, _ = _grid_directions(128, 256)
    up = directions[..., 1:2]
    top, bottom = rng.uniform(0.3, 1.2, 3), rng.uniform(0.05, 0.5, 3)
    image = bottom + (top - bottom) * (0.5 + 0.5 * np.tanh(3.0 * up))
    for _ in range(rng.integers(1, 5)):
        centre = rng.normal(size=3) * [1.0, 0.5, 1.0] + [0.0, 0.4, 0.0]
        cosine = directions @ (centre / np.linalg.norm(centre))
        size, power = np.cos(rng.uniform(0.1, 0.5)), rng.uniform(2.0, 20.0)
        window = 1.0 / (1.0 + np.exp(np.clip(-60.0 * (cosine - size), -50.0, 50.0)))
        image = image + power * rng.uniform(0.8, 1.2, 3) * window[..., None]
    return Environment.of("procedural", image.astype(np.float32))


def _grid_directions(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) unit directions of an equirectangular map's pixels and (H, W) their solid angles."""
    polar = (np.arange(height) + 0.5) / height * np.pi
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    sine = np.sin(polar)[:, None]
    directions = np.stack(
        (sine * np.sin(azimuth), np.cos(polar)[:, None] * np.ones_like(azimuth), sine * np.cos(azimuth)), axis=-1
    )
    solid_angle = sine * (np.pi / height) * (2 * np.pi / width) * np.ones_like(azimuth)
    return directions.astype(np.float32), solid_angle.astype(np.float32)
