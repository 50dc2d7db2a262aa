"""The terms of the alignment loss: of each its weight, its options and what it compares, in one place.

A new term is a class and a field of `AlignmentLossConfig`, both in this file: recipes and logs know it by the field's
name. The terms against a teacher are in `distillation.py`. A formula of more than a few lines is a pure function of
tensors in a module beside. Weights and options are the paper's by default (eq. 8), except for `EulerTerm.lock`; what
the paper does not have weighs 0.
"""

from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.head_model import HeadModel
from trans3dhead.losses.coefficients import coefficient_loss
from trans3dhead.losses.distillation import (
    TeacherLandmarkTerm,
    TeacherParameterTerm,
    TeacherRotationTerm,
    TeacherSurfaceTerm,
    TeacherVertexTerm,
    TermOfTeacher,
)
from trans3dhead.losses.heatmaps import heatmap_loss
from trans3dhead.losses.landmarks import difference_loss, landmark_loss, likelihood_loss
from trans3dhead.losses.mean import Losses, WeightedMean
from trans3dhead.losses.rotation import euler_loss, rotation_angle
from trans3dhead.losses.surface import surface_map_loss, surface_truth
from trans3dhead.losses.term import Comparison, Term, TermOfLandmarks, TermOfVertices, check_bend, check_power
from trans3dhead.losses.vertices import reprojection_loss, shape_loss, vertex_distance
from trans3dhead.networks.alignment.prediction import Prediction


@dataclass(frozen=True)
class LandmarkTerm(TermOfLandmarks):
    """L_lmk: the landmark branch against the true landmarks, smooth L1 in crop units."""

    weight: float = 300.0
    beta: float = 1.0  # crop units: the error at which square turns to linear; 0: linear throughout
    partial_sums: bool = False  # the mean over MARR's partial sums, not the last layer's alone

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bend(self.beta)

    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """None for a network without a landmark branch."""
        said, truth = batch.prediction, batch.targets
        landmarks = said.partial_landmarks if self.partial_sums else said.landmarks
        if said.landmarks is None:
            return None
        if landmarks is None:
            raise ValueError("partial_sums: expected a network with landmarks after each layer, got one without")
        each = landmark_loss(landmarks.float(), truth.landmarks, truth.landmark_mask, self.beta)
        each = each.reshape(-1, *truth.landmark_mask.shape).mean(dim=0)  # over the layers
        return WeightedMean.of(each, self.weights_of(truth.landmark_visibility))


@dataclass(frozen=True)
class SurfaceTerm(Term):
    """The surface points of the landmark branch, after each layer, against the true ones, smooth L1 in crop units."""

    beta: float = 0.01  # crop units, as of `LandmarkTerm`

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bend(self.beta)

    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """None for a network without surface points."""
        found = batch.prediction.surface
        if found is None:
            return None
        truth, mask = surface_truth(batch.targets, batch.head_model, found.shape[2])
        each = landmark_loss(found.float(), truth, mask, self.beta)
        return WeightedMean.of(each.flatten(0, 1))


@dataclass(frozen=True)
class SurfaceMapTerm(Term):
    """The map of the head's surface against the place on the template of what each cell shows, decimetres."""

    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """The mean over vertices that face the camera inside the crop; None for a network without such a map."""
        mapped = batch.prediction.surface_map
        if mapped is None:
            return None
        return WeightedMean.of(*surface_map_loss(mapped.float(), batch.targets, batch.head_model))


@dataclass(frozen=True)
class DifferenceTerm(Term):
    """Openings and heights of the face, as differences of two landmarks, smooth L1 in crop units.

    A lid moves by a pixel or two, less than the whole face may be off; this term sees the lid alone.
    """

    beta: float = 0.01  # crop units, as of `LandmarkTerm`

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bend(self.beta)

    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """The mean over the pairs whose landmarks the photograph shows, of the landmark branch and of the mesh."""
        said, truth = batch.prediction, batch.targets
        if said.landmarks is None:
            return None
        mesh = batch.camera.project(batch.head_model.landmarks(batch.vertices))
        seen = truth.landmark_mask & (truth.landmark_visibility == Visibility.VISIBLE)
        both = (difference_loss(p.float(), truth.landmarks, seen, self.beta) for p in (said.landmarks, mesh))
        (branch, weights), (of_mesh, _) = both
        return WeightedMean.of((branch + of_mesh) / 2.0, weights)


