"""The loss of the detector on two processes is that of the whole batch, also where they hold unequally many heads."""

import pytest
import torch

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.losses.detection import DetectorLossWeights, detector_loss
from trans3dhead.networks.detection.network import Dense, locations
from trans3dhead.training.engine import processes
from two_processes import assert_mean_is_whole, in_two_processes

PICTURES, HEADS, SIZE = 4, 3, 64


@pytest.mark.slow
def test_losses_and_gradients_are_those_of_the_whole_batch(tmp_path):
    assert_mean_is_whole(["scores", "boxes", "rotations", "total"], _losses(0), in_two_processes(_losses, tmp_path))


def _losses(rank) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The losses of a process's part of a batch, and the gradients of the total by what a network would say."""
    torch.manual_seed(3)
    points, _ = locations(SIZE, SIZE)
    boxes = torch.cat((30 * torch.rand(PICTURES, HEADS, 2), 16 + 24 * torch.rand(PICTURES, HEADS, 2)), dim=-1)
    there = torch.tensor([[1, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 0]], dtype=torch.bool)  # one head here, five there
    labels = (boxes, rotation_from_euler(90 * torch.randn(PICTURES, HEADS, 3)), there, there)
    around = torch.cat((points - 14, torch.full_like(points, 28.0)), dim=-1).expand(PICTURES, -1, -1)
    said = [torch.randn(PICTURES, len(points)), around + torch.randn(around.shape), torch.randn(*around.shape[:2], 6)]
    said = [value.requires_grad_() for value in said]
    mine = slice(None) if processes.share().count == 1 else slice(2 * rank, 2 * rank + 2)
    batch = SceneBatch(
        torch.zeros(PICTURES, 3, SIZE, SIZE, dtype=torch.uint8)[mine], *(label[mine] for label in labels)
    )
    losses = detector_loss(Dense(*(value[mine] for value in said)), batch, DetectorLossWeights())
    losses = processes.joined_losses(losses)
    losses.total.backward()
    values = torch.stack([*losses.terms.values(), losses.total]).detach()
    return values, [value.grad for value in said]
