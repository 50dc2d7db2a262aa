"""What the benchmarks look at: a photograph in the sizes that are measured, and crops."""

import cv2
import numpy as np

USUAL, LARGE = (640, 480), (4000, 3000)  # pixels, width and height


def scaled_to(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 -> `size` = (width, height), filled; what does not fit is cut off at the bottom and the right."""
    height, width = image.shape[:2]
    zoom = max(size[0] / width, size[1] / height)
    kept = image[: round(size[1] / zoom), : round(size[0] / zoom)]
    return cv2.resize(kept, size, interpolation=cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA)


def random_crops(batch: int, size: int) -> np.ndarray:
    """(B, S, S, 3) uint8, the same in every run."""
    return np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
