"""The network: shapes, invariances, folded batch norms, its size."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.networks.detection.config import DetectorConfig, config_from_dict, config_to_dict
from trans3dhead.networks.detection.network import ConvNormReLU, Dense, DetectorNetwork, folded, locations


def assert_same(one: Dense, other: Dense, tolerance: float) -> None:
    for name in ("scores", "boxes", "rotations"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (32, 32), (160, 64)])
def test_it_takes_any_multiple_of_32(network, height, width):
    dense = network(torch.randn(2, 3, height, width))
    count = sum((height // stride) * (width // stride) for stride in (8, 16, 32))
    assert dense.scores.shape == (2, count)
    assert dense.boxes.shape == (2, count, 4)
    assert dense.rotations.shape == (2, count, 6)
    with pytest.raises(ValueError, match=rf"multiples of 32, got {height} × {width + 8}; pad them"):
        network(torch.randn(1, 3, height, width + 8))


def test_locations_are_the_middles_of_their_cells():
    points, strides = locations(32, 64)
    expected = [(8 * x + 4, 8 * y + 4, 8) for y in range(4) for x in range(8)]
    expected += [(16 * x + 8, 16 * y + 8, 16) for y in range(2) for x in range(4)]
    expected += [(32 * x + 16, 16, 32) for x in range(2)]
    assert torch.cat((points, strides[:, None]), dim=1).tolist() == [list(map(float, each)) for each in expected]


def test_boxes_hold_their_locations_and_may_leave_the_picture(network):
    boxes = network(10 * torch.randn(4, 3, 64, 64)).boxes
    points, _ = locations(64, 64)
    assert (boxes[..., :2] <= points).all()
    assert (boxes[..., :2] + boxes[..., 2:] >= points).all()
    assert (boxes[..., 0] < 0).any()


def test_folded_batch_norms_change_nothing(network):
    network, images = network.double(), torch.randn(3, 3, 96, 64).double()
    answer = network(images)
    quick = folded(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in quick.modules())
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert_same(quick(images), answer, 1e-5)
    assert (answer.scores[0] - answer.scores[1]).abs().max() > 0.01  # else any constant would pass


def test_a_picture_does_not_depend_on_its_batch(network):
    network, images = network.double(), torch.randn(3, 3, 64, 64).double()
    whole, alone = network(images), network(images[1:2])
    assert_same(Dense(whole.scores[1:2], whole.boxes[1:2], whole.rotations[1:2]), alone, 1e-5)


def test_a_shift_by_the_largest_stride_moves_the_answers(network):
    """Of a small thing in a picture that is black otherwise and whose ends are too far off to matter."""
    picture = torch.zeros(1, 3, 64, 1920)
    picture[..., 16:48, 960:992] = torch.randn(1, 3, 32, 32)
    moved = torch.roll(picture, 32, dims=-1)
    fine = slice(0, 8 * 240)
    one = network(picture).scores[0, fine].reshape(8, 240)[:, 116:128]
    other = network(moved).scores[0, fine].reshape(8, 240)[:, 120:132]
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_before_training_nothing_is_there_and_heads_look_into_the_camera():
    dense = DetectorNetwork(DetectorConfig()).eval()(torch.randn(1, 3, 64, 64))
    assert dense.scores.sigmoid().max() < 0.05
    face = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    torch.testing.assert_close(rotation_from_6d(dense.rotations).mean(dim=(0, 1)), face, atol=0.1, rtol=0)


def test_it_is_small_enough():
    network = DetectorNetwork(DetectorConfig()).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) < 1_400_000
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(torch.zeros(1, 3, 480, 640))
    assert counter.get_total_flops() / 2 < 1.0e9


def test_every_part_learns(network):
    dense = network.train()(torch.randn(2, 3, 64, 64))
    (dense.scores.sum() + dense.boxes.sum() + dense.rotations.sum()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    for block in network.modules():
        if isinstance(block, ConvNormReLU):
            assert block.conv.weight.grad.abs().max() > 0


def test_the_configuration_is_read_strictly():
    config = DetectorConfig(widths=(8, 16, 16, 32), neck=24)
    assert config_from_dict(config_to_dict(config)) == config
    with pytest.raises(ValueError, match="unknown width; valid fields are stem, widths"):
        config_from_dict({"width": 3})
    with pytest.raises(ValueError, match="neck: got 7, expected a positive even number"):
        DetectorConfig(neck=7)
    with pytest.raises(ValueError, match="expected four numbers each"):
        DetectorConfig(depths=(1, 2, 3))
