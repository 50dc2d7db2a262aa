"""Which layers of a network are exchanged on one process and on two; and the frozen kind."""

import pytest
import torch
from torch import nn

from small_networks import LAYOUT, small_network
from trans3dhead.networks.alignment import build, config_from_dict
from trans3dhead.networks.alignment.build import Network
from trans3dhead.training.engine.batch_norm import FrozenBatchNorm2d, set_batch_norm
from two_processes import in_two_processes


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
    network = small_baseline()
    set_batch_norm(network, "frozen")
    kinds = {type(layer) for layer in network.pyramid.modules() if isinstance(layer, nn.BatchNorm2d)}
    assert kinds == {nn.BatchNorm2d}


@pytest.mark.parametrize("kind", ["synchronized", "local"])
def test_a_process_alone_has_plain_layers(kind):
    network = small_network()
    set_batch_norm(network, kind)
    kinds = {type(layer) for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)}
    assert kinds == {nn.BatchNorm2d}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """What each of two processes finds, with GPUs and without."""
    return in_two_processes(_both, tmp_path_factory.mktemp("processes"))


def test_on_two_processes_with_gpus_layers_are_pytorchs_own(parts):
    """By setting: how many layers of a network of 20 are synchronized, how many frozen; the baseline has 17 more."""
    expected = {"synchronized": [20, 0], "frozen": [0, 20], "local": [0, 0], "frozen, baseline": [17, 20]}
    assert [part["kinds"] for part in parts] == [expected, expected]


def test_on_two_processes_without_gpus_the_ways_out_are_named(parts):
    for answers in (part["answers"] for part in parts):
        assert answers["local"] == answers["frozen"] == answers["local, baseline"] == ""
        assert "batch_norm: synchronized makes several processes exchange" in answers["synchronized"]
        assert "each needs a GPU, got CPUs; take local, or frozen with `pretrained`" in answers["synchronized"]
        assert "batch_norm: frozen makes" in answers["frozen, baseline"]
        assert "got CPUs; take local, or one process" in answers["frozen, baseline"]


def small_baseline() -> Network:
    """DAD-3DNet, whose pyramid has norms beyond the backbone's."""
    values = {"architecture": "dad3dnet", "backbone": "resnet18", "crop_size": 128, "filters": 8, "hidden": 16}
    return build(config_from_dict(values), LAYOUT)


def _both(rank):
    torch.cuda.is_available = lambda: True  # as if; this process is the test's own
    kinds = _kinds()
    torch.cuda.is_available = lambda: False
    return {"kinds": kinds, "answers": _answers()}


def _kinds():
    """By setting: how many layers are synchronized, how many frozen."""
    counts = {}
    for kind in ("synchronized", "frozen", "local", "frozen, baseline"):
        network = small_baseline() if "baseline" in kind else small_network()
        before = {name: value.clone() for name, value in network.state_dict().items()}
        set_batch_norm(network, kind.partition(",")[0])
        assert list(network.state_dict()) == list(before)
        assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
        layers = list(network.modules())
        counts[kind] = [sum(type(layer) is k for layer in layers) for k in (nn.SyncBatchNorm, FrozenBatchNorm2d)]
    return counts


def _answers():
    """By setting: the error, or nothing."""
    answers = {}
    for kind in ("synchronized", "frozen", "local", "frozen, baseline", "local, baseline"):
        network, answers[kind] = small_baseline() if "baseline" in kind else small_network(), ""
        try:
            set_batch_norm(network, kind.partition(",")[0])
        except ValueError as error:
            answers[kind] = str(error)
    return answers
