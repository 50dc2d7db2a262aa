"""Every term of the loss on two processes is that of the whole batch, also where they know unequally many labels."""

from dataclasses import fields, replace

import torch

from toy_losses import prediction_of, random_parameters, targets_of
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.surface_points import GROUP
from trans3dhead.losses import AlignmentLossConfig, alignment_loss
from trans3dhead.losses.term import Term, TermOfLandmarks
from trans3dhead.networks.alignment import Prediction
from trans3dhead.training.engine import processes
from two_processes import assert_mean_is_whole, in_two_processes

HEADS, CELLS = 6, 12
TERMS = {entry.name: getattr(AlignmentLossConfig(), entry.name) for entry in fields(AlignmentLossConfig)}
HIDDEN = {"self_occluded_weight": 0.3, "covered_weight": 0.1}


def _weighed(term: Term) -> Term:
    """With a weight, and hidden landmarks with another."""
    options = HIDDEN if isinstance(term, TermOfLandmarks) else {}
    return replace(term, weight=term.weight or 0.1, **options)


EVERY = AlignmentLossConfig(**{name: _weighed(term) for name, term in TERMS.items()})


def test_losses_and_gradients_are_those_of_the_whole_batch(toy_file, tmp_path):
    assert_mean_is_whole([*TERMS, "total"], _losses(0, toy_file), in_two_processes(_losses, tmp_path, toy_file))


def _losses(rank, file) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The losses of a process's part of a batch, and the gradients of the total by what a network would predict."""
    torch.manual_seed(3)
    head = HeadModel.load(file)
    labels = vars(targets_of(random_parameters(HEADS), head))
    labels["has_coefficients"] = torch.tensor([True, False, False, True, True, True])
    labels["landmark_mask"] = torch.rand(HEADS, 68) < torch.linspace(0.1, 0.9, HEADS)[:, None]
    labels["landmark_visibility"] = torch.randint(0, len(Visibility), (HEADS, 68), dtype=torch.uint8)
    guess = prediction_of(random_parameters(HEADS), head)
    inputs = [guess.landmarks, guess.parameters, torch.randn(HEADS, 68, CELLS, CELLS), 0.1 + torch.rand(HEADS, 68)]
    inputs += [torch.rand(HEADS, 2, GROUP, 2), 0.1 + torch.rand(HEADS, GROUP), torch.randn(HEADS, 3, 4, 4)]
    inputs += [guess.parameters + 0.1 * torch.randn_like(guess.parameters)]
    inputs = [value.detach().requires_grad_() for value in inputs]
    taught, taught_surface = prediction_of(random_parameters(HEADS), head), torch.rand(HEADS, 1, GROUP, 2)
    mine = slice(None) if processes.share().count == 1 else slice(3 * rank, 3 * rank + 3)
    landmarks, parameters, heatmaps, spread, surface, surface_spread, surface_map, unfitted = (v[mine] for v in inputs)
    targets = Targets(**{name: value[mine] for name, value in labels.items()})
    said = Prediction(
        landmarks, parameters, None, heatmaps, spread, surface.transpose(0, 1), surface_spread, surface_map, unfitted
    )
    teacher = Prediction(
        taught.landmarks[mine], taught.parameters[mine], None, surface=taught_surface[mine].transpose(0, 1)
    )
    losses = alignment_loss(said, targets, head, EVERY, teacher=teacher)
    losses = processes.joined_losses(losses)
    losses.total.backward()
    values = torch.stack([*losses.terms.values(), losses.total]).detach()
    return values, [value.grad for value in inputs]
