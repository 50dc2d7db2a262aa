"""What of a photograph a network's crops show: a head and some margin about it, or a face, upright and close."""

from typing import NamedTuple, Protocol

import numpy as np

from trans3dhead.data.mesh_photographs import AnyAnnotation
from trans3dhead.geometry.crops import TEST_MARGIN, Crop
from trans3dhead.geometry.face_square import face_square
from trans3dhead.head_model import HeadModel


class Frame(NamedTuple):
    """Where a square is cut out."""

    box: np.ndarray  # (4,) [x, y, w, h] pixels
    roll: float  # degrees by which what it shows is rolled clockwise; the crop turns it back
    margin: float  # of the box's longer side, on each side, at validation

    def crop(self, size: int) -> Crop:
        """The crop of a validation, `size` pixels wide."""
        return Crop.around(self.box, size, self.margin, -self.roll)


class Framer(Protocol):
    """From the label of a head to where its crop is cut out."""

    def __call__(self, head: AnyAnnotation) -> Frame: ...


def frame_head(head: AnyAnnotation) -> Frame:
    """The head box, with the margin of a prediction."""
    return Frame(head.box, 0.0, TEST_MARGIN)


class FrameFace:
    """The square about the face where it truly is: the closer look's."""

    def __init__(self, head_model: HeadModel) -> None:
        self._head_model = head_model.numpy()

    def __call__(self, head: AnyAnnotation) -> Frame:
        """The margin is in the square's side."""
        return Frame(*face_square(head.project, head.resting_landmarks(self._head_model)), 0.0)


def framing_of(name: str, head_model: HeadModel) -> Framer:
    """name: "head" or "face", as a network's configuration has it."""
    match name:
        case "head":
            return frame_head
        case "face":
            return FrameFace(head_model)
    raise ValueError(f"framing: expected head or face, got {name!r}")
