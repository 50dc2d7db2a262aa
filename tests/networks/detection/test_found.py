"""Non-maximum suppression against its definition."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.geometry.boxes import iou
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.networks.detection.found import find, suppress
from trans3dhead.networks.detection.network import Dense


def random_boxes(seed: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    boxes = torch.rand(count, 4, generator=generator) * torch.tensor([60.0, 60.0, 40.0, 40.0]) + 1
    return boxes, torch.rand(count, generator=generator)


def naive(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> list[int]:
    left, kept = list(np.argsort(-scores)), []
    while left:
        best = left.pop(0)
        kept.append(int(best))
        left = [index for index in left if iou(boxes[best], boxes[index]) <= overlap]
    return kept


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), overlap=st.sampled_from([0.1, 0.3, 0.5, 0.9]))
def test_suppression_is_the_greedy_one(seed, count, overlap):
    boxes, scores = random_boxes(seed, count)
    expected = naive(boxes.double().numpy(), scores.numpy(), overlap)
    assert suppress(boxes, scores, overlap, 100).tolist() == expected
    assert suppress(boxes, scores, overlap, 3).tolist() == expected[:3]


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
