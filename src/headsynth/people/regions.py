"""Where on the template beards, shaved hair and blushing are: soft weights for each vertex.

Places go by the template's landmarks; margins are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.people.base_mesh import BaseMesh
from headsynth.rendering.vectors import smoothstep
from trans3dhead.head_model import HeadModel


@dataclass(frozen=True)
class FaceRegions:
    """Weights 0..1, one for each vertex of the base mesh."""

    beard: np.ndarray
    scalp: np.ndarray
    blush: np.ndarray
    ears: np.ndarray

    @classmethod
    def of(cls, head: HeadModel, mesh: BaseMesh) -> "FaceRegions":
        """The regions of a base mesh, by the template's 68 landmarks."""
        marks = head.landmarks(head.template[None])[0].numpy()
        mouth, nose, chin = marks[48:60].mean(axis=0), marks[33], marks[8]
        brow, jaw = marks[17:27].mean(axis=0), (marks[0] + marks[16]) / 2.0
        points = mesh.template
        y, z = points[:, 1], points[:, 2]
        lips = _ellipse(points, mouth, np.abs(marks[54, 0] - marks[48, 0]) * 0.55, (marks[51, 1] - marks[57, 1]) * 0.65)
        upper = nose[1] - 0.002 + (jaw[1] - nose[1]) * np.clip((nose[2] - z) / (nose[2] - jaw[2]), 0.0, 1.2) ** 2
        beard = _soft(upper - y, 0.012) * _soft(y - chin[1] + 0.03, 0.02) * _soft(z - jaw[2] + 0.005, 0.02)
        hairline_front = np.array([brow[1] + 0.052, brow[2]])
        nape = np.array([mouth[1] + 0.015, -0.09])
        slope = (hairline_front[0] - nape[0]) / (hairline_front[1] - nape[1])
        line = nape[0] + slope * (z - nape[1])
        scalp = _soft(y - line + 0.02 * np.sin(np.clip((z + 0.09) / 0.18, 0, 1) * np.pi), 0.02)
        cheeks = np.maximum(
            _ellipse(points, (marks[48] + marks[36]) / 2 + [-0.012, 0, 0], 0.02, 0.02),
            _ellipse(points, (marks[54] + marks[45]) / 2 + [0.012, 0, 0], 0.02, 0.02),
        )
        tip = _ellipse(points, marks[30], 0.014, 0.012)
        ears: np.ndarray = np.zeros(len(points), np.float32)
        ears[head.subsets["ears"].numpy()] = 1.0
        blush = np.maximum(lips, 0.35 * np.maximum(cheeks, tip) * (z > 0.02))
        return cls(*(values.astype(np.float32) for values in (beard * (1.0 - lips), scalp, blush, ears)))


def _soft(values: np.ndarray, width: float) -> np.ndarray:
    return smoothstep(values / width, -0.5, 0.5)


def _ellipse(points: np.ndarray, centre: np.ndarray, rx: float, ry: float) -> np.ndarray:
    """1 inside an ellipse in x and y, in front of its centre less 3 cm."""
    radius = np.hypot((points[:, 0] - centre[0]) / rx, (points[:, 1] - centre[1]) / ry)
    return (1.0 - _soft(radius - 1.0, 0.5)) * (points[:, 2] > centre[2] - 0.03)
