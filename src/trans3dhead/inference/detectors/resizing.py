"""Photographs brought to the size at which a detector looks at them."""

import cv2
import numpy as np

LONGEST_SIDE_FOR_FACES = 1280  # pixels; larger photographs are shrunk to this for the detection of faces


def resized_to(image: np.ndarray, longest_side: int, largest_zoom: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The picture with sides of `longest_side` pixels at most; a smaller one as it is or enlarged, by `largest_zoom`.

    Also (4,) factors from its boxes to those of the photograph.
    """
    height, width = image.shape[:2]
    factor = min(largest_zoom, longest_side / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = image if size == (width, height) else _resized(image, size)
    return small, np.array([width / size[0], height / size[1]] * 2)


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Means of 2 × 2 pixels while that leaves no less than `size`, then bilinear: an eighth of an area mean's time.

    Where sides are odd, a mean over the area of each pixel does it all, so that nothing larger than two is skipped.
    """
    height, width = image.shape[:2]
    while height % 2 == 0 and width % 2 == 0 and width // 2 >= size[0] and height // 2 >= size[1]:
        width, height = width // 2, height // 2
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    little = width < 2 * size[0] and height < 2 * size[1]
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if little else cv2.INTER_AREA)
