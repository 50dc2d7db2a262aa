"""Test-time flip: what a network says of a crop and of its mirror image, as one prediction."""

from dataclasses import replace

from trans3dhead.geometry.rotations import mean_rotation, rotation_from_6d, rotation_to_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.networks.alignment import Prediction


def mirrored_prediction(prediction: Prediction, head_model: HeadModel) -> Prediction:
    """What a prediction of mirrored crops says of the crops themselves: left and right change places, x -> 1 - x.

    Landmarks, their spread and parameters; the head model must know its mirror.
    """
    landmarks, spread, partners = prediction.landmarks, prediction.landmark_spread, list(LANDMARK_MIRROR)
    if landmarks is not None:
        landmarks = landmarks[:, partners] * landmarks.new_tensor([-1.0, 1.0])
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
    spread = None if spread is None else spread[:, partners]
    return Prediction(landmarks, head_model.layout.pack(parameters), None, landmark_spread=spread)


def mean_prediction(first: Prediction, second: Prediction, head_model: HeadModel) -> Prediction:
    """The mean of two predictions of the same crops: of rotations the one midway, of all else the mean of numbers."""
    one, other = (head_model.layout.unpack(prediction.parameters) for prediction in (first, second))
    rotation = mean_rotation(rotation_from_6d(one.rotation), rotation_from_6d(other.rotation))
    means = head_model.layout.unpack((first.parameters + second.parameters) / 2)
    parameters = head_model.layout.pack(replace(means, rotation=rotation_to_6d(rotation)))
    landmarks, spread = (
        None if here is None or there is None else (here + there) / 2
        for here, there in (
            (first.landmarks, second.landmarks),
            (first.landmark_spread, second.landmark_spread),
        )
    )
    return Prediction(landmarks, parameters, None, landmark_spread=spread)
