"""A closer look at faces: a second network reads each face upright and close, once the first has found the head.

The first network sees the whole head, in which a brow moves by a pixel. The second sees the face alone, larger and
turned upright, and so always knows where in its crop each part of a face lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trans3dhead.geometry.boxes import bounds, share_inside
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.face_square import face_square
from trans3dhead.geometry.matrices import axis_rotation, matrix_from_6d, matrix_to_6d, mean_matrix
from trans3dhead.inference.aligners import Aligner
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.head import Head
from trans3dhead.inference.mirror import answers_of
from trans3dhead.inference.photograph import Photograph

_SHARE = 0.5  # of a head crop's side: the side of a face's square, at least
_LARGEST = 4.0  # sides of the photograph: the longest side of a square that is looked at
_LEAST_INSIDE = 0.2  # of its area in the photograph
# How much the closer look counts in what both say, chosen on photographs: a face alone shows less of its pitch.
_POINTS, _SHAPE, _ROTATION = 3 / 4, 3 / 4, 0.45
_WHOLE, _NONE = 85.0, 100.0  # degrees that a face is turned away: up to the first it counts in full, then less
CONSTANTS = {  # by their names, for those who compute it elsewhere
    "largest": _LARGEST,
    "least_inside": _LEAST_INSIDE,
    "share": {"points": _POINTS, "shape": _SHAPE, "rotation": _ROTATION},
    "whole": _WHOLE,
    "none": _NONE,
}


class CloserLook:
    """Refines heads that a first network found: points, shape, expression, pose and camera, and so the mesh."""

    def __init__(self, aligner: Aligner, flip: bool = False) -> None:
        """aligner: a reader of faces, of the head model of the first network; flip: see `Predictor`."""
        if aligner.framing != "face":
            raise ValueError(
                "closer_look: expected a network that reads faces, got one that aligns heads; give face, or none"
            )
        self._aligner, self._flip, self._layout = aligner, flip, aligner.head_model.layout

    def finer(self, crop_size: int) -> float:
        """How wide a pixel of its crops is at least, in pixels of a first network's crops of this size."""
        return _SHARE * crop_size / self._aligner.crop_size

    def __call__(self, photographs: Sequence[Photograph], heads: Sequence[Head], crops: Sequence[Crop]) -> list[Head]:
        """The heads, refined where their faces can be seen.

        photographs, crops: of each head, where it was found, and the first network's crop, not turned, in whose units
        its parameters are.
        """
        refined = list(heads)
        squares = [
            face_square(head.project, head.head_model.resting_landmarks(head.parameters.shape)) for head in heads
        ]
        facing = [
            index
            for index, (head, (box, _)) in enumerate(zip(heads, squares, strict=True))
            if _weight(head) > 0.0 and _shows_a_face(box, photographs[index].size)
        ]
        if not facing:
            return refined
        close = [Crop.around(box, self._aligner.crop_size, 0.0, -roll) for box, roll in (squares[i] for i in facing)]
        cut = [photographs[index].cut(crop) for index, crop in zip(facing, close, strict=True)]
        said = answers_of(self._aligner, np.stack(cut), self._flip)
        assert said.landmarks is not None  # a reader of faces says them
        for row, (index, crop) in enumerate(zip(facing, close, strict=True)):
            spread = None if said.spread is None else said.spread[row]
            parameters = Parameters.of(said.parameters[row], self._layout)
            seen = _Seen.of(said.landmarks[row], spread, parameters, crop, squares[index][1])
            refined[index] = seen.refine(heads[index], crops[index])
        return refined


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the second network says of one face, on the photograph. Its fit knows no jaw joint, so there is no jaw."""

    landmarks: np.ndarray  # (68, 2) pixels
    spread: np.ndarray | None  # (68,) pixels
    shape: np.ndarray  # (S,)
    expression: np.ndarray  # (E,)
    rotation: np.ndarray  # (3, 3) head space -> camera space

    @classmethod
    def of(
        cls, landmarks: np.ndarray, spread: np.ndarray | None, parameters: Parameters, crop: Crop, roll: float
    ) -> "_Seen":
        """landmarks, spread: crop units; parameters: of a crop that was turned back by `roll` degrees."""
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is seen by `is_known`
            return cls(
                landmarks=crop.to_photograph(landmarks * crop.size),
                spread=None if spread is None else spread * crop.size / crop.zoom,
                shape=parameters.shape,
                expression=parameters.expression,
                rotation=axis_rotation("z", roll) @ matrix_from_6d(parameters.rotation),
            )

    @property
    def is_known(self) -> bool:
        """Whether all numbers are finite: a network may answer anything where there is no face."""
        numbers = (self.landmarks, self.shape, self.expression, self.rotation)
        return all(np.isfinite(values).all() for values in numbers)

    def refine(self, head: Head, crop: Crop) -> Head:
        """The head as both looks together have it; its camera puts the mesh where the landmarks are.

        The head as it is where the closer look says nothing that a head can have. crop: the first network's.
        """
        if not self.is_known:
            return head
        weight, model, before = _weight(head), head.head_model, head.parameters
        rotation = mean_matrix(head.pose.rotation, self.rotation, _ROTATION * weight).astype(head.pose.rotation.dtype)
        landmarks = _between(head.landmarks, self.landmarks, _POINTS * weight)
        said = {
            "shape": _between(before.shape, self.shape, _SHAPE * weight),
            "expression": _between(before.expression, self.expression, weight),
            "rotation": matrix_to_6d(rotation),
        }
        parameters = _with(before, **said)
        vertices = model.vertices(parameters.vector(model.layout)[None])[0]
        fitted = Camera.fitted(model.landmarks(vertices) @ rotation.T, landmarks)
        if not fitted.scale > 0.0:
            return head
        camera = Camera(
            _between(head.camera.scale, fitted.scale, weight),
            _between(head.camera.translation, fitted.translation, weight),
        )
        translation, scale = camera.in_crop(crop)
        projected = camera.project(vertices, rotation)
        spread = head.landmark_spread
        if spread is not None and self.spread is not None:
            spread = _between(spread, self.spread, _POINTS * weight)
        return replace(
            head,
            box=bounds(projected[model.subsets["head"]]),
            landmarks=landmarks,
            landmark_spread=spread,
            vertices=vertices,
            projected=projected,
            pose=Pose.of(rotation),
            camera=camera,
            parameters=_with(parameters, translation=np.append(translation, before.translation[2]), scale=scale),
        )


def _weight(head: Head) -> float:
    """0..1, how much the closer look counts: the less of a face is seen, the less."""
    away = np.degrees(np.arccos(np.clip(-head.pose.rotation[2, 2], -1.0, 1.0)))
    return float(np.clip((_NONE - away) / (_NONE - _WHOLE), 0.0, 1.0))


def _shows_a_face(box: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a square (4,) is one that a face in a photograph of this width and height can have.

    Where there is no head a network may answer anything.
    """
    return bool(1.0 <= box[2] <= _LARGEST * max(size) and share_inside(box, size) >= _LEAST_INSIDE)


def _with(parameters: Parameters, **said: np.ndarray) -> Parameters:
    return replace(parameters, **{name: value.astype(parameters.shape.dtype) for name, value in said.items()})


def _between(first: Any, second: Any, share: float) -> Any:
    """The first, and a share of the way from there to the second."""
    return first + share * (second - first)
