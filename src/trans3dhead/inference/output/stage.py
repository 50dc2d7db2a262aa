"""The pose and the camera of a photograph as those of a GLB file."""

import numpy as np

from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.inference.camera_and_pose import Camera, Pose
from trans3dhead.inference.output.glb import Stage

_DISTANCE = 1.0  # metres from the camera of a .glb to the head's origin; without perspective any will do


def on_stage(pose: Pose, camera: Camera, size: tuple[int, int]) -> Stage:
    """The head before a camera that sees what is on a photograph of that width and height, pixels."""
    off_centre = (camera.translation - np.array(size) / 2) / camera.scale
    place = np.array([off_centre[0], -off_centre[1], -_DISTANCE])
    return Stage(Y_UP @ pose.rotation, place, size[0] / camera.scale, size[1] / camera.scale)
