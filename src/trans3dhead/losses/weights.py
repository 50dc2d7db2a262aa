"""How much each term of the loss weighs, and what a batch costs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from torch import Tensor


@dataclass(frozen=True)
class LossWeights:
    """The paper's weights; a term of weight 0 is not computed and is reported as 0."""

    landmarks: float = 300.0
    shape3d: float = 50.0
    reprojection: float = 0.05
    euler: float = 0.05
    shape_coefficients: float = 0.0  # where labels hold them, as synthetic ones do
    expression_coefficients: float = 0.0  # likewise
    rotation: float = 0.0  # geodesic angle
    heatmaps: float = 0.0  # of DAD-3DNet
    vertex_distance: float = 0.0  # of the meshes in head space, centimetres: sees the head's size, which L_3D does not
    landmark_likelihood: float = 0.0  # of a network with `landmark_uncertainty`: negative logarithm, a Gaussian's
    partial_landmarks: bool = False  # the landmark term is its mean over MARR's partial sums
    landmark_beta: float = 1.0  # crop units: the landmark term is square below, linear above; 0: L1
    # Weights of landmarks that the photograph hides, 0 to 1, in both terms of landmarks; where sets know it (format 2).
    self_occluded_weight: float = 1.0  # by the head or body itself
    covered_weight: float = 1.0  # by anything else, or because the photograph ends before them
    shape3d_beta: float | None = None  # halves of the mesh's longest side, likewise; None: the mean of squares
    euler_lock: bool = True  # False: the paper's Euler loss to the letter, noise at |yaw| = 90 included
    vertices: tuple[str, ...] | None = None  # subsets of the terms of vertices; None: as `supervised_vertices` says
    # Instead of `vertices`, as DAD-3DNet has it: a weight of each subset in L_3D (and the distance) and in L_reproj.
    weighted_vertices: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        for name in TERMS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: got the weight {getattr(self, name)}, expected 0 or more")
        for name in ("self_occluded_weight", "covered_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: got {getattr(self, name)}, expected a weight from 0 to 1; seen ones have 1")
        for name in ("landmark_beta", "shape3d_beta"):
            beta = getattr(self, name)
            if beta is not None and beta < 0:
                raise ValueError(f"{name}: got {beta}, expected the error at which the loss turns linear, 0 or more")


@dataclass(frozen=True)
class Losses:
    """Scalars: each term before its weight, and the weighted sum."""

    landmarks: Tensor
    shape3d: Tensor
    reprojection: Tensor
    euler: Tensor
    shape_coefficients: Tensor
    expression_coefficients: Tensor
    rotation: Tensor
    heatmaps: Tensor
    vertex_distance: Tensor
    landmark_likelihood: Tensor
    total: Tensor


TERMS = tuple(entry.name for entry in fields(Losses) if entry.name != "total")
