"""Batch normalisation over two processes against nn.BatchNorm2d on the whole batch, and the frozen kind."""

import pytest
import torch
from torch import nn

from small_networks import LAYOUT, small_network
from trans3dhead.networks.alignment import build, config_from_dict
from trans3dhead.training.engine.batch_norm import FrozenBatchNorm2d, SynchronizedBatchNorm2d, set_batch_norm
from two_processes import in_two_processes

FIRST = 3  # maps of the first process, of 8: the processes need not have equally many
CASES = {
    "float64": (torch.float64, 0.1, torch.contiguous_format, 1e-10),
    "float32": (torch.float32, 0.1, torch.contiguous_format, 1e-5),
    "channels last": (torch.float32, 0.1, torch.channels_last, 1e-5),
    "cumulative": (torch.float64, None, torch.contiguous_format, 1e-10),
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """What each of two processes computes in every case."""
    return in_two_processes(_all_cases, tmp_path_factory.mktemp("processes"))


@pytest.mark.parametrize("case", CASES)
def test_it_is_batch_norm_of_the_whole_batch(parts, case):
    tolerance = CASES[case][-1]
    whole = _two_batches(nn.BatchNorm2d, slice(None), *CASES[case][:-1])
    first, second = (part[case] for part in parts)
    for name in ("values", "map gradients"):
        both = torch.cat((first[name], second[name]), dim=1)
        torch.testing.assert_close(both, whole[name], rtol=tolerance, atol=tolerance)
    for name in ("weight.grad", "bias.grad"):
        torch.testing.assert_close(first[name] + second[name], whole[name], rtol=tolerance, atol=tolerance)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=0)
        torch.testing.assert_close(first[name], whole[name], rtol=tolerance, atol=tolerance)


def test_a_process_by_itself_would_not_do(parts):
    alone = _two_batches(nn.BatchNorm2d, slice(0, FIRST), *CASES["float64"][:-1])
    assert (alone["values"] - parts[0]["float64"]["values"]).abs().max() > 0.1


def test_half_precision_is_normalised_by_moments_in_single(parts):
    whole = _two_batches(nn.BatchNorm2d, slice(None), torch.float32, 0.1, torch.contiguous_format, torch.bfloat16)
    first, second = (part["bfloat16"] for part in parts)
    assert first["values"].dtype == first["map gradients"].dtype == torch.bfloat16
    both = torch.cat((first["values"], second["values"]), dim=1)
    torch.testing.assert_close(both, whole["values"], rtol=2**-7, atol=2**-7)
    torch.testing.assert_close(first["running_var"], whole["running_var"], rtol=1e-3, atol=1e-3)


def test_a_network_has_the_gradient_of_the_whole_batch(parts):
    whole = _network_gradient(slice(None))
    torch.testing.assert_close(parts[0]["network"] + parts[1]["network"], whole, rtol=1e-9, atol=1e-9)


def _network_gradient(mine):
    """Of all weights in one vector, for the sum over a part of six crops; float64."""
    torch.manual_seed(2)
    network = small_network()
    set_batch_norm(network, "synchronized")
    crops, slopes = (torch.randn(6, *size, dtype=torch.float64) for size in ((3, 64, 64), (LAYOUT.size,)))
    (network(crops[mine]).parameters * slopes[mine]).sum().backward()
    return torch.cat([value.grad.flatten() for value in network.parameters() if value.grad is not None])


def _all_cases(rank):
    mine = slice(0, FIRST) if rank == 0 else slice(FIRST, None)
    results = {name: _two_batches(SynchronizedBatchNorm2d, mine, *case[:-1]) for name, case in CASES.items()}
    half = _two_batches(
        SynchronizedBatchNorm2d, mine, torch.float32, 0.1, torch.contiguous_format, maps_dtype=torch.bfloat16
    )
    return {**results, "bfloat16": half, "kinds": _kinds(), "network": _network_gradient(mine)}


def _two_batches(kind, mine, dtype, momentum, layout, maps_dtype=None):
    """Forward and backward twice, each loss a random linear function; far from zero mean and unit variance."""
    generator = torch.Generator().manual_seed(1)
    maps, slopes = (torch.randn(2, 8, 5, 4, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    maps = (maps * torch.linspace(0.1, 3.0, 8)[:, None, None, None] + 2.0).to(maps_dtype or dtype)
    layer = kind(5, momentum=momentum).to(dtype)
    with torch.no_grad():
        layer.weight.copy_(torch.linspace(0.5, 2.0, 5))
        layer.bias.copy_(torch.linspace(-1.0, 1.0, 5))
    values, gradients = [], []
    for batch, slope in zip(maps[:, mine], slopes[:, mine].to(maps.dtype), strict=True):
        leaf = batch.contiguous(memory_format=layout).requires_grad_()
        out = layer(leaf)
        (out * slope).sum().backward()
        values.append(out.detach())
        gradients.append(leaf.grad)
    tensors = {"values": torch.stack(values), "map gradients": torch.stack(gradients), **layer.state_dict()}
    return {**tensors, "weight.grad": layer.weight.grad, "bias.grad": layer.bias.grad}


def test_frozen_layers_keep_everything():
    network = small_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    set_batch_norm(network, "frozen")
    network.train()
    loss = network(torch.randn(2, 3, 64, 64, dtype=torch.float64)).parameters.square().sum()
    loss.backward()
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(layers) == 20
    for layer in layers:
        assert isinstance(layer, FrozenBatchNorm2d)
        assert layer.weight.grad is layer.bias.grad is None
    assert network.backbone.conv1.weight.grad.abs().max() > 0
    assert list(network.state_dict()) == list(before)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_frozen_is_what_evaluation_computes():
    network, crops = small_network(), torch.randn(2, 3, 64, 64, dtype=torch.float64)
    for _ in range(3):
        network(crops)
    expected = network.eval()(crops).parameters
    set_batch_norm(network, "frozen")
    torch.testing.assert_close(network.train()(crops).parameters, expected)


def test_frozen_leaves_the_layers_beyond_the_backbone():
    network = build(config_from_dict({"architecture": "dad3dnet", "backbone": "resnet18", "crop_size": 128}), LAYOUT)
    set_batch_norm(network, "frozen")
    kinds = {type(layer) for layer in network.pyramid.modules() if isinstance(layer, nn.BatchNorm2d)}
    assert kinds == {nn.BatchNorm2d}


@pytest.mark.parametrize("kind", ["synchronized", "local"])
def test_a_process_alone_has_plain_layers(kind):
    network = small_network()
    set_batch_norm(network, kind)
    kinds = {type(layer) for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)}
    assert kinds == {nn.BatchNorm2d}


def test_all_layers_of_a_network_are_synchronized_on_two_processes(parts):
    for part in parts:
        assert part["kinds"] == {"synchronized": [20, 0], "frozen": [0, 20], "local": [0, 0]}


def _kinds():
    """By setting: how many layers of a network of 20 are synchronized, how many frozen."""
    counts = {}
    for kind in ("synchronized", "frozen", "local"):
        network = small_network()
        before = list(network.state_dict())
        set_batch_norm(network, kind)
        assert list(network.state_dict()) == before
        layers = list(network.modules())
        counts[kind] = [
            sum(isinstance(layer, layer_kind) for layer in layers)
            for layer_kind in (SynchronizedBatchNorm2d, FrozenBatchNorm2d)
        ]
    return counts
