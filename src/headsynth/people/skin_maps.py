"""Repeating maps of skin seen closely: relief, pores, uneven pigment, freckles, spots. Made once a process.

Wavelengths, counts and strengths are by eye; a texel's size is about the UVs' on the face.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from headsynth.rendering.textures import _grid

SIDE = 512  # texels
REPEATS = 5.0  # tiles over a UV of one; about 0.2 m on the face, so a texel is about 0.4 mm
_TEXEL = 0.0004  # metres
_BLURS = (0.0, 0.8, 1.6, 3.0, 6.0)  # texels, of the smaller versions
_SIGNED = 127.0


@dataclass(frozen=True)
class SkinMaps:
    """Both maps (SIDE, SIDE, 4) uint8, repeating; relief is signed about 127."""

    relief: np.ndarray  # three components of the normal's deviation; depth of pores
    pigment: np.ndarray  # blood, melanin (signed); rank of freckles; rank of larger spots

    def at(self, uvs: np.ndarray, place: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """(N, 2) UVs of the body's skin -> (N, 8) float32: signed channels -1..1, the ranks 0..1.

        place: columns and rows by which the maps are shifted, of their side.
        """
        columns, rows = (
            np.mod(uvs[:, axis] * np.float32(REPEATS) + np.float32(place[axis]), np.float32(1.0)) for axis in (0, 1)
        )
        x, y = (_grid(values * np.float32(SIDE) + np.float32(1.0)) for values in (columns, rows))
        maps = [cv2.remap(image, x, y, cv2.INTER_LINEAR) for image in (self.relief, self.pigment)]
        values = np.concatenate([image.reshape(-1, 4)[: len(uvs)] for image in maps], axis=1).astype(np.float32)
        values[:, :6] -= np.float32(_SIGNED)
        values[:, :6] *= np.float32(1.0 / _SIGNED)
        values[:, 6:] *= np.float32(1.0 / 255.0)
        return values


def skin_maps(footprint: float) -> SkinMaps:
    """The maps for pixels that cover `footprint` metres, blurred so that nothing finer is left."""
    wanted = 0.35 * footprint / _TEXEL
    return _levels()[int(np.argmin(np.abs(np.array(_BLURS) - wanted)))]


@cache
def _levels() -> tuple[SkinMaps, ...]:
    sharp = _sharp()
    return tuple(SkinMaps(*(_padded(part, blur) for part in (sharp[..., :4], sharp[..., 4:]))) for blur in _BLURS)


def _padded(values: np.ndarray, blur: float) -> np.ndarray:
    """(SIDE, SIDE, 4) float -> uint8, blurred, with a texel of the other side around."""
    wide = cv2.copyMakeBorder(values, 32, 32, 32, 32, cv2.BORDER_WRAP)
    if blur > 0.0:
        wide = cv2.GaussianBlur(wide, (0, 0), blur)
    ranks = values.min(axis=(0, 1)) == 0.0  # a blurred spot keeps its rank, or it would vanish
    wide[..., ranks] *= 255.0 / wide[..., ranks].max(axis=(0, 1)).clip(1.0)
    return np.ascontiguousarray(np.clip(np.round(wide[31:-31, 31:-31]), 0, 255).astype(np.uint8))


def _sharp() -> np.ndarray:
    """(SIDE, SIDE, 8) float32, 0..255: both maps in full detail, relief then pigment."""
    rng = np.random.default_rng(20)
    channels = []
    for _ in range(3):
        normal = _noise(rng, 5.0) + 0.8 * _noise(rng, 11.0) + 0.35 * _noise(rng, 28.0)
        channels.append(_SIGNED + 38.0 * normal / normal.std())
    pores = _spots(rng, 12000, (0.7, 1.3), (0.4, 1.0))
    channels.append(_SIGNED + 110.0 * (pores - pores.mean()))
    blood = _noise(rng, 26.0) + 0.9 * _noise(rng, 70.0) + 0.5 * _noise(rng, 9.0)
    melanin = _noise(rng, 16.0) + 0.8 * _noise(rng, 48.0) + 0.6 * _noise(rng, 6.0)
    channels += [_SIGNED + 38.0 * values / values.std() for values in (blood, melanin)]
    channels.append(255.0 * _spots(rng, 6000, (0.6, 1.7), (0.1, 1.0)))
    channels.append(255.0 * _spots(rng, 90, (2.2, 4.0), (0.1, 1.0)))
    return np.stack(channels, axis=-1).astype(np.float32)


def _noise(rng: np.random.Generator, wavelength: float) -> np.ndarray:
    """(SIDE, SIDE) noise of mean zero and deviation one around a wavelength in texels, repeating."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)) * wavelength
    band = np.exp(-np.square(np.log(np.maximum(frequency, 1e-6))) / 0.5)
    band[0, 0] = 0.0
    values = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) * band, s=(SIDE, SIDE))
    return values / values.std()


def _spots(rng: np.random.Generator, count: int, radii: tuple[float, float], ranks: tuple[float, float]) -> np.ndarray:
    """(SIDE, SIDE) soft round spots, repeating; the height of each is its rank, radii in texels."""
    image: np.ndarray = np.zeros((SIDE, SIDE), np.float32)
    reach = int(np.ceil(3.0 * radii[1]))
    offsets = np.arange(-reach, reach + 1)
    for centre in rng.uniform(0.0, SIDE, (count, 2)):
        radius, rank, squash = rng.uniform(*radii), rng.uniform(*ranks), rng.uniform(0.75, 1.3)
        rows, columns = (np.floor(centre[axis]).astype(int) + offsets for axis in (0, 1))
        distance = np.hypot((rows - centre[0])[:, None] * squash, (columns - centre[1]) / squash) / radius
        window = np.ix_(rows % SIDE, columns % SIDE)
        image[window] = np.maximum(image[window], rank * np.clip(1.6 - 0.8 * distance, 0.0, 1.0))
    return image
