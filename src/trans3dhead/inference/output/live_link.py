"""A head's motion as the CSV file that the app Live Link Face (Epic Games) records, for Unreal, Blender and Unity.

Source: recordings of the app, such as those of https://github.com/alexdjulin/LiveLinkFace-CSV-Retarget-For-Motionbuilder,
and the importer of Unreal Engine 5, LiveLinkFaceImporterFactory.cpp, that reads them.

- Timecode is HH:MM:SS:FF.fff with frames of a sixtieth of a second, whatever the clip's rate is.
- BlendShapeCount is 61: Apple's 52 blendshapes in the app's order, then yaw, pitch and roll of head and eyes.
- Angles are radians. In the recordings yaw < 0 turns an eye to the person's own left and pitch < 0 turns it up; with
  x to the person's left, y up, z out of the face its three angles are those of R = Rz(-roll) · Ry(-yaw) · Rx(pitch),
  without a turn about the line of sight (to 1e-7). The head's are written by the same formula: yaw > 0 turns the face
  to the image's left, as in `Pose`, pitch > 0 looks down, against `Pose`, roll > 0 is clockwise in the image.
- An eye turns by 0.60 radians sideways and 0.55 up or down for a look of one, as in the recordings. Without a turn
  about the line of sight its roll is yaw · pitch.
"""

from collections.abc import Iterator

import numpy as np

from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.takes import Take

_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_SIDES = ("Left", "Right")
# Jaw and mouth go right before left, as in the recordings and unlike in Unreal's enumeration.
BLENDSHAPES = (
    *(f"eye{part}{side}" for side in _SIDES for part in _EYE),
    *("jawForward", "jawRight", "jawLeft", "jawOpen"),
    *("mouthClose", "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft"),
    *(f"mouth{part}{side}" for part in ("Smile", "Frown", "Dimple", "Stretch") for side in _SIDES),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *(f"mouth{part}{side}" for part in ("Press", "LowerDown", "UpperUp") for side in _SIDES),
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
_ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll"))
HEADER = ("Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in BLENDSHAPES), *_ANGLES)
_SIDEWAYS, _UPWARDS = 0.60, 0.55  # radians by which an eye turns for a look of one
_FRAMES = 60  # a second, of the timecode


def has_live_link_names(head_model: NumpyHeadModel) -> bool:
    """Whether the head model has the 52 blendshapes that the file holds."""
    return set(BLENDSHAPES) <= set(head_model.expression_names)


def live_link_csv(take: Take) -> str:
    """The file's text. Raises ValueError for a head model without Apple's 52 blendshapes."""
    names = take.head_model.expression_names
    if not has_live_link_names(take.head_model):
        missing = sorted(set(BLENDSHAPES) - set(names))
        raise ValueError(
            f"head model: expected one with Apple's 52 blendshapes, such as anny; {take.head_model.name!r} has no "
            f"{missing[0]} and {len(missing) - 1} others"
        )
    weights = take.expressions[:, [names.index(name) for name in BLENDSHAPES]]
    return "\n".join((",".join(HEADER), *_rows(take, weights))) + "\n"


def _rows(take: Take, weights: np.ndarray) -> Iterator[str]:
    angles = np.concatenate((_head_angles(take.rotations), *(_eye_angles(weights, side) for side in _SIDES)), axis=1)
    for time, row in zip(take.times.tolist(), np.concatenate((weights, angles), axis=1).tolist(), strict=True):
        yield ",".join((timecode(time), str(len(row)), *(f"{value:.10f}" for value in row)))


def timecode(time: float) -> str:
    """Seconds -> HH:MM:SS:FF.fff, sixtieths of a second and their thousandths."""
    seconds, thousandths = divmod(round(time * _FRAMES * 1000), _FRAMES * 1000)
    minutes, hours = seconds // 60, seconds // 3600
    return f"{hours:02d}:{minutes % 60:02d}:{seconds % 60:02d}:{thousandths // 1000:02d}.{thousandths % 1000:03d}"


def _head_angles(rotations: np.ndarray) -> np.ndarray:
    """(F, 3, 3) head space -> camera space -> (F, 3) yaw, pitch, roll, radians."""
    upright = Y_UP @ rotations
    yaw = np.arcsin(np.clip(upright[:, 2, 0], -1.0, 1.0))
    pitch = np.arctan2(upright[:, 2, 1], upright[:, 2, 2])
    roll = -np.arctan2(upright[:, 1, 0], upright[:, 0, 0])
    return np.stack((yaw, pitch, roll), axis=1)


def _eye_angles(weights: np.ndarray, side: str) -> np.ndarray:
    """(F, 52) -> (F, 3) yaw, pitch, roll of one eye, radians."""
    look = {part: weights[:, BLENDSHAPES.index(f"eyeLook{part}{side}")] for part in ("In", "Out", "Up", "Down")}
    outwards = _SIDEWAYS * (look["Out"] - look["In"])
    yaw = -outwards if side == "Left" else outwards
    pitch = _UPWARDS * (look["Down"] - look["Up"])
    return np.stack((yaw, pitch, yaw * pitch), axis=1)
