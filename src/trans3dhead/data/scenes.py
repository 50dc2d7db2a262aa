"""Photographs of scenes: where their heads are, how they are turned, and which of them are to be found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.targets import rotations_towards
from trans3dhead.geometry.boxes import bounds, share_inside
from trans3dhead.head_model import HeadModel

LEAST_VISIBLE = 0.25  # of a head's silhouette
SMALLEST = 12.0  # pixels of the longer side of its box
LEAST_INSIDE = 0.3  # of the area of its box in the frame
_MIRROR = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class HeadTargets:
    """The heads of one picture. A head that is not wanted counts neither as one to be found nor as background."""

    boxes: np.ndarray  # (N, 4) float64 [x, y, w, h] pixels, amodal: they may reach outside of the picture
    rotations: np.ndarray  # (N, 3, 3) float64, head space -> a camera that looks at the middle of the 68 landmarks
    visible: np.ndarray  # (N,) float64, 0..1 of the silhouette; what is outside of the frame counts as hidden
    wanted: np.ndarray  # (N,) bool

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def of(cls, boxes: np.ndarray, rotations: np.ndarray, visible: np.ndarray, size: tuple[int, int]) -> "HeadTargets":
        """Decide which heads are wanted, that is, to be found: those seen, large and inside enough.

        boxes: (N, 4) pixels; rotations: (N, 3, 3); visible: (N,); size: width and height of the picture, pixels.
        """
        large = boxes[:, 2:].max(axis=1, initial=0.0) >= SMALLEST
        wanted = (visible >= LEAST_VISIBLE) & large & (share_inside(boxes, size) >= LEAST_INSIDE)
        return cls(boxes, rotations, visible, wanted)

    def windowed(
        self, affine: np.ndarray, size: int, old_size: tuple[int, int], outlines: np.ndarray | None = None
    ) -> "HeadTargets":
        """The same heads in a square window of `size` pixels.

        affine: (2, 3) old pixels -> window pixels: a mirror x -> -x or none, then a turn and a zoom; old_size: width
        and height of the old picture; outlines: (N, V, 2) old pixels, all points of the heads that their boxes bound:
        needed where the window is turned. What of the seen part of a head the window shows is taken from its box.
        """
        linear = affine[:, :2]
        if len(self) and outlines is None and (linear[0, 1] or linear[1, 0]):
            raise ValueError("outlines: expected the points of the heads for a window that is turned, got none")
        if outlines is None:
            corners = np.stack((self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]), axis=1)
        boxes = bounds((corners if outlines is None else outlines) @ linear.T + affine[:, 2]).reshape(-1, 4)
        before = share_inside(self.boxes, old_size)
        kept = np.minimum(share_inside(boxes, (size, size)) / np.maximum(before, 1e-9), 1.0)
        return self.of(boxes, _turned(self.rotations, linear), self.visible * kept, (size, size))


class SceneLabels:
    """Turns the annotations of a scene into targets; keeps the few vertices of the head model that this needs."""

    def __init__(self, head_model: HeadModel) -> None:
        corners = head_model.triangles[head_model.landmark_triangles]  # (68, 3)
        self._landmarks = _LinearPoints(head_model, corners.reshape(-1))
        self._weights = head_model.landmark_weights.cpu().double().numpy()
        self._outline = _LinearPoints(head_model, head_model.subsets["head"])

    def __call__(self, annotations: Sequence[HeadAnnotation]) -> HeadTargets:
        """The targets of a whole photograph."""
        if not annotations:
            return HeadTargets(np.zeros((0, 4)), np.zeros((0, 3, 3)), np.zeros(0), np.zeros(0, bool))
        boxes = np.stack([head.box for head in annotations]).astype(np.float64)
        visible = np.array([1.0 if head.visible is None else head.visible for head in annotations])
        return HeadTargets.of(boxes, self._rotations(annotations), visible, annotations[0].image_size)

    def outlines(self, annotations: Sequence[HeadAnnotation]) -> np.ndarray:
        """(N, V, 2) pixels: the projected points that the head boxes bound."""
        return _projected(annotations, self._outline(annotations))

    def _rotations(self, annotations: Sequence[HeadAnnotation]) -> np.ndarray:
        """(N, 3, 3) head space -> a camera that looks at the middle of the 68 landmarks, as in alignment labels."""
        points = self._landmarks(annotations).reshape(len(annotations), -1, 3, 3)  # heads, landmarks, corners, x y z
        landmarks = (points * self._weights[..., None]).sum(axis=2)
        return rotations_towards(annotations, _projected(annotations, landmarks).mean(axis=1))


class _LinearPoints:
    """Some vertices of a head model as a function of the coefficients: without the others they cost little.

    PyTorch multiplies, not numpy, whose library takes all cores even in a process that prepares samples beside others.
    """

    def __init__(self, head_model: HeadModel, vertices: torch.Tensor) -> None:
        bases = torch.cat((head_model.shape_basis[:, vertices], head_model.expression_basis[:, vertices]))
        self._template = head_model.template[vertices].cpu().flatten()
        self._basis = bases.cpu().flatten(1)

    def __call__(self, annotations: Sequence[HeadAnnotation]) -> np.ndarray:
        """(N, V, 3) float64 metres, head space."""
        coefficients = np.stack([np.concatenate((head.shape, head.expression)) for head in annotations])
        points = torch.addmm(self._template, torch.from_numpy(coefficients).to(self._basis), self._basis)
        return points.unflatten(1, (-1, 3)).double().numpy()


def _projected(heads: Sequence[HeadAnnotation], points: np.ndarray) -> np.ndarray:
    """(N, V, 3) metres, the head space of each of N heads -> (N, V, 2) pixels of the photograph."""
    return np.stack([head.project(own) for head, own in zip(heads, points, strict=True)])


def _turned(rotations: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """(N, 3, 3) rotations in a picture that `linear`, (2, 2), mirrors, turns and zooms."""
    determinant = np.linalg.det(linear)
    change = np.eye(3)
    change[:2, :2] = linear / np.sqrt(abs(determinant))
    return change @ rotations @ _MIRROR if determinant < 0 else change @ rotations  # head space is mirrored too
