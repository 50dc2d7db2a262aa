"""Small scenes, and a small network for them."""

from pathlib import Path

import pytest
import torch

from toy_scenes import toy_scenes
from trans3dhead.detection.config import DetectorConfig
from trans3dhead.detection.network import DetectorNetwork
from trans3dhead.head_model import HeadModel

SMALL = DetectorConfig(stem=8, widths=(8, 12, 16, 24), depths=(1, 1, 0, 1), neck=8, head=12)


@pytest.fixture(scope="session")
def scenes_folder(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 24 scenes in two shards. Not to be changed."""
    return toy_scenes(tmp_path_factory.mktemp("scenes"), toy, 24)


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
