"""What a benchmark must know of a mesh: its 68 landmarks and the vertex subsets that its metrics look at."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.head_model.numpy_head_model import NumpyHeadModel

# Of the 68: the seven points by which DAD-3DHeads aligns a prediction before the Chamfer distance.
SEVEN_LANDMARKS = (36, 39, 42, 45, 33, 48, 54)


@dataclass(frozen=True, eq=False)
class MeshTopology:
    """The mesh of the ground truth."""

    vertices: int  # V
    landmark_corners: np.ndarray  # (68, 3) int64 vertex indices
    landmark_weights: np.ndarray  # (68, 3) float64 barycentric
    head: np.ndarray  # int64 vertex indices of Z5; for FLAME the file head_indices.npy
    face: np.ndarray  # int64 vertex indices of the Chamfer distance

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(V, k) vertices -> (68, k) landmarks, Multi-PIE order."""
        return (vertices[self.landmark_corners] * self.landmark_weights[..., None]).sum(axis=1)


def topology_of(head_model: NumpyHeadModel) -> MeshTopology:
    """The topology of a head model file, by its subsets `head` and `face`.

    Z5 looks at the subset `z5` where the file has one: FLAME's head_indices.npy is not its subset `head`.
    """
    missing = sorted({"head", "face"} - set(head_model.subsets))
    if missing:
        raise ValueError(
            f"head model {head_model.name!r}: expected the subsets head and face, it lacks {', '.join(missing)}; "
            "convert it again"
        )
    subsets = head_model.subsets
    return MeshTopology(
        vertices=len(head_model.template),
        landmark_corners=head_model.landmark_corners,
        landmark_weights=head_model.landmark_weights.astype(np.float64),
        head=subsets.get("z5", subsets["head"]),
        face=subsets["face"],
    )
