"""Test-time flip: what a network says of a crop and of its mirror image, as one prediction."""

from dataclasses import replace

from trans3dhead.geometry.rotations import mean_rotation, rotation_from_6d, rotation_to_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.network import Prediction


def mirrored_prediction(prediction: Prediction, head_model: HeadModel) -> Prediction:
    """What a prediction of mirrored crops says of the crops themselves: left and right change places, x -> 1 - x.

    Landmarks and parameters alone; the head model must know its mirror.
    """
    landmarks = prediction.landmarks
    if landmarks is not None:
        landmarks = landmarks[:, list(LANDMARK_MIRROR)] * landmarks.new_tensor([-1.0, 1.0])
        landmarks = landmarks + landmarks.new_tensor([1.0, 0.0])
    parameters = head_model.layout.unpack(prediction.parameters)
    flip = prediction.parameters.new_tensor([-1.0, 1.0, 1.0])
    rotation = rotation_from_6d(parameters.rotation) * flip * flip[:, None]
    parameters = replace(
        parameters,
        shape=parameters.shape * head_model.shape_mirror,
        expression=parameters.expression[:, head_model.expression_mirror],
        jaw=-flip * parameters.jaw if head_model.layout.jaw else parameters.jaw,  # axis-angle: an axial vector
        rotation=rotation_to_6d(rotation),
        translation=flip * parameters.translation,
    )
    return Prediction(landmarks, head_model.layout.pack(parameters), None)


def mean_prediction(first: Prediction, second: Prediction, head_model: HeadModel) -> Prediction:
    """The mean of two predictions of the same crops: of rotations the one midway, of all else the mean of numbers."""
    one, other = (head_model.layout.unpack(prediction.parameters) for prediction in (first, second))
    rotation = mean_rotation(rotation_from_6d(one.rotation), rotation_from_6d(other.rotation))
    means = head_model.layout.unpack((first.parameters + second.parameters) / 2)
    parameters = head_model.layout.pack(replace(means, rotation=rotation_to_6d(rotation)))
    if first.landmarks is None or second.landmarks is None:
        return Prediction(None, parameters, None)
    return Prediction((first.landmarks + second.landmarks) / 2, parameters, None)
