"""What every alignment network has to do, whatever it is made of."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from small_networks import LAYOUT
from trans3dhead.networks.alignment import Network, load_model, save_checkpoint


def assert_starts_at_the_averages(network: Network, crops: Tensor, last: Iterable[nn.Linear]) -> None:
    """last: the maps that say landmarks and parameters; without weights they say the averages."""
    landmarks, parameters = torch.rand(68, 2, dtype=torch.float64), torch.rand(LAYOUT.size, dtype=torch.float64)
    network.set_reference(landmarks, parameters)
    for head in last:
        torch.nn.init.zeros_(head.weight)
    prediction = network(crops)
    assert prediction.landmarks is not None
    torch.testing.assert_close(prediction.landmarks, landmarks.expand(len(crops), -1, -1))
    torch.testing.assert_close(prediction.parameters, parameters.expand(len(crops), -1))


def assert_a_save_brings_it_back(network: Network, crops: Tensor, path: Path) -> None:
    """path: of the checkpoint to write."""
    save_checkpoint(path, network, "anny", "0" * 64)
    loaded = load_model(path)
    assert loaded.config == network.config
    network.float().eval()
    expected, got = network(crops.float()), loaded.model.eval()(crops.float())
    torch.testing.assert_close(got.parameters, expected.parameters)
    torch.testing.assert_close(got.landmarks, expected.landmarks)
