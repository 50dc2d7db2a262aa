"""Test-time flip: what a network says of crops and of their mirror images, as one answer."""

import numpy as np

from trans3dhead.geometry.matrices import matrix_from_6d, matrix_to_6d, mean_matrix
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.inference.aligners import Aligner, Answers

_FLIP = np.array([-1.0, 1.0, 1.0])


def answers_of(aligner: Aligner, crops: np.ndarray, flip: bool) -> Answers:
    """(B, S, S, 3) uint8 RGB -> what a network says of them; flip: the mean with their mirror images."""
    answers = aligner.answers(crops)
    if not flip:
        return answers
    of_mirrored = aligner.answers(np.ascontiguousarray(crops[:, :, ::-1]))
    return mean_of(answers, mirrored(of_mirrored, aligner.head_model), aligner.head_model)


def mirrored(answers: Answers, head_model: NumpyHeadModel) -> Answers:
    """What the heads of mirrored crops are in the crops themselves: left and right change places, x -> 1 - x.

    The head model must know its mirror.
    """
    partners, layout = list(LANDMARK_MIRROR), head_model.layout
    landmarks = None if answers.landmarks is None else answers.landmarks[:, partners] * [-1.0, 1.0] + [1.0, 0.0]
    spread = None if answers.spread is None else answers.spread[:, partners]
    parameters = answers.parameters.copy()
    own, parts = layout.split(answers.parameters), layout.split(parameters)  # views
    parts["shape"][:] = own["shape"] * head_model.shape_mirror
    parts["expression"][:] = own["expression"][:, head_model.expression_mirror]
    if layout.jaw:
        parts["jaw"][:] = -_FLIP * own["jaw"]  # axis-angle: an axial vector
    turned = [matrix_from_6d(six) * _FLIP * _FLIP[:, None] for six in own["rotation"]]
    parts["rotation"][:] = [matrix_to_6d(rotation) for rotation in turned]
    parts["translation"][:] = _FLIP * own["translation"]
    return Answers(landmarks, spread, parameters)


def mean_of(first: Answers, second: Answers, head_model: NumpyHeadModel) -> Answers:
    """The mean of two answers of the same crops: of rotations the one midway, of all else the mean of numbers."""
    parameters = (first.parameters + second.parameters) / 2
    split = head_model.layout.split
    pairs = zip(split(first.parameters)["rotation"], split(second.parameters)["rotation"], strict=True)
    turned = [mean_matrix(matrix_from_6d(one), matrix_from_6d(other)) for one, other in pairs]
    split(parameters)["rotation"][:] = [matrix_to_6d(rotation) for rotation in turned]
    return Answers(_mean(first.landmarks, second.landmarks), _mean(first.spread, second.spread), parameters)


def _mean(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
    return None if first is None or second is None else (first + second) / 2
