"""Where on the face things are, finer than the mesh: layers over the template's front view.

The margins are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.people.face_painting import SIGNED, TEXEL, Layer, Painter

_ABOVE, _BELOW = 0.07, 0.02  # metres beyond the landmarks
_BEHIND = 0.11  # metres behind the nose's tip at which the map ends
_SLOPES = slice(Layer.WRINKLES_X, Layer.WRINKLES_Y + 1)


@dataclass(frozen=True)
class FaceMap:
    """Layers over x and y of the template; nothing on the sides and the back of the head."""

    layers: np.ndarray  # (H, W, 16) uint8, row 0 at the top; the border is empty
    corner: np.ndarray  # (2,) metres, x and y of the middle of the first texel
    behind: float  # metres, z below which there is nothing

    @classmethod
    def of(cls, landmarks: np.ndarray, seed: int = 0) -> "FaceMap":
        """landmarks: (68, 3) metres, of the template; seed: of the strokes and lines that differ between people."""
        half = float(np.abs(landmarks[:, 0]).max()) + 0.005
        low, high = landmarks[:, 1].min() - _BELOW, landmarks[:, 1].max() + _ABOVE
        corner = np.array([-half, high], np.float32)
        shape = int((high - low) / TEXEL), int(2.0 * half / TEXEL)
        layers = Painter(landmarks, corner, shape, seed).layers()
        empty = np.zeros(len(Layer), np.uint8)
        empty[_SLOPES] = SIGNED
        layers[[0, -1]] = empty
        layers[:, [0, -1]] = empty
        return cls(layers, corner, float(landmarks[30, 2] - _BEHIND))

    def at(self, rest: np.ndarray) -> np.ndarray:
        """(N, 3) metres, places on the template -> (N, 16) float32: 0..1, the slopes -1..1."""
        height, width = self.layers.shape[:2]
        columns = ((rest[:, 0] - self.corner[0]) * np.float32(1.0 / TEXEL) + np.float32(0.5)).astype(np.int32)
        rows = ((self.corner[1] - rest[:, 1]) * np.float32(1.0 / TEXEL) + np.float32(0.5)).astype(np.int32)
        rows[rest[:, 2] < self.behind] = 0
        index = np.clip(rows, 0, height - 1) * width + np.clip(columns, 0, width - 1)
        values = self.layers.reshape(-1, len(Layer)).take(index, axis=0).astype(np.float32)
        values *= np.float32(1.0 / 255.0)
        values[:, _SLOPES] = values[:, _SLOPES] * np.float32(255.0 / SIGNED) - np.float32(1.0)
        return values
