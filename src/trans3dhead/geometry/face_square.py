"""The square about the face, upright and close: what a closer look at a head sees."""

from collections.abc import Callable

import numpy as np

FACE_SIDE = 2.8  # times the radius of a face: from above the brows to below a jaw that is a little open, ears left out
_STEP = 0.01  # metres, by which the projection's derivative is taken


def face_square(project: Callable[[np.ndarray], np.ndarray], landmarks: np.ndarray) -> tuple[np.ndarray, float]:
    """The square about the face of a head whose projection is known, roughly or well.

    project: (N, 3) metres, head space -> (N, 2) pixels; landmarks: (L, 3) metres, head space, the head's own at rest.
    Returns the box (4,) [x, y, w, h], pixels, before it is turned, and the degrees by which the head is rolled
    clockwise.

    The side is `FACE_SIDE` times the landmarks' root mean square distance from their middle, as large as that appears
    there. So it changes neither with the expression nor with the yaw, and a large face far away has the square of a
    small one close by, for a photograph hardly tells the two apart.
    """
    middle = landmarks.mean(axis=0)
    radius = np.sqrt(((landmarks - middle) ** 2).sum(axis=1).mean())
    steps = _STEP * np.concatenate((np.eye(3), -np.eye(3)))
    x, y = project(middle[None])[0]
    forward, backward = np.split(project(middle + steps), 2)
    per_metre = (forward - backward) / (2 * _STEP)  # (3, 2): pixels for a metre along each axis of the head
    side = FACE_SIDE * radius * np.sqrt((per_metre**2).sum() / 2)
    up = per_metre[1]
    roll = float(np.degrees(np.arctan2(up[0], -up[1])))
    return np.array([x - side / 2, y - side / 2, side, side]), roll
