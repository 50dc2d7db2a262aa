"""A small detector."""

import pytest
import torch

from trans3dhead.networks.detection.config import DetectorConfig
from trans3dhead.networks.detection.network import DetectorNetwork

SMALL = DetectorConfig(stem=8, widths=(8, 12, 16, 24), depths=(1, 1, 0, 1), neck=8, head=12)


@pytest.fixture
def network() -> DetectorNetwork:
    """A small network whose batch norms have seen something, in evaluation mode."""
    return lively_detector()


def lively_detector(seed: int = 0) -> DetectorNetwork:
    """Random weights and statistics, so that its answers depend on what it sees, all along the way."""
    torch.manual_seed(seed)
    network = DetectorNetwork(SMALL)
    with torch.no_grad():
        for head in network.heads:
            head.out.weight.mul_(40)
            head.out.bias[0] += 4.0
    network.train()
    for _ in range(20):
        network(torch.randn(4, 3, 64, 96))
    return network.eval()
