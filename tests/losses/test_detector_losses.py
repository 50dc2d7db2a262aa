"""The terms of the loss against plain formulas, and that the right answer costs least."""

import math
from dataclasses import replace

import pytest
import torch

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_6d
from trans3dhead.losses.detection import DetectorLossWeights, detector_loss, giou_loss, quality_focal_loss
from trans3dhead.networks.detection.network import Dense, locations

SIZE = 64
EULER = torch.tensor([[10.0, 150.0, -5.0], [0.0, 20.0, 30.0]])


def scene(wanted: tuple[bool, bool] = (True, True)) -> SceneBatch:
    boxes = torch.tensor([[[4.0, 4.0, 20.0, 26.0], [30.0, 20.0, 30.0, 40.0]]])
    return SceneBatch(
        torch.zeros(1, 3, SIZE, SIZE, dtype=torch.uint8),
        boxes,
        rotation_from_euler(EULER)[None],
        torch.tensor([wanted]),
        torch.tensor([[True, True]]),
    )


def perfect(batch: SceneBatch) -> Dense:
    """At each location the nearest head's own box and rotation; the score certain inside of it."""
    points, _ = locations(SIZE, SIZE)
    centres = batch.boxes[0, :, :2] + batch.boxes[0, :, 2:] / 2
    nearest = torch.cdist(points, centres).argmin(dim=1)
    box = batch.boxes[0, nearest]
    inside = ((points > box[:, :2]) & (points < box[:, :2] + box[:, 2:])).all(dim=1)
    logits = torch.where(inside, 2.0, -8.0)
    six = rotation_to_6d(batch.rotations[0, nearest])
    return Dense(logits[None], box[None], six[None])


def test_giou_is_the_formula():
    first = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 5.0]])
    second = torch.tensor([[2.0, 2.0, 4.0, 4.0], [6.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 5.0]])
    expected = torch.tensor([1 - (4 / 28 - (36 - 28) / 36), 1 - (0 - (16 - 8) / 16), 0.0])
    torch.testing.assert_close(giou_loss(first, second), expected)
    torch.testing.assert_close(giou_loss(0.01 * first, 0.01 * second), expected)  # whatever the unit


def test_the_focal_loss_vanishes_at_the_quality_and_is_the_formula():
    quality = torch.tensor([0.0, 0.3, 0.9])
    assert quality_focal_loss(torch.logit(quality, eps=1e-6), quality).max() < 1e-5
    value = quality_focal_loss(torch.tensor([0.0]), torch.tensor([1.0]))
    assert value.item() == pytest.approx(0.25 * math.log(2))


def test_right_boxes_and_rotations_cost_nothing():
    batch = scene()
    losses = detector_loss(perfect(batch), batch, DetectorLossWeights())
    assert losses["boxes"].abs() < 1e-5
    assert losses["rotations"].abs() < 1e-2


@pytest.mark.parametrize("degrees", [10.0, 60.0, 179.0])
def test_the_rotation_term_is_the_angle(degrees):
    batch = scene()
    dense = perfect(batch)
    turned = (
        rotation_from_euler(EULER)
        @ rotation_from_euler(torch.tensor([0.0, degrees, 0.0]))
        @ torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    )
    other = detector_loss(dense, replace(batch, rotations=turned[None]), DetectorLossWeights())
    assert other["rotations"].item() == pytest.approx(math.radians(degrees), abs=0.03)
    weighted = detector_loss(dense, replace(batch, rotations=turned[None]), DetectorLossWeights(3.0, 0.0, 2.0))
    torch.testing.assert_close(weighted.total, 3.0 * other["scores"] + 2.0 * other["rotations"])


def test_scores_inside_of_heads_that_are_not_wanted_do_not_matter():
    batch = scene((True, False))
    dense = perfect(batch)
    points, _ = locations(SIZE, SIZE)
    hidden = ((points > 32.0) & (points < 58.0)).all(dim=1)
    louder = replace(dense, scores=dense.scores + 5.0 * hidden)
    whole, same = (detector_loss(each, batch, DetectorLossWeights()).total for each in (dense, louder))
    torch.testing.assert_close(whole, same)
    there = scene((True, True))
    first, second = (detector_loss(each, there, DetectorLossWeights()).total for each in (dense, louder))
    assert (first - second).abs() > 1e-3


def test_a_picture_without_heads_has_a_loss_for_its_scores_alone():
    batch = scene()
    empty = replace(batch, wanted=torch.zeros(1, 2, dtype=torch.bool), present=torch.zeros(1, 2, dtype=torch.bool))
    dense = perfect(batch)
    losses = detector_loss(dense, empty, DetectorLossWeights())
    expected = quality_focal_loss(dense.scores, torch.zeros_like(dense.scores)).sum()
    torch.testing.assert_close(losses["scores"], expected)
    assert losses["boxes"] == losses["rotations"] == 0