@dataclass(frozen=True)
class LikelihoodTerm(TermOfLandmarks):
    """The negative logarithm of a Gaussian's density at the true points; of networks with `landmark_uncertainty`."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over points inside the crop: outside there is nothing to be sure about."""
        said, truth = batch.prediction, batch.targets
        if said.landmarks is None or said.landmark_spread is None:
            raise ValueError(
                "landmark_likelihood: expected a network that says the spread of its landmarks, got one that does not; "
                "set network.landmark_uncertainty"
            )
        each = likelihood_loss(said.landmarks.float(), said.landmark_spread.float(), truth.landmarks)
        weights = self.weights_of(truth.landmark_visibility) * truth.landmark_mask
        if said.surface is not None and said.surface_spread is not None:
            true, mask = surface_truth(truth, batch.head_model, said.surface.shape[2])
            each = torch.cat((each, likelihood_loss(said.surface[-1].float(), said.surface_spread.float(), true)), 1)
            weights = torch.cat((weights, mask.to(weights.dtype)), dim=1)
        return WeightedMean.of(each, weights)


@dataclass(frozen=True)
class HeatmapTerm(Term):
    """DAD-3DNet's heatmaps against Gaussians at the landmarks inside the crop."""

    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """None for a network without heatmaps."""
        heatmaps, truth = batch.prediction.heatmaps, batch.targets
        if heatmaps is None:
            return None
        return WeightedMean.of(heatmap_loss(heatmaps.float(), truth.landmarks), truth.landmark_mask)


@dataclass(frozen=True)
class ShapeTerm(TermOfVertices):
    """L_3D: the mesh in head space, its place and size left out."""

    weight: float = 50.0
    beta: float | None = None  # halves of the mesh's longest side: where square turns to linear; None: mean of squares

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bend(self.beta)

    def each(self, batch: Comparison, subset: Tensor) -> Tensor:
        """(K,) vertex indices -> (B,)."""
        predicted, true = (v.index_select(1, subset) for v in (batch.vertices, batch.targets.vertices))
        return shape_loss(predicted, true, self.beta)


@dataclass(frozen=True)
class VertexDistanceTerm(TermOfVertices):
    """The mean distance of the vertices in head space, centimetres: it sees the head's size, which L_3D does not."""

    def each(self, batch: Comparison, subset: Tensor) -> Tensor:
        """(K,) vertex indices -> (B,)."""
        predicted, true = (v.index_select(1, subset) for v in (batch.vertices, batch.targets.vertices))
        return vertex_distance(predicted, true)


@dataclass(frozen=True)
class ReprojectionTerm(TermOfVertices):
    """L_reproj: the mesh by the predicted camera against its true projection, in 1/256 of the crop's side."""

    weight: float = 0.05

    def each(self, batch: Comparison, subset: Tensor) -> Tensor:
        """(K,) vertex indices -> (B,)."""
        predicted = batch.camera.project(batch.vertices.index_select(1, subset))
        return reprojection_loss(predicted, batch.targets.projected.index_select(1, subset))


@dataclass(frozen=True)
class EulerTerm(Term):
    """L_euler: pitch, yaw and roll, degrees."""

    weight: float = 0.05
    lock: bool = True  # fade where angles are hardly defined, see `euler_loss`; False: the paper's, to the letter

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over heads."""
        return WeightedMean.of(euler_loss(batch.rotation, batch.targets.rotation, self.lock))


@dataclass(frozen=True)
class RotationTerm(Term):
    """The geodesic angle, radians."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over heads, and over what was said before and after a fit."""
        angles = [rotation_angle(rotation, batch.targets.rotation) for rotation in batch.rotations]
        return WeightedMean.of(torch.stack(angles).mean(dim=0))


