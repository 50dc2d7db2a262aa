"""The labels of a synthetic photograph to look at: classes of pixels, boxes, landmarks by what the camera sees.

Colours and sizes are by eye.
"""

from collections.abc import Sequence

import numpy as np

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.data.segments import COLOURS
from trans3dhead.head_model import HeadModel
from trans3dhead.images import draw_box, draw_dots

# RGB
FLAG_COLOURS = {
    Visibility.OUTSIDE: (150, 150, 150),
    Visibility.VISIBLE: (60, 230, 90),
    Visibility.SELF_OCCLUDED: (235, 60, 235),
    Visibility.COVERED: (255, 90, 30),
}
_BOX, _FACE_BOX, _DARK = (255, 255, 255), (102, 229, 255), (16, 20, 28)
_OPAQUE = 0.7  # share of a class' colour over the photograph
_DOT = 0.0065  # radius, of the photograph's side


def draw_labels(
    image: np.ndarray, classes: np.ndarray, heads: Sequence[HeadAnnotation], head_model: HeadModel
) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> (H, 3·W, 3): the photograph, its classes over it, its landmarks and boxes on it.

    classes: (H, W) of data.segments.Segment. Green landmarks are seen, magenta ones hidden by the head itself, orange
    ones by something else; white: the head's box, blue: the face's.
    """
    painted = np.round((1.0 - _OPAQUE) * image + _OPAQUE * COLOURS[classes]).astype(np.uint8)
    marked = image.copy()
    for head in heads:
        _draw_head(marked, head, head_model)
    return np.hstack((image, painted, marked))


def _draw_head(canvas: np.ndarray, head: HeadAnnotation, head_model: HeadModel) -> None:
    radius = max(1.0, _DOT * canvas.shape[1])
    for box, colour in ((head.box, _BOX), (head.face_box, _FACE_BOX)):
        if box is not None:
            draw_box(canvas, box, colour)
    flags = head.landmark_visibility
    for number, point in enumerate(head.landmarks(head_model)):
        colour = FLAG_COLOURS[Visibility(flags[number])] if flags is not None else _BOX
        draw_dots(canvas, point[None], _DARK, radius + 0.7)
        draw_dots(canvas, point[None], colour, radius)
