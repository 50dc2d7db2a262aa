"""Where on a head things are worn: rows of the base mesh, found once on the template.

The places on an ear are by eye, on the template.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.people.base_mesh import SKIN, BaseMesh
from trans3dhead.head_model import HeadModel

# Where on the template's left ear, as shares of its box: (height from below, depth from behind).
_EAR_SITES = {"canal": (0.44, 0.74), "lobe": (0.12, 0.66), "top": (1.0, 0.5), "root": (0.8, 1.0)}


@dataclass(frozen=True)
class Sites:
    """Rows of the base mesh; pairs are left, right."""

    brow: int  # between the brows
    chin: int
    mouth: tuple[int, int]  # its corners
    jaw: tuple[int, int]  # in front of the ear lobes
    under_jaw: int  # where the floor of the mouth meets the neck
    ears: tuple[np.ndarray, np.ndarray]
    canal: tuple[int, int]
    lobe: tuple[int, int]
    ear_top: tuple[int, int]
    ear_root: tuple[int, int]
    skull: np.ndarray  # the head's skin less its ears
    skin: np.ndarray  # all skin

    @classmethod
    def of(cls, head: HeadModel, mesh: BaseMesh) -> "Sites":
        """The sites of a base mesh, by the template's landmarks and the head model's subsets."""
        marks = head.landmarks(head.template[None])[0].numpy()
        points = mesh.template
        skin = mesh.pieces[SKIN].rows
        ears = head.subsets["ears"].numpy()
        left, right = ears[points[ears, 0] > 0], ears[points[ears, 0] < 0]
        inside = np.isin(skin, head.subsets["head"].numpy()) & ~np.isin(skin, ears)
        skull = skin[inside]
        middle = skin[np.abs(points[skin, 0]) < 0.004]
        neck = marks[8] + [0.0, -0.012, -0.045]
        box = points[left].min(axis=0), points[left].max(axis=0)

        def ear(name: str) -> tuple[int, int]:
            up, ahead = _EAR_SITES[name]
            target = np.array([0.0, box[0][1] + up * np.ptp([box[0][1], box[1][1]]), 0.0])
            target[2] = box[0][2] + ahead * (box[1][2] - box[0][2])
            at = left[np.linalg.norm((points[left] - target)[:, 1:], axis=1).argmin()]
            return int(at), _nearest(points, right, points[at] * [-1.0, 1.0, 1.0])

        return cls(
            brow=_nearest(points, middle, (marks[21] + marks[22]) / 2.0),
            chin=_nearest(points, middle, marks[8]),
            mouth=(_nearest(points, skull, marks[54]), _nearest(points, skull, marks[48])),
            jaw=(_nearest(points, skull, marks[14]), _nearest(points, skull, marks[2])),
            under_jaw=_nearest(points, middle, neck),
            ears=(left, right),
            canal=ear("canal"),
            lobe=ear("lobe"),
            ear_top=ear("top"),
            ear_root=ear("root"),
            skull=skull,
            skin=skin,
        )


def _nearest(points: np.ndarray, rows: np.ndarray, target: np.ndarray) -> int:
    return int(rows[np.linalg.norm(points[rows] - target, axis=1).argmin()])
