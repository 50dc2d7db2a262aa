"""Live Link Face's CSV: read back with the csv module, angles against scipy."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toy_heads import toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Pose
from trans3dhead.inference.output.live_link import BLENDSHAPES, HEADER, live_link_csv, timecode
from trans3dhead.inference.takes import Take


@pytest.fixture(scope="module")
def head():
    """A head of the model that ships."""
    return toy_head(HeadModel.shipped(), (10, 10, 50, 60))


def rows_of(take: Take) -> list[dict[str, str]]:
    return list(csv.DictReader(live_link_csv(take).splitlines()))


def test_the_columns_are_those_of_a_recording():
    """The whole first line of the app's own files, as public recordings have it."""
    assert ",".join(HEADER) == (
        "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,"
        "EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,"
        "EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,"
        "MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,"
        "MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,MouthShrugUpper,"
        "MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,MouthUpperUpRight,"
        "BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,"
        "CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,"
        "LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
    )


def test_weights_stand_under_their_names(head):
    take = Take(head.head_model, (100, 100))
    take.add(head, 0.0)
    (row,) = rows_of(take)
    assert row["BlendShapeCount"] == "61"
    assert set(BLENDSHAPES) == set(head.blendshapes)
    for name, weight in head.blendshapes.items():
        assert float(row[name[0].upper() + name[1:]]) == pytest.approx(weight, abs=1e-7)


def test_head_angles_turn_the_head_as_the_pose_does(head):
    take, rotations = Take(head.head_model, (100, 100)), Rotation.random(20, random_state=0)
    for time, rotation in enumerate(rotations):
        take.add(replace(head, pose=Pose(0.0, 0.0, 0.0, rotation.as_matrix())), time / 30)
    for row, rotation in zip(rows_of(take), rotations, strict=True):
        yaw, pitch, roll = (float(row[f"Head{angle}"]) for angle in ("Yaw", "Pitch", "Roll"))
        found = Rotation.from_euler("ZYX", [-roll, -yaw, pitch]).as_matrix()
        np.testing.assert_allclose(np.diag([1, -1, -1]) @ found, rotation.as_matrix(), atol=1e-6)


@pytest.mark.parametrize(
    ("euler", "column", "sign"),
    [((0, 30, 0), "HeadYaw", 1), ((30, 0, 0), "HeadPitch", -1), ((0, 0, 30), "HeadRoll", 1)],
)
def test_signs_beside_those_of_the_pose(euler, column, sign):
    head = toy_head(HeadModel.shipped(), (10, 10, 50, 60), euler)
    take = Take(head.head_model, (100, 100))
    take.add(head, 0.0)
    assert float(rows_of(take)[0][column]) == pytest.approx(sign * np.pi / 6, abs=1e-6)


def test_eyes_look_where_the_weights_say(head):
    """Signs and size as in the recordings: looking up and to the person's left is negative."""
    names = head.head_model.expression_names
    weights = np.zeros(len(names), np.float32)
    weights[[names.index(name) for name in ("eyeLookOutLeft", "eyeLookInRight")]] = 0.5
    weights[[names.index(name) for name in ("eyeLookUpLeft", "eyeLookUpRight")]] = 0.4
    take = Take(head.head_model, (100, 100))
    take.add(replace(head, parameters=replace(head.parameters, expression=weights)), 0.0)
    (row,) = rows_of(take)
    for side in ("Left", "Right"):
        angles = [float(row[f"{side}Eye{angle}"]) for angle in ("Yaw", "Pitch", "Roll")]
        np.testing.assert_allclose(angles, [-0.3, -0.22, 0.066], atol=1e-6)
        yaw, pitch, roll = angles
        eye = Rotation.from_euler("ZYX", [-roll, -yaw, pitch])
        assert abs(eye.as_euler("XYZ")[2]) < 0.002  # hardly any turn about the line of sight


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0.0, "00:00:00:00.000"),
        (0.04, "00:00:00:02.400"),
        (1.9999999, "00:00:02:00.000"),
        (3661.5, "01:01:01:30.000"),
    ],
)
def test_time_is_counted_in_sixtieths(time, text):
    assert timecode(time) == text


def test_a_head_model_with_other_expressions_is_refused(toy):
    with pytest.raises(ValueError, match=r"52 blendshapes, such as anny; 'toy' has no browDownLeft and 47 others"):
        live_link_csv(Take(toy.numpy(), (10, 10)))
