"""What hands do at a face: where they touch it, how they are turned and bent.

Angles, places and shares are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.wear.hands.hand_shape import Grip
from trans3dhead.geometry.vectors import unit

FLAT = Grip((8, 8, 8, 10), (10, 10, 10, 12), -1.5, 10, 8, 8)
WIDE = Grip((0, 0, 0, 2), (6, 5, 6, 8), 4.0, -5, -12, 4)
RELAXED = Grip((22, 26, 30, 34), (26, 30, 32, 35), -1.0, 25, 6, 16)
CURLED = Grip((55, 62, 66, 68), (70, 78, 80, 78), -2.0, 35, 18, 28)
FIST = Grip((78, 82, 84, 84), (98, 100, 100, 96), -3.0, 55, 22, 42)
POINTING = Grip((6, 74, 80, 82), (10, 96, 98, 95), -3.0, 50, 18, 40)
THINKING = Grip((12, 62, 70, 74), (14, 82, 84, 82), -2.0, 20, -18, 8)
AROUND_BAR = Grip((62, 66, 68, 68), (84, 88, 88, 84), -2.5, 60, 14, 32)
AROUND_MUG = Grip((34, 36, 38, 40), (50, 52, 54, 54), -1.0, 62, -4, 18)
ON_BODY = Grip((24, 26, 28, 30), (84, 84, 84, 80), -0.5, 50, 6, 10)
ON_EDGE = Grip((18, 20, 22, 24), (34, 36, 36, 36), -0.5, 50, 2, 12)


@dataclass(frozen=True)
class Gesture:
    """How a left hand touches the head's left side, head space; a right hand does it mirrored."""

    landmarks: tuple[int, ...]  # of the 68: the hand touches at their mean
    shift: tuple[float, float, float]  # metres, added to that
    fingers: tuple[float, float, float]  # direction of the fingers
    back: tuple[float, float, float]  # where the back of the hand looks
    outward: tuple[float, float, float]  # the way on which the hand came, away from the face
    contact: tuple[float, float, float]  # metres, hand space: what touches
    grip: Grip
    share: float
    twin: float = 0.0  # how often the other hand does the same
    gap: float = 0.0  # metres between hand and skin


GESTURES = {
    "chin": Gesture((8,), (0.006, -0.004, 0), (-0.25, 0.9, 0.1), (0.35, -0.35, 0.9), (0.1, -0.55, 0.85),
                    (0.0, 0.105, -0.03), CURLED, 1.2),
    "thinking": Gesture((12, 8), (-0.004, 0.004, 0), (0.05, 1.0, -0.15), (0.55, -0.1, 0.8), (0.5, -0.15, 0.85),
                        (0.02, 0.09, -0.016), THINKING, 1.2),
    "fist": Gesture((11, 12), (0.006, 0, 0), (-0.1, 0.85, -0.4), (0.75, 0.1, 0.6), (0.75, -0.1, 0.6),
                    (0.0, 0.085, -0.035), FIST, 0.8, 0.15),
    "cheek": Gesture((13, 12, 54), (0.006, 0.004, 0), (-0.02, 0.95, -0.35), (0.8, 0.0, 0.6), (0.8, -0.05, 0.6),
                     (0.0, 0.075, -0.012), FLAT, 1.4, 0.25),
    "mouth": Gesture((48, 54), (0, 0, 0), (-0.9, 0.42, 0.0), (0.1, 0.0, 1.0), (0.08, -0.05, 1.0),
                     (0.0, 0.095, -0.012), FLAT, 1.4, 0.15),
    "nose": Gesture((30, 51), (0.01, 0, 0), (-0.55, 0.8, 0.0), (0.5, -0.1, 0.85), (0.3, -0.15, 0.95),
                    (0.015, 0.14, -0.012), RELAXED, 0.6),
    "lips": Gesture((51, 57), (0.004, 0.01, 0), (0.0, 1.0, 0.05), (1.0, 0.0, 0.25), (0.15, 0.0, 1.0),
                    (0.036, 0.155, -0.008), POINTING, 0.6),
    "eye": Gesture((42, 45), (0, 0.004, 0), (-0.5, 0.86, 0.0), (0.2, 0.0, 1.0), (0.15, 0.0, 1.0),
                   (0.005, 0.115, -0.012), FLAT, 1.0, 0.3),
    "face": Gesture((27, 30), (0, 0.01, 0), (-0.35, 0.92, 0.0), (0.1, 0.0, 1.0), (0.05, 0.0, 1.0),
                    (0.0, 0.12, -0.012), FLAT, 0.5, 0.3),
    "forehead": Gesture((19, 24), (0.01, 0.035, -0.004), (-0.95, 0.3, 0.0), (0.2, 0.15, 1.0), (0.2, 0.25, 1.0),
                        (0.0, 0.105, -0.012), FLAT, 1.0),
    "shade": Gesture((19, 24), (0.012, 0.03, 0.01), (-0.98, 0.15, 0.05), (0.05, 0.9, 0.45), (0.0, 0.3, 1.0),
                     (0.035, 0.115, -0.005), FLAT, 0.6),
    "temple": Gesture((26, 16), (0.004, 0.0, 0), (-0.45, 0.75, -0.45), (0.75, 0.0, 0.55), (0.95, 0.0, 0.35),
                      (0.026, 0.175, -0.008), POINTING, 0.6),
    "hair": Gesture((24, 26), (0.012, 0.075, -0.04), (-0.55, 0.45, -0.7), (0.5, 0.85, 0.2), (0.5, 0.8, 0.3),
                    (0.0, 0.115, -0.012), RELAXED, 1.2, 0.2, 0.012),
    "ear": Gesture((16,), (0.012, -0.005, -0.02), (-0.1, 0.85, -0.5), (0.9, 0.0, 0.35), (1.0, 0.0, 0.15),
                   (0.0, 0.10, -0.012), RELAXED, 0.8, 0.15, 0.004),
}  # fmt: skip


def distribution() -> dict[str, Any]:
    """How often each gesture is drawn against the others."""
    return {name: gesture.share for name, gesture in GESTURES.items()}


def frame(fingers: np.ndarray, back: np.ndarray) -> np.ndarray:
    """(3, 3) hand space -> head space, from where the fingers point and about where the back looks."""
    y = unit(np.asarray(fingers, np.float64)[None])[0]
    z = np.asarray(back, np.float64)
    z = unit((z - y * (z @ y))[None])[0]
    return np.stack((np.cross(y, z), y, z), axis=1)
