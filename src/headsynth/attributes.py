"""What can be said of a head in words, and DAD-3DHeads' attributes among them.

The thresholds are by eye: DAD-3DHeads has the words, but no numbers for them.
"""

from collections.abc import Sequence

import numpy as np

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.geometry.matrices import matrix_to_direction

_FRONT, _SIDED = 35.0, 100.0  # degrees by which the face is turned away from the camera, at most
_TILTED = 40.0  # degrees between the head's up and the picture's, from which a pose is atypical
_EXPRESSIVE = 0.3  # the largest weight of a blendshape from which a face has an expression
_NOT_EXPRESSIVE = ("eyeLook", "eyeBlink")  # where one looks, and blinking
_HIDDEN, _COVERED = 0.06, 5  # share of the head, and landmarks, hidden by other things from which a head is occluded


def seen_words(head: HeadAnnotation, expression_names: Sequence[str]) -> dict[str, str]:
    """`pose`, `occlusions` and `expressive`, from the label's numbers."""
    weights = [
        float(weight)
        for name, weight in zip(expression_names, head.expression, strict=True)
        if not name.startswith(_NOT_EXPRESSIVE)
    ]
    return {
        "pose": pose_word(head.rotation, head.translation),
        "occlusions": _truth(_occluded(head)),
        "expressive": _truth(max(weights, default=0.0) >= _EXPRESSIVE),
    }


def pose_word(rotation: np.ndarray, translation: np.ndarray) -> str:
    """front, sided or atypical: tilted by more than 40 degrees, or seen from behind. See HeadAnnotation.

    Angles are relative to the ray through the head; both are free of the ambiguity of Euler angles in profile.
    """
    seen = matrix_to_direction(translation).T @ rotation
    ahead, up = seen[:, 2], seen[:, 1]
    turned = abs(np.degrees(np.arctan2(ahead[0], -ahead[2])))
    tilted = np.degrees(np.arccos(np.clip(-up[1], -1.0, 1.0)))
    if tilted > _TILTED or turned > _SIDED:
        return "atypical"
    return "front" if turned <= _FRONT else "sided"


def dad_attributes(head: HeadAnnotation) -> dict[str, str | bool]:
    """DAD-3DHeads' seven attributes of a head of a synthetic photograph, in its own names and values."""
    words = head.attributes
    return {
        "quality": words.get("quality", "hq"),
        "gender": words.get("gender", "undefined"),
        "expression": words.get("expressive") == "true",
        "age": words.get("age", "young"),
        "occlusions": words.get("occlusions") == "true",
        "pose": words.get("pose") or pose_word(head.rotation, head.translation),
        "standard light": words.get("standard light", "true") == "true",
    }


def _occluded(head: HeadAnnotation) -> bool:
    flags = head.landmark_visibility
    covered = 0 if flags is None else int((flags == Visibility.COVERED).sum())
    return covered >= _COVERED or (head.visible is not None and head.visible < 1.0 - _HIDDEN)


def _truth(value: bool) -> str:
    return str(bool(value)).lower()