@dataclass(frozen=True)
class ShapeCoefficientTerm(Term):
    """The shape coefficients against their labels."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over the heads whose labels hold coefficients, as synthetic ones do."""
        movement, truth = batch.head_model.shape_movement, batch.targets
        each = [coefficient_loss(said.shape, truth.shape, batch.units.shape, movement) for said in batch.answers]
        return WeightedMean.of(torch.stack(each).mean(dim=0), truth.has_coefficients)


@dataclass(frozen=True)
class ExpressionCoefficientTerm(Term):
    """The expression coefficients against their labels."""

    power: float = 2.0  # of its movement, by which a coefficient weighs; 0: all alike

    def __post_init__(self) -> None:
        super().__post_init__()
        check_power(self.power)

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over the heads whose labels hold coefficients, as synthetic ones do."""
        movement, truth, units = batch.head_model.expression_movement, batch.targets, batch.units.expression
        each = [coefficient_loss(a.expression, truth.expression, units, movement, self.power) for a in batch.answers]
        return WeightedMean.of(torch.stack(each).mean(dim=0), truth.has_coefficients)


@dataclass(frozen=True)
class AlignmentLossConfig:
    """All terms; what a recipe's `losses` sets."""

    landmarks: LandmarkTerm = LandmarkTerm()
    shape3d: ShapeTerm = ShapeTerm()
    reprojection: ReprojectionTerm = ReprojectionTerm()
    euler: EulerTerm = EulerTerm()
    shape_coefficients: ShapeCoefficientTerm = ShapeCoefficientTerm()
    expression_coefficients: ExpressionCoefficientTerm = ExpressionCoefficientTerm()
    rotation: RotationTerm = RotationTerm()
    heatmaps: HeatmapTerm = HeatmapTerm()
    vertex_distance: VertexDistanceTerm = VertexDistanceTerm()
    landmark_likelihood: LikelihoodTerm = LikelihoodTerm()
    surface: SurfaceTerm = SurfaceTerm()
    surface_map: SurfaceMapTerm = SurfaceMapTerm()
    differences: DifferenceTerm = DifferenceTerm()
    teacher_landmarks: TeacherLandmarkTerm = field(default_factory=TeacherLandmarkTerm)
    teacher_surface: TeacherSurfaceTerm = field(default_factory=TeacherSurfaceTerm)
    teacher_parameters: TeacherParameterTerm = field(default_factory=TeacherParameterTerm)
    teacher_rotation: TeacherRotationTerm = field(default_factory=TeacherRotationTerm)
    teacher_vertices: TeacherVertexTerm = field(default_factory=TeacherVertexTerm)

    @property
    def terms(self) -> dict[str, Term]:
        """The terms that have a weight, by their names."""
        named: dict[str, Term] = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: term for name, term in named.items() if term.weight}

    @property
    def taught(self) -> dict[str, TermOfTeacher]:
        """The terms that have a weight and need a teacher, by their names."""
        return {name: term for name, term in self.terms.items() if isinstance(term, TermOfTeacher)}


def alignment_loss(
    prediction: Prediction,
    targets: Targets,
    head_model: HeadModel,
    config: AlignmentLossConfig,
    spread: Tensor | None = None,
    teacher: Prediction | None = None,
) -> Losses:
    """The terms of a batch that have a weight. The head model and everything here run in float32, also under autocast.

    spread: (P,) the units in which errors of coefficients count, their deviations over the training set; None: 1.
    teacher: what another network says of the same crops, without gradients; None: there is none.
    """
    like = prediction.parameters[0].float()
    units = head_model.layout.unpack(torch.ones_like(like) if spread is None else spread)
    terms = config.terms
    with torch.autocast(like.device.type, enabled=False):
        taught = None if teacher is None else Comparison(teacher, targets, head_model, units)
        batch = Comparison(prediction, targets, head_model, units, taught)
        found = {name: term(batch) for name, term in terms.items()}
    means = {name: mean for name, mean in found.items() if mean is not None}
    return Losses(means, {name: terms[name].weight for name in means})
