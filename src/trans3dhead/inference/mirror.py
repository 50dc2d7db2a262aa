"""Test-time flip: what a network says of crops and of their mirror images, as one answer."""

import numpy as np

from trans3dhead.geometry.matrices import matrix_from_6d, matrix_to_6d, mean_matrix
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, posed

_FLIP = np.array([-1.0, 1.0, 1.0])


def mirrored(heads: AlignedHeads, head_model: NumpyHeadModel) -> AlignedHeads:
    """What the heads of mirrored crops are in the crops themselves: left and right change places, x -> 1 - x.

    The head model must know its mirror.
    """
    partners, layout = list(LANDMARK_MIRROR), head_model.layout
    landmarks = heads.landmarks[:, partners] * [-1.0, 1.0] + [1.0, 0.0]
    spread = None if heads.spread is None else heads.spread[:, partners]
    parameters = heads.parameters.copy()
    own, parts = layout.split(heads.parameters), layout.split(parameters)  # views
    parts["shape"][:] = own["shape"] * head_model.shape_mirror
    parts["expression"][:] = own["expression"][:, head_model.expression_mirror]
    if layout.jaw:
        parts["jaw"][:] = -_FLIP * own["jaw"]  # axis-angle: an axial vector
    turned = [matrix_from_6d(six) * _FLIP * _FLIP[:, None] for six in own["rotation"]]
    parts["rotation"][:] = [matrix_to_6d(rotation) for rotation in turned]
    parts["translation"][:] = _FLIP * own["translation"]
    return posed(head_model, landmarks, spread, parameters)


def mean_of(first: AlignedHeads, second: AlignedHeads, head_model: NumpyHeadModel) -> AlignedHeads:
    """The mean of two answers of the same crops: of rotations the one midway, of all else the mean of numbers."""
    parameters = (first.parameters + second.parameters) / 2
    turned = [mean_matrix(*pair) for pair in zip(first.rotation, second.rotation, strict=True)]
    head_model.layout.split(parameters)["rotation"][:] = [matrix_to_6d(rotation) for rotation in turned]
    spread = None if first.spread is None or second.spread is None else (first.spread + second.spread) / 2
    return posed(head_model, (first.landmarks + second.landmarks) / 2, spread, parameters)
