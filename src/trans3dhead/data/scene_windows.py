"""Photographs of scenes as samples of the detector: windows at any scale with all their heads, and batches of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.augmentation import LookConfig, changed_look
from trans3dhead.data.batches import TensorBatch
from trans3dhead.data.dataset import Photographs, SampleKey, decoded
from trans3dhead.data.scenes import HeadTargets, SceneLabels
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.matrices import Y_UP, axis_rotation
from trans3dhead.head_model import HeadModel


@dataclass(frozen=True)
class WindowConfig(LookConfig):
    """How windows are drawn: where they lie, and changes of the picture, by default none."""

    flip: float = 0.0
    focus: float = 0.6  # the window is drawn about one of the heads that are to be found
    focus_pixels: tuple[float, float] = (14.0, 560.0)  # its longer side in the window, which may cut it; evenly in log
    extent: tuple[float, float] = (0.8, 2.0)  # else: side of the photograph / side of the window, evenly in log
    largest_zoom: float = 3.0  # pixels of the window for one of the photograph: beyond, there is nothing to see
    roll: float = 0.0
    roll_degrees: float = 20.0  # drawn evenly to both sides

    def __post_init__(self) -> None:
        for name in ("focus_pixels", "extent"):
            low, high = getattr(self, name)
            if not 0.0 < low <= high:
                raise ValueError(f"{name}: expected two positive numbers, the lower first, got {[low, high]}")

    @classmethod
    def named(cls) -> Mapping[str, "WindowConfig"]:
        """Whole sets by the name that a recipe may give in their place."""
        return {"mild": MILD}


# Blur and noise are weaker than those of crops: heads are smaller.
MILD = WindowConfig(
    flip=0.5,
    roll=0.25,
    tone=0.5,
    saturation=0.3,
    grayscale=0.1,
    half_shadow=0.05,
    gaussian_blur=0.1,
    gaussian_blur_largest=0.004,
    motion_blur=0.05,
    motion_blur_largest=0.02,
    low_resolution=0.15,
    low_resolution_smallest=0.5,
    noise=0.15,
    noise_largest=10.0,
    jpeg=0.2,
    jpeg_lowest=25,
)


@dataclass(frozen=True)
class SceneSample:
    """One picture and its heads."""

    image: np.ndarray  # (H, W, 3) uint8 RGB
    targets: HeadTargets  # pixels of that picture


@dataclass(frozen=True)
class SceneBatch(TensorBatch):
    """Pictures with their heads; `present` tells the heads from rows that fill the shorter lists up."""

    images: Tensor  # (B, 3, H, W) uint8 RGB
    boxes: Tensor  # (B, N, 4) float32 [x, y, w, h] pixels
    rotations: Tensor  # (B, N, 3, 3) float32, head space -> a camera that looks at the face
    wanted: Tensor  # (B, N) bool
    present: Tensor  # (B, N) bool


class SceneWindows:
    """Windows of scenes; an augmented one depends on (seed, epoch, photograph) alone, not on the workers."""

    def __init__(
        self,
        photographs: Photographs,
        head_model: HeadModel,
        size: int,
        augmentation: WindowConfig | None = None,
        seed: int = 0,
    ) -> None:
        """size: pixels of the window's side. Without an augmentation: whole photographs, whatever their size."""
        self.photographs, self.size, self.augmentation, self.seed = photographs, size, augmentation, seed
        self.labels = SceneLabels(head_model)

    def __len__(self) -> int:
        return len(self.photographs)

    def __getitem__(self, key: SampleKey | int) -> SceneSample:
        """key: a SampleKey for training, a plain index for validation."""
        if self.augmentation is None:
            index = key.photograph if isinstance(key, SampleKey) else key
            return SceneSample(decoded(self.photographs, index), self.labels(self._heads(index)))
        if not isinstance(key, SampleKey):
            raise ValueError(f"sample: expected a SampleKey(epoch, photograph) for augmented windows, got {key!r}")
        return self._augmented(key, self.augmentation)

    def _augmented(self, key: SampleKey, config: WindowConfig) -> SceneSample:
        rng = np.random.default_rng((self.seed, key.epoch, key.photograph))
        photograph, annotations = decoded(self.photographs, key.photograph), self._heads(key.photograph)
        targets = self.labels(annotations)
        size = (photograph.shape[1], photograph.shape[0])
        affine = window_affine(targets, size, self.size, config, rng)
        turned = len(targets) > 0 and affine[0, 1] != 0
        outlines = self.labels.outlines(annotations) if turned else None
        picture = changed_look(Crop(affine, self.size).cut(photograph), rng, config)
        return SceneSample(picture, targets.windowed(affine, self.size, size, outlines))

    def _heads(self, index: int) -> Sequence[HeadAnnotation]:
        return self.photographs.heads(index)  # type: ignore[return-value]  # sets of scenes have no meshes


