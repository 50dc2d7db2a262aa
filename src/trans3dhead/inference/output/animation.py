"""A head's motion through a video as an animated GLB file: its 52 weights and its pose over time."""

import numpy as np

from trans3dhead.geometry.matrices import Y_UP, quaternion_from_matrix
from trans3dhead.inference.camera_and_pose import Parameters
from trans3dhead.inference.output.glb import write_glb
from trans3dhead.inference.output.glb_motion import Motion
from trans3dhead.inference.output.head_glb import glb_mesh
from trans3dhead.inference.takes import Take


def animated_glb(take: Take) -> bytes:
    """The person's neutral face with the expressions as morph targets, animated.

    A key for each frame in which the head was seen, at its time in the video. The node turns as the head does; it moves
    in the plane z = 0, in metres about the centre of the frame, since a weak-perspective camera knows no distance. A
    jaw joint rests.
    """
    model, keys = take.head_model, len(take)
    parts = {name: np.zeros(width, np.float32) for name, width in model.layout.widths._asdict().items()}
    parts |= {"shape": take.shape.astype(np.float32), "expression": take.expressions[0]}
    motion = Motion(
        times=take.times,
        rotations=_continuous(np.stack([quaternion_from_matrix(r) for r in Y_UP @ take.rotations])),
        translations=np.column_stack((take.origins @ Y_UP[:2, :2], np.zeros(keys))),
        weights=take.expressions,
    )
    return write_glb(glb_mesh(model, Parameters(**parts)), motion=motion)


def _continuous(quaternions: np.ndarray) -> np.ndarray:
    """(K, 4) -> the same rotations, each by the one of its two quaternions that is nearer to the one before."""
    flips = np.sign(np.einsum("ki,ki->k", quaternions[1:], quaternions[:-1]))
    signs = np.cumprod(np.concatenate(([1.0], np.where(flips < 0, -1.0, 1.0))))
    return quaternions * signs[:, None]
