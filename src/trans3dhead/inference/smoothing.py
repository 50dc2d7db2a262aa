"""Steady heads through a video: what jitters is smoothed, what moves fast is kept, and everything still agrees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trans3dhead.geometry.boxes import root_area
from trans3dhead.geometry.matrices import matrix_to_6d
from trans3dhead.inference.camera_and_pose import Camera, Parameters
from trans3dhead.inference.head import Head
from trans3dhead.inference.one_euro import OneEuroFilter, OneEuroRotation, OneEuroSettings
from trans3dhead.inference.posed_mesh import PosedMesh
from trans3dhead.inference.tracking import TrackedHead

_FORGOTTEN = 2.0  # seconds after which a head that is not seen any more leaves nothing behind


# Chosen on the clips of benchmarks/video.py, which measures what they do to noise and to motion.
_POINTS = OneEuroSettings(least_cutoff=0.7, per_speed=16.0, speed_cutoff=2.0)
_SCALE = OneEuroSettings(least_cutoff=0.5, per_speed=8.0, speed_cutoff=1.0)
_ROTATION = OneEuroSettings(least_cutoff=0.7, per_speed=6.0, speed_cutoff=2.0)
_EXPRESSION = OneEuroSettings(least_cutoff=1.5, per_speed=3.0, speed_cutoff=4.0)  # a blink takes a tenth of a second
_JAW = OneEuroSettings(least_cutoff=1.5, per_speed=6.0, speed_cutoff=4.0)


@dataclass(frozen=True)
class SmoothingSettings:
    """One-Euro settings of each part of a head, and the unit of their speeds."""

    points: OneEuroSettings = _POINTS  # sizes of the head: the root of its box's area
    scale: OneEuroSettings = _SCALE  # of the scale's logarithm
    rotation: OneEuroSettings = _ROTATION  # radians
    expression: OneEuroSettings = _EXPRESSION  # whole blendshapes
    jaw: OneEuroSettings = _JAW  # radians


class HeadSmoother:
    """Call it with the tracked heads of each frame and its time.

    Landmarks, camera, rotation, expression and jaw go through One-Euro filters, whose thresholds are in sizes of the
    head, so that a clip of half the resolution is smoothed alike. A person's shape is the mean of all that was seen of
    it. Vertices, projected points and box follow from these through the head model: mesh, pose and JSON agree.
    """

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        """settings: how much is smoothed; None: the defaults."""
        self._settings = settings or SmoothingSettings()
        self.reset()

    def reset(self) -> None:
        """Forget all heads, before another video."""
        self._people: dict[int, _Person] = {}

    def __call__(self, tracked: Sequence[TrackedHead], time: float) -> list[TrackedHead]:
        """The heads of a frame at `time`, seconds since the video began -> the same, smoothed, in their order.

        A head that was not seen for more than two seconds begins anew. Raises ValueError where time does not increase.
        """
        self._people = {key: one for key, one in self._people.items() if time - one.last <= _FORGOTTEN}
        smoothed = []
        for one in tracked:
            person = self._people.setdefault(one.id, _Person(self._settings))
            smoothed.append(replace(one, head=person(one.head, time)))
        return smoothed


class _Person:
    """The filters of one id."""

    def __init__(self, settings: SmoothingSettings) -> None:
        self.last = -np.inf  # seconds, when it was seen last
        self._landmarks, self._origin = OneEuroFilter(settings.points), OneEuroFilter(settings.points)
        self._scale, self._rotation = OneEuroFilter(settings.scale), OneEuroRotation(settings.rotation)
        self._expression, self._jaw = OneEuroFilter(settings.expression), OneEuroFilter(settings.jaw)
        self._shape = _Mean()

    def __call__(self, head: Head, time: float) -> Head:
        self.last = time
        size = root_area(head.box)
        rotation = self._rotation(head.pose.rotation, time)
        camera = Camera(
            float(np.exp(self._scale(np.log([head.camera.scale]), time)[0])),
            self._origin(head.camera.translation, time, size),
        )
        given = head.parameters
        parts = {
            "shape": self._shape(given.shape),
            "expression": self._expression(given.expression[:, None], time)[:, 0],  # each coefficient for itself
            "jaw": self._jaw(given.jaw, time),
            "rotation": matrix_to_6d(rotation),
            **_in_the_crop(camera, head),
        }
        parameters = Parameters(**{name: part.astype(np.float32) for name, part in parts.items()})
        landmarks = self._landmarks(head.landmarks, time, size).astype(head.landmarks.dtype)
        return _posed(replace(head, landmarks=landmarks), parameters, rotation, camera)


class _Mean:
    """The mean of all values so far."""

    def __init__(self) -> None:
        self._count, self._mean = 0, np.zeros(())

    def __call__(self, value: np.ndarray) -> np.ndarray:
        self._count += 1
        self._mean = self._mean + (np.asarray(value, np.float64) - self._mean) / self._count
        return self._mean


def _in_the_crop(camera: Camera, head: Head) -> dict[str, np.ndarray]:
    """Translation and scale as the network says them, in the crop of this frame, of another camera than the head's."""
    given = head.parameters
    half = head.camera.scale / np.maximum(given.scale.astype(np.float64) + 1.0, 1e-8)  # pixels, of the crop's side
    moved = (camera.translation - head.camera.translation) / half
    return {"translation": given.translation + np.append(moved, 0.0), "scale": camera.scale / half - 1.0}


def _posed(head: Head, parameters: Parameters, rotation: np.ndarray, camera: Camera) -> Head:
    """The head with other parameters: its mesh, pose and box follow from them through the head model."""
    mesh = PosedMesh.of(head.head_model, parameters, rotation, camera)
    return replace(
        head,
        box=mesh.box,
        vertices=mesh.vertices,
        projected=mesh.projected,
        pose=mesh.pose,
        camera=camera,
        parameters=parameters,
    )
