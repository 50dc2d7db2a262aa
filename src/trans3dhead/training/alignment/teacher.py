"""The teacher of a training: a trained network whose answers on the same crops are targets beside the labels."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from trans3dhead.head_model import HeadModel
from trans3dhead.losses import AlignmentLossConfig
from trans3dhead.losses.distillation import TeacherLandmarkTerm, TeacherSurfaceTerm, TermOfTeacher
from trans3dhead.networks.alignment import Network, NetworkConfig, Trans3DHeadConfig, check_head_model, load_model
from trans3dhead.weights.shipped import network_path


@dataclass(frozen=True)
class Teacher:
    """A network in evaluation mode, without gradients.

    Not a torch module: whoever holds it neither trains nor averages nor saves it.
    """

    network: Network
    crop_size: int  # pixels

    def crops_of(self, crops: Tensor) -> Tensor:
        """(B, 3, S, S) uint8 RGB, as the student sees them -> those of the teacher's size."""
        return resampled(crops, self.crop_size)


def load_teacher(name: str, head_model: HeadModel, student: NetworkConfig, losses: AlignmentLossConfig) -> Teacher:
    """name: of a network that ships, or the path of a checkpoint.

    Raises ValueError unless it is for this head model and both networks have what the losses compare.
    """
    try:
        loaded = load_model(network_path(name))
        check_head_model(loaded, head_model)
        if loaded.config.framing != student.framing:
            raise ValueError(f"its crops show a {loaded.config.framing}, the student's a {student.framing}")
        for term in losses.taught.values():
            _check_points(term, loaded.config, student)
    except ValueError as error:
        raise ValueError(f"teacher: {name}: {error}") from error
    return Teacher(loaded.model.eval().requires_grad_(False), loaded.crop_size)


def resampled(crops: Tensor, size: int) -> Tensor:
    """(B, 3, S, S) uint8 -> (B, 3, size, size) uint8, bilinear, shrinking antialiased."""
    if crops.shape[-1] == size:
        return crops
    scaled = interpolate(crops.float(), size=(size, size), mode="bilinear", align_corners=False, antialias=True)
    return scaled.round_().clamp_(0, 255).to(torch.uint8)


def _check_points(term: TermOfTeacher, teacher: NetworkConfig, student: NetworkConfig) -> None:
    both = (("the teacher", teacher), ("the student", student))
    lacks = [who for who, config in both if not _has_points(term, config)]
    if lacks:
        what = "surface_points" if isinstance(term, TeacherSurfaceTerm) else "a landmark_branch"
        raise ValueError(f"expected a network with {what} for this loss, got one without: {' and '.join(lacks)}")


def _has_points(term: TermOfTeacher, config: NetworkConfig) -> bool:
    """Whether a network finds the points that a term compares."""
    if isinstance(term, TeacherSurfaceTerm):
        return getattr(config, "surface_points", 0) > 0
    if isinstance(term, TeacherLandmarkTerm):
        return not isinstance(config, Trans3DHeadConfig) or config.landmark_branch
    return True
