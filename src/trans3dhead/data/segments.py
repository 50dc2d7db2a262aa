"""The classes of a segmentation: what the camera sees at each pixel of a synthetic photograph."""

from enum import IntEnum

import cv2
import numpy as np

from trans3dhead.images import decode_as_stored, encode_png


class Segment(IntEnum):
    """The value of a pixel."""

    BACKGROUND = 0
    SKIN = 1  # face, ears, neck, shoulders; make-up, stubble and brow skin too
    HAIR = 2  # on the head and in the face: beards, brows, lashes
    EYES = 3  # eyeballs
    MOUTH = 4  # teeth, tongue and the inside of the mouth
    ACCESSORY = 5  # glasses, hats, headphones, masks, scarves, hands, things held before the face
    CLOTHES = 6


# sRGB in which each class is shown, in the order of the values.
COLOURS = np.array(
    [(24, 26, 34), (240, 190, 160), (140, 90, 40), (80, 220, 255), (230, 60, 90), (250, 210, 60), (90, 120, 220)],
    np.uint8,
)


def encode_segmentation(classes: np.ndarray) -> bytes:
    """(H, W) uint8 values of Segment -> a PNG file of one channel."""
    return encode_png(classes, (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE))


def decode_segmentation(png: bytes) -> np.ndarray:
    """The inverse of `encode_segmentation`. Raises ValueError for what is no picture of classes."""
    classes = decode_as_stored(png)
    if classes is None or classes.ndim != 2 or classes.dtype != np.uint8 or classes.max() >= len(Segment):
        raise ValueError(f"segmentation: expected a PNG of one channel with values below {len(Segment)}")
    return np.asarray(classes, np.uint8)
