"""Terms that compare a network with its teacher: what a larger, trained network says of the same crops.

Labels say where a landmark truly is, also where no photograph can tell; a teacher says what can be seen. All weigh 0 by
default, and none applies without a teacher, whose answers get no gradient.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.head_model.surface_points import surface_points
from trans3dhead.losses.coefficients import coefficient_loss
from trans3dhead.losses.landmarks import landmark_loss
from trans3dhead.losses.mean import WeightedMean
from trans3dhead.losses.rotation import rotation_angle
from trans3dhead.losses.term import Comparison, Term, TermOfVertices, check_bend, check_power


@dataclass(frozen=True)
class TermOfTeacher(Term):
    """A term that needs a teacher."""

    def taught(self, batch: Comparison) -> Comparison:
        """What the teacher says, beside the same truth. Raises ValueError where there is none."""
        if batch.teacher is None:
            raise ValueError(f"{type(self).__name__}: expected the answers of a teacher, got none; set `teacher`")
        return batch.teacher


@dataclass(frozen=True)
class TermOfTaughtPoints(TermOfTeacher):
    """A mean over points of the crop, smooth L1."""

    beta: float = 0.01  # crop units: the error at which square turns to linear

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bend(self.beta)

    def against(self, found: Tensor, taught: Tensor) -> WeightedMean:
        """(L, B, N, 2) after each layer and (B, N, 2) the teacher's, crop units; the mean over points that the teacher
        sees inside the crop.
        """
        inside = ((taught >= 0) & (taught <= 1)).all(dim=-1)
        each = landmark_loss(found.float(), taught, inside, self.beta)
        return WeightedMean.of(each, inside.expand_as(each))


@dataclass(frozen=True)
class TeacherLandmarkTerm(TermOfTaughtPoints):
    """The landmarks after each layer, or where there are no such the only ones, against the teacher's."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over landmarks that the teacher sees inside the crop. Raises ValueError unless both networks find
        them.
        """
        said, taught = batch.prediction, self.taught(batch).prediction.landmarks
        if said.landmarks is None or taught is None:
            raise ValueError("teacher_landmarks: expected landmarks of both networks, got some of one or none")
        found = said.landmarks[None] if said.partial_landmarks is None else said.partial_landmarks
        return self.against(found, taught.float())


@dataclass(frozen=True)
class TeacherSurfaceTerm(TermOfTaughtPoints):
    """The surface points after each layer against the teacher's, those that both networks have."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over shared points that the teacher sees inside the crop. Raises ValueError unless both networks
        have some.
        """
        found, taught = batch.prediction.surface, self.taught(batch).prediction.surface
        if found is None or taught is None:
            raise ValueError("teacher_surface: expected surface points of both networks, got some of one or none")
        own, theirs = shared_points(batch.head_model, found.shape[2], taught.shape[2])
        return self.against(found[:, :, own.to(found.device)], taught[-1][:, theirs.to(taught.device)].float())


@dataclass(frozen=True)
class TeacherParameterTerm(TermOfTeacher):
    """Shape, expression, jaw, place and size against the teacher's, in units of their spread over the training set.

    The rotation, whose six numbers are not free, has a term of its own.
    """

    power: float = 1.0  # of the movement of shape and expression, by which their coefficients weigh; 0: all alike

    def __post_init__(self) -> None:
        super().__post_init__()
        check_power(self.power)

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over heads, and over what was said before and after a fit."""
        taught = self.taught(batch).parameters
        each = [self._each(answer, taught, batch.units, batch.head_model) for answer in batch.answers]
        return WeightedMean.of(torch.stack(each).mean(dim=0))

    def _each(self, said: HeadParameters, taught: HeadParameters, units: HeadParameters, head: HeadModel) -> Tensor:
        """(B,) the loss of each head of one answer against the teacher's."""
        pose, wanted, spread = (
            torch.cat((part.jaw, part.translation, part.scale), dim=-1) for part in (said, taught, units)
        )
        return (
            coefficient_loss(said.shape, taught.shape, units.shape, head.shape_movement, self.power)
            + coefficient_loss(
                said.expression, taught.expression, units.expression, head.expression_movement, self.power
            )
            + coefficient_loss(pose, wanted, spread, torch.ones_like(spread), power=0.0)
        )


@dataclass(frozen=True)
class TeacherRotationTerm(TermOfTeacher):
    """The geodesic angle to the teacher's rotation, radians."""

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over heads, and over what was said before and after a fit."""
        taught = self.taught(batch).rotation
        angles = [rotation_angle(rotation, taught) for rotation in batch.rotations]
        return WeightedMean.of(torch.stack(angles).mean(dim=0))


@dataclass(frozen=True)
class TeacherVertexTerm(TermOfTeacher, TermOfVertices):
    """The mesh as the camera sees it, depth too, against the teacher's: mean distance in percent of the crop's side."""

    def each(self, batch: Comparison, subset: Tensor) -> Tensor:
        """(K,) vertex indices -> (B,)."""
        own, theirs = (_posed(seen, subset) for seen in (batch, self.taught(batch)))
        return 100.0 * (own - theirs).norm(dim=-1).mean(dim=1)


def _posed(seen: Comparison, subset: Tensor) -> Tensor:
    """(B, K, 3) crop units: the projected vertices, and how far behind the head's origin they are."""
    camera, vertices = seen.camera, seen.vertices.index_select(1, subset)
    depth = camera.metre[:, None] * (vertices @ camera.rotation[:, 2, :, None])[..., 0]
    return torch.cat((camera.project(vertices), depth[..., None]), dim=-1)


@lru_cache(maxsize=8)
def shared_points(head_model: HeadModel, count: int, other: int) -> tuple[Tensor, Tensor]:
    """The surface points that two networks share: their indices among the `count` of one and the `other` of the other.

    Returns two long tensors of one length. A smaller set is part of a larger one: sampling chose its points first.
    """
    own, theirs = (surface_points(head_model, number) for number in (count, other))
    same = own[:, None] == theirs[None]
    first, second = same.nonzero(as_tuple=True)
    return first, second
