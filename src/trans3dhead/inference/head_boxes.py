"""Head boxes from what else is known: a face detector's box, 68 landmarks, or a projected mesh."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.boxes import bounds, iou
from trans3dhead.head_model import NumpyHeadModel

# Metres from the camera to the face. Skull and ears are farther away than the landmarks of a face that looks into the
# camera, and smaller for it. On the synthetic photographs (half of them from less than 1.1 m) the boxes that landmarks
# imply have the right size on average with it up to 60 degrees of yaw; without it they were 4 % too large.
_DISTANCE = 1.5


@dataclass(frozen=True)
class FaceBoxRule:
    """From a detector's face box to the head box, in units of the face box's width and height.

    head centre = face centre + (dx · w, dy · h); head size = (width · w, height · h).
    """

    dx: float
    dy: float
    width: float
    height: float

    def __call__(self, boxes: np.ndarray) -> np.ndarray:
        """(N, 4) face boxes [x, y, w, h] -> (N, 4) head boxes, pixels."""
        x, y, w, h = np.asarray(boxes, dtype=np.float64).reshape(-1, 4).T
        head_width, head_height = self.width * w, self.height * h
        centre_x, centre_y = x + w / 2 + self.dx * w, y + h / 2 + self.dy * h
        return np.stack((centre_x - head_width / 2, centre_y - head_height / 2, head_width, head_height), axis=-1)

    def mirrored(self) -> "FaceBoxRule":
        """The rule for boxes found in the mirrored photograph and brought back."""
        return FaceBoxRule(-self.dx, self.dy, self.width, self.height)


def fit_face_box_rule(faces: np.ndarray, heads: np.ndarray, trim: float = 0.5, rounds: int = 4) -> FaceBoxRule:
    """The rule that takes face boxes to true head boxes. (N, 4) pixels twice, N >= 1.

    Least squares relative to the face's size, so that large photographs do not outvote small ones: means of the
    offsets, geometric means of the sizes (a size twice too large and one half too small are equally wrong). It starts
    from medians; each round leaves out the pairs that the last rule brings to an overlap (IoU) below `trim`, since
    detections of an ear or of half a face would drag the means.
    """
    faces, heads = (np.asarray(boxes, dtype=np.float64).reshape(-1, 4) for boxes in (faces, heads))
    if not len(faces) or len(faces) != len(heads):
        raise ValueError(
            f"boxes: expected as many face boxes as head boxes, one at least, got {len(faces)}, {len(heads)}"
        )
    offsets = (heads[:, :2] + heads[:, 2:] / 2 - faces[:, :2] - faces[:, 2:] / 2) / faces[:, 2:]
    sizes = np.log(heads[:, 2:] / faces[:, 2:])
    rule = _rule(np.median(offsets, axis=0), np.median(sizes, axis=0))
    for _ in range(rounds):
        kept = iou(rule(faces), heads) >= trim
        if not kept.any():
            break
        rule = _rule(offsets[kept].mean(axis=0), sizes[kept].mean(axis=0))
    return rule


def _rule(offset: np.ndarray, log_size: np.ndarray) -> FaceBoxRule:
    return FaceBoxRule(*(float(value) for value in (*offset, *np.exp(log_size))))


def head_box_from_landmarks(landmarks: np.ndarray, head_model: NumpyHeadModel) -> np.ndarray:
    """The head box that 68 landmarks imply: (68, 2) pixels -> (4,) [x, y, w, h] pixels.

    The rule: fit the template's 68 points to the given ones by a scaled-orthographic camera (the affine least-squares
    camera, made orthogonal), project the template as a camera in that direction sees it from 1.5 m, and take the bounds
    of the subset `head`. Points of the hidden side lie where a 3D annotation puts them, which is what the fit expects
    of a profile.
    """
    landmarks = np.asarray(landmarks, dtype=np.float64)
    if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
        raise ValueError(f"landmarks: expected (68, 2) finite pixels, got {landmarks.shape}")
    if np.linalg.norm(np.ptp(landmarks, axis=0)) < 1e-6:
        raise ValueError("landmarks: expected 68 points that span a face, got one and the same point 68 times")
    template = head_model.template.astype(np.float64)
    points = head_model.landmarks(template)
    axes, translation = fit_scaled_orthographic(points, landmarks)
    head = template[head_model.subsets["head"]]
    centre = points.mean(axis=0)
    away = np.cross(*axes) / (axes[0] @ axes[0])  # the third row of the camera's rotation
    nearness = _DISTANCE / (_DISTANCE + (head - centre) @ away)
    return bounds((head - centre) @ axes.T * nearness[:, None] + axes @ centre + translation)


def fit_scaled_orthographic(points: np.ndarray, projected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scaled-orthographic camera p = M x + t, M = scale · two orthonormal rows, nearest to an affine fit.

    points: (N, 3) metres; projected: (N, 2) pixels -> M (2, 3) pixels per metre, t (2,) pixels.
    """
    centre, projected_centre = points.mean(axis=0), projected.mean(axis=0)
    affine = np.linalg.lstsq(points - centre, projected - projected_centre, rcond=None)[0].T  # (2, 3)
    left, _, right = np.linalg.svd(affine, full_matrices=False)
    rows = left @ right  # the nearest pair of orthonormal rows
    turned = (points - centre) @ rows.T
    scale = max((turned * (projected - projected_centre)).sum() / (turned**2).sum(), 1e-9)
    axes = scale * rows
    return axes, projected_centre - axes @ centre
