"""From what the network says at each location to heads."""

import torch

from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import Dense


def test_each_picture_has_its_own_heads_best_first():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 10, 10], [50, 50, 10, 10], [80, 0, 10, 10]])
    logits = torch.tensor([[1.0, 2.0, 3.0, -5.0], [-9.0, -9.0, -9.0, -9.0]])
    six = torch.randn(2, 4, 6)
    one, other = find(Dense(logits, boxes.expand(2, 4, 4), six), 0.4)
    assert len(other) == 0
    assert other.rotations.shape == (0, 3, 3)
    torch.testing.assert_close(one.boxes, boxes[[2, 1]])
    torch.testing.assert_close(one.scores, torch.tensor([3.0, 2.0]).sigmoid())
    torch.testing.assert_close(one.rotations, rotation_from_6d(six[0, [2, 1]]))
