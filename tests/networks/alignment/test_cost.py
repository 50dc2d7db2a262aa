"""What a network costs, against closed forms and published figures."""

import pytest
import torch
from torch import Tensor, nn

from small_networks import LAYOUT, SMALL
from trans3dhead.networks.alignment import build, config_from_dict
from trans3dhead.networks.alignment.backbone import build_backbone
from trans3dhead.networks.alignment.cost import cost_of


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "groups", "bias"), [(3, 1, 1, 1, True), (7, 2, 3, 3, False), (1, 1, 0, 1, False)]
)
def test_a_convolution(kernel: int, stride: int, padding: int, groups: int, bias: bool) -> None:
    side, outputs = 20, 12
    network = nn.Sequential(nn.Conv2d(3, outputs, kernel, stride, padding, groups=groups, bias=bias), nn.ReLU())
    cells = ((side + 2 * padding - kernel) // stride + 1) ** 2
    cost = cost_of(network, side)
    assert cost.macs == cells * outputs * (3 // groups) * kernel**2
    assert cost.parameters == outputs * (3 // groups) * kernel**2 + bias * outputs
    assert cost.uncounted == {"relu": cells * outputs}


@pytest.mark.parametrize(("name", "gigamacs"), [("resnet18", 1.814), ("resnet50", 4.089)])
def test_backbones_cost_what_torchvision_says(name: str, gigamacs: float) -> None:
    backbone = build_backbone(name)
    classifier = 1000 * backbone.channels  # theirs have one
    assert (cost_of(backbone, 224).macs + classifier) / 1e9 == pytest.approx(gigamacs, abs=6e-4)


@pytest.mark.parametrize("query_aware_memory", ["none", "landmark"])
def test_the_decoder_by_its_formula(query_aware_memory: str) -> None:
    """d² products for each query and projection, N · M for scores and for sums of each pair; eq. 3 of the paper."""
    d, hidden, cells, layers = 16, 32, 4, 2
    network = build(
        config_from_dict(
            {
                "backbone": "resnet18",
                "crop_size": 64,
                "width": d,
                "heads": 4,
                "feed_forward": hidden // d,
                "decoder_layers": layers,
                "query_aware_memory": query_aware_memory,
            }
        ),
        LAYOUT,
    )
    expected = cost_of(network.backbone, 64).macs + cells * 512 * d
    for queries, branch in ((68, "landmark"), (LAYOUT.size, "parameter")):
        itself = 4 * queries * d**2 + 2 * queries**2 * d
        across = 2 * (queries + cells) * d**2 + 2 * queries * cells * d
        own_memory = queries * d**2 if branch == query_aware_memory else 0
        expected += layers * (itself + across + own_memory + 2 * queries * d * hidden)
        if branch == "landmark":
            expected += d * queries * d + layers * queries * d * 2  # MQinit, a residual a layer
        else:
            expected += queries * d
    assert cost_of(network, 64).macs == expected


class WithAnotherHead(nn.Module):
    """A map that is returned, and a layer that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 5, 1)

    def forward(self, crops: Tensor) -> Tensor:
        self.unused(crops)
        return self.used(crops)


def test_parameters_that_inference_does_not_need_are_told() -> None:
    cost = cost_of(WithAnotherHead(), 4)
    assert (cost.parameters, cost.needed) == (8 + 20, 8)


@pytest.mark.parametrize("config", [SMALL, {"architecture": "dad3dnet", "backbone": "resnet18", "filters": 8}])
def test_inference_needs_the_whole_of_our_networks(config: dict) -> None:
    network = build(config_from_dict({**config, "crop_size": 64}), LAYOUT)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    cost = cost_of(network, 64)
    assert cost.needed == cost.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
