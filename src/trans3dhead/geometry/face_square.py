"""The square about a face, upright and close: what a closer look at a head sees."""

from collections.abc import Callable

import numpy as np

FACE_SIDE = 0.2  # metres: from above the brows to below an open jaw, ears left out
_STEP = 0.01  # metres, by which the projection's derivative is taken


def face_square(project: Callable[[np.ndarray], np.ndarray], face: np.ndarray) -> tuple[np.ndarray, float]:
    """The square about the face of a head whose projection is known, roughly or well.

    project: (N, 3) metres, head space -> (N, 2) pixels; face: (3,) metres, head space, its middle. Returns the box (4,)
    [x, y, w, h], pixels, before it is turned, and by how many degrees the head is rolled clockwise. The side is
    `FACE_SIDE` at the depth of the head's origin, so it does not change with the expression, nor with the yaw.
    """
    steps = _STEP * np.concatenate((np.eye(3), -np.eye(3)))
    x, y = project(face[None])[0]
    forward, backward = np.split(project(steps), 2)
    per_metre = (forward - backward) / (2 * _STEP)  # (3, 2): pixels for a metre along each axis of the head
    side = FACE_SIDE * np.sqrt((per_metre**2).sum() / 2)
    up = per_metre[1]
    roll = float(np.degrees(np.arctan2(up[0], -up[1])))
    return np.array([x - side / 2, y - side / 2, side, side]), roll
