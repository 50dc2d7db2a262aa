"""Random crops and random looks of a training sample; its labels follow through the crop's affine map.

Each field that is named after a change is the probability of that change; recipes set them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from trans3dhead.data import photometric
from trans3dhead.data.framing import Frame
from trans3dhead.data.mesh_photographs import AnyAnnotation
from trans3dhead.data.occlusion import Texture, occlude
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import HeadModel
from trans3dhead.images import SUBPIXEL_BITS, subpixel


@dataclass(frozen=True)
class LookConfig:
    """Changes of a picture that leave its geometry alone: probabilities, by default none, and strengths."""

    tone: float = 0.0
    tone_strength: float = 0.6  # 0 to 1
    saturation: float = 0.0
    grayscale: float = 0.0
    half_shadow: float = 0.0
    gaussian_blur: float = 0.0
    gaussian_blur_largest: float = 0.02  # of the picture's side
    motion_blur: float = 0.0
    motion_blur_largest: float = 0.07  # of the picture's side
    low_resolution: float = 0.0
    low_resolution_smallest: float = 0.25
    noise: float = 0.0
    noise_largest: float = 16.0  # levels of 0 to 255
    jpeg: float = 0.0
    jpeg_lowest: int = 15


@dataclass(frozen=True)
class AugmentationConfig(LookConfig):
    """Changes of a crop: by default none, the crop of a validation."""

    flip: float = 0.0
    margin: tuple[float, float] = (0.1, 0.1)  # of the head box's longer side, on each side, drawn evenly
    shift: float = 0.0  # standard deviation of the crop's centre, of the box's longer side; drawn for every sample
    scale: float = 0.0  # standard deviation of the logarithm of the crop's side; drawn for every sample
    roll: float = 0.0
    roll_degrees: float = 30.0  # drawn evenly to both sides
    frame: float = 0.0  # the photograph ends inside the crop
    occlusion: float = 0.0

    @classmethod
    def named(cls) -> Mapping[str, "AugmentationConfig"]:
        """Whole sets by the name that a recipe may give in their place."""
        return {"strong": STRONG}


# For clean synthetic photographs that must carry over to real ones.
STRONG = AugmentationConfig(
    flip=0.5,
    margin=(0.05, 0.15),
    shift=0.03,
    scale=0.05,
    roll=0.4,
    frame=0.1,
    occlusion=0.35,
    tone=0.8,
    saturation=0.3,
    grayscale=0.1,
    half_shadow=0.1,
    gaussian_blur=0.2,
    motion_blur=0.08,
    low_resolution=0.2,
    noise=0.3,
    jpeg=0.3,
)


@dataclass(frozen=True)
class Augmentation:
    """Draws a crop and its look; every choice comes from the generator that it is given."""

    config: AugmentationConfig

    def flip(
        self, photograph: np.ndarray, head: AnyAnnotation, head_model: HeadModel, rng: np.random.Generator
    ) -> tuple[np.ndarray, AnyAnnotation]:
        """The photograph and its label, or the mirror images of both."""
        if rng.random() >= self.config.flip:
            return photograph, head
        return cv2.flip(photograph, 1), head.mirrored(head_model)

    def crop(self, frame: Frame, size: int, rng: np.random.Generator) -> Crop:
        """A crop about the frame's box with random margin, centre, scale and roll."""
        config = self.config
        x, y, w, h = frame.box
        normal = np.clip(rng.standard_normal(3), -2.5, 2.5)
        shift = config.shift * max(w, h) * normal[:2]
        scale = np.exp(config.scale * normal[2])
        centre = np.array([x + w / 2, y + h / 2]) + shift
        extent = scale * np.array([w, h])
        roll = rng.uniform(-config.roll_degrees, config.roll_degrees) if rng.random() < config.roll else 0.0
        margin = rng.uniform(*config.margin)
        return Crop.around(np.concatenate((centre - extent / 2, extent)), size, margin, roll - frame.roll)

    def frame(self, crop: Crop, image_size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """(4,) x0, y0, x1, y1: what of the photograph (width, height) there is; its edge may move into the crop."""
        low, high = np.zeros(2), np.array(image_size, dtype=np.float64)
        if rng.random() < self.config.frame:
            corners = crop.to_photograph(crop.size * _UNIT_SQUARE)
            axis, share = int(rng.integers(2)), rng.uniform(0.05, 0.35)
            start, end = corners[:, axis].min(), corners[:, axis].max()
            if rng.random() < 0.5:
                low[axis] = max(low[axis], start + share * (end - start))
            else:
                high[axis] = min(high[axis], end - share * (end - start))
        return np.concatenate((low, high))

    def look(self, picture: np.ndarray, rng: np.random.Generator, texture: Texture) -> np.ndarray:
        """(S, S, 3) uint8 -> the same scene behind other things, in other light, through another camera."""
        if rng.random() < self.config.occlusion:
            picture = occlude(picture, rng, texture)
        return changed_look(picture, rng, self.config)


def changed_look(picture: np.ndarray, rng: np.random.Generator, config: LookConfig) -> np.ndarray:
    """(H, W, 3) uint8 -> the same in other light, through another camera."""
    for change, probability in (
        (lambda p: photometric.half_shadow(p, rng), config.half_shadow),
        (lambda p: photometric.tone(p, rng, config.tone_strength), config.tone),
        (lambda p: photometric.saturation(p, rng), config.saturation),
        (photometric.grayscale, config.grayscale),
        (lambda p: photometric.gaussian_blur(p, rng, config.gaussian_blur_largest), config.gaussian_blur),
        (lambda p: photometric.motion_blur(p, rng, config.motion_blur_largest), config.motion_blur),
        (lambda p: photometric.low_resolution(p, rng, config.low_resolution_smallest), config.low_resolution),
        (lambda p: photometric.noise(p, rng, config.noise_largest), config.noise),
        (lambda p: photometric.jpeg(p, rng, config.jpeg_lowest), config.jpeg),
    ):
        if rng.random() < probability:
            picture = change(picture)
    return picture


_UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])  # the corners in order


def blacken_outside(picture: np.ndarray, crop: Crop, bounds: np.ndarray) -> np.ndarray:
    """Black wherever the crop (S, S, 3) shows what is outside of the photograph's bounds (4,) x0, y0, x1, y1."""
    corners = crop.to_photograph(crop.size * _UNIT_SQUARE)
    if (corners >= bounds[:2]).all() and (corners <= bounds[2:]).all():
        return picture
    inside = crop.to_crop(bounds[:2] + _UNIT_SQUARE * (bounds[2:] - bounds[:2]))
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, subpixel(inside), 1, shift=SUBPIXEL_BITS)
    return picture * mask[..., None]
