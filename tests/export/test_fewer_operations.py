"""The form of a network that is exported against the one that is trained, in double precision."""

import pytest
import torch

from small_networks import BEYOND, small_network
from trans3dhead.export.fewer_operations import FewerOperations

NETWORKS: dict[str, dict[str, object]] = {
    "the paper's": {},
    "an encoder, no MARR": {"encoder_layers": 2, "residual_regression": "none"},
    "no QAMem, no MQinit, some parameters": {
        "query_aware_memory": "none",
        "memory_query_init": "none",
        "shape_parameters": 2,
        "expression_parameters": 0,
    },
    "QAMem and MQinit in both, a learned face": {
        "query_aware_memory": "both",
        "memory_query_init": "both",
        "parameter_reference": "average",
        "residual_regression": "learnable_random",
        "decoder_layers": 3,
    },
    "no landmark branch": {"memory_norm": False, "landmark_branch": False},
    "landmarks that say how sure they are": {"landmark_uncertainty": True, "landmark_memory": True},
    "surface points without a fit": {"surface_points": 32, "decoder_layers": 1},
    "all that goes past the paper": BEYOND,
    "fewer shapes than the fit finds": {**BEYOND, "shape_parameters": 2, "encoder_layers": 1, "memory_query_rank": 4},
}


@pytest.mark.parametrize("fields", NETWORKS.values(), ids=NETWORKS)
def test_both_forms_say_the_same(fields: dict[str, object]):
    network = small_network(**fields).eval()
    with torch.no_grad():
        for parameter in network.parameters():  # those too that begin as nothing: biases, query-aware memory
            parameter.add_(0.05 * torch.randn_like(parameter))
    crops = torch.randn(3, 3, network.config.crop_size, network.config.crop_size, dtype=torch.float64)
    with torch.inference_mode():
        plain, fewer = network(crops), FewerOperations(network)(crops)
    assert (plain.parameters - plain.parameters[:1]).abs().max() > 1e-4
    for name in ("landmarks", "landmark_spread", "parameters"):
        expected, found = getattr(plain, name), getattr(fewer, name)
        if expected is None:
            assert found is None
            continue
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)