def window_affine(
    targets: HeadTargets, size: tuple[int, int], window: int, config: WindowConfig, rng: np.random.Generator
) -> np.ndarray:
    """(2, 3) pixels of the photograph, `size` = (width, height), -> pixels of a window of `window` pixels.

    Most windows (`focus`) hold one of the wanted heads at any size; the others any part of the photograph, or all of
    it, small, on black. There is no more black than the zoom asks for, but for a twentieth of the side.
    """
    frame, chosen = np.array(size, dtype=np.float64), np.flatnonzero(targets.wanted)
    focused = len(chosen) > 0 and rng.random() < config.focus
    zoom, centre = _log_uniform(rng, config.extent) * window / frame.max(), frame / 2
    if focused:
        x, y, w, h = targets.boxes[rng.choice(chosen)]
        smallest = config.extent[0] * window / frame.max()
        zoom, centre = (
            max(_log_uniform(rng, config.focus_pixels) / max(w, h), smallest),
            np.array([x + w / 2, y + h / 2]),
        )
    linear = min(zoom, config.largest_zoom) * _turn(config, rng)
    slack = np.abs(window - min(zoom, config.largest_zoom) * frame) / 2 + 0.05 * window
    middle = window / 2 + rng.uniform(-slack, slack)  # where the photograph's middle comes to lie
    if focused:
        place = window * np.clip(rng.normal(0.5, 0.16, 2), 0.1, 0.9)
        middle = np.clip(place + linear @ (frame / 2 - centre), window / 2 - slack, window / 2 + slack)
    return np.column_stack((linear, middle - linear @ frame / 2))


def _turn(config: WindowConfig, rng: np.random.Generator) -> np.ndarray:
    """(2, 2) the linear map that mirrors and turns the picture, each with its probability."""
    roll = rng.uniform(-config.roll_degrees, config.roll_degrees) if rng.random() < config.roll else 0.0
    turn = axis_rotation("z", roll)[:2, :2]
    return turn @ np.diag([-1.0, 1.0]) if rng.random() < config.flip else turn


def join_scenes(samples: Sequence[SceneSample], multiple: int) -> SceneBatch:
    """Samples as a batch; pictures get black below and on the right, up to the largest and to multiples of `multiple`.

    multiple: pixels, of which the network takes whole multiples.
    """
    height, width = (-(-max(sample.image.shape[axis] for sample in samples) // multiple) * multiple for axis in (0, 1))
    images = np.zeros((len(samples), height, width, 3), np.uint8)
    most = max(1, *(len(sample.targets) for sample in samples))
    boxes = np.zeros((len(samples), most, 4), np.float32)
    rotations = np.tile(Y_UP.astype(np.float32), (len(samples), most, 1, 1))
    wanted, present = np.zeros((2, len(samples), most), bool)
    for row, sample in enumerate(samples):
        image, heads, count = sample.image, sample.targets, len(sample.targets)
        images[row, : image.shape[0], : image.shape[1]] = image
        boxes[row, :count], rotations[row, :count] = heads.boxes, heads.rotations
        wanted[row, :count], present[row, :count] = heads.wanted, True
    pictures = torch.from_numpy(images).permute(0, 3, 1, 2)
    return SceneBatch(pictures, *(torch.from_numpy(array) for array in (boxes, rotations, wanted, present)))


def _log_uniform(rng: np.random.Generator, span: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(span))))
