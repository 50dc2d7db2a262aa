"""What one head does in a video, for the files that hold its motion."""

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.head import Head


class Take:
    """One head's part in a video: its motion and expression, some hundred numbers a frame, without its meshes."""

    def __init__(self, head_model: NumpyHeadModel, size: tuple[int, int]) -> None:
        """size: width and height of the video's frames, pixels."""
        self.head_model = head_model
        self._centre = np.array(size) / 2
        self._times: list[float] = []
        self._expressions: list[np.ndarray] = []
        self._rotations: list[np.ndarray] = []
        self._origins: list[np.ndarray] = []
        self._shape = np.zeros(head_model.layout.shape)

    def add(self, head: Head, time: float) -> None:
        """The head as it is in the frame at `time`, seconds; frames in their order."""
        self._times.append(time)
        self._expressions.append(head.parameters.expression.astype(np.float32))
        self._rotations.append(head.pose.rotation.astype(np.float32))
        self._origins.append(((head.camera.translation - self._centre) / head.camera.scale).astype(np.float32))
        self._shape += (head.parameters.shape - self._shape) / len(self._times)

    def __len__(self) -> int:
        return len(self._times)

    @property
    def times(self) -> np.ndarray:
        """(F,) seconds; frames in which the head was not seen are left out."""
        return np.array(self._times)

    @property
    def expressions(self) -> np.ndarray:
        """(F, E) coefficients of the head model's expressions."""
        return np.array(self._expressions).reshape(len(self), -1)

    @property
    def rotations(self) -> np.ndarray:
        """(F, 3, 3) head space -> camera space."""
        return np.array(self._rotations).reshape(-1, 3, 3)

    @property
    def origins(self) -> np.ndarray:
        """(F, 2) metres from the frame's centre to the origin of head space, x right, y down, measured at the head.

        How far away the head is the camera, a weak-perspective one, does not know.
        """
        return np.array(self._origins).reshape(-1, 2)

    @property
    def shape(self) -> np.ndarray:
        """(S,) the mean of the shapes in all frames, standard deviations."""
        return self._shape
