"""Exported graphs under ONNX Runtime against PyTorch: every architecture, and every ablation that changes the graph."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lively_networks import lively_network, mosaics
from small_networks import BEYOND, LAYOUT
from trans3dhead.export.graph import CropNetwork, to_graph
from trans3dhead.networks.alignment import Network
from trans3dhead.networks.preprocess import normalize

pytestmark = pytest.mark.slow  # PyTorch needs seconds for each graph

TOLERANCE = 1e-4
# Each is a graph that PyTorch needs ten seconds and more for; the defaults with two decoder layers are those of the
# network that ships, test_command.py.
NETWORKS: dict[str, dict[str, object]] = {
    "an encoder, no MARR": {"encoder_layers": 1, "residual_regression": "none"},
    "no QAMem, no MQinit, the first parameters alone": {
        "query_aware_memory": "none",
        "memory_query_init": "none",
        "shape_parameters": 2,
        "expression_parameters": 0,
        "decoder_layers": 1,
    },
    "QAMem and MQinit in both, parameters about averages, a learned face": {
        "query_aware_memory": "both",
        "memory_query_init": "both",
        "parameter_reference": "average",
        "residual_regression": "learnable_random",
        "decoder_layers": 1,
    },
    "bottlenecks, no norm of the memory, no landmark branch": {
        "backbone": "resnet50",
        "memory_norm": False,
        "landmark_branch": False,
        "decoder_layers": 1,
    },
    "all that goes past the paper, with an encoder": {**BEYOND, "encoder_layers": 1, "decoder_layers": 1},
    "a slim backbone, queries through few channels, fewer shapes than the fit finds": {
        **BEYOND,
        "backbone": "slim",
        "backbone_widths": (8, 12, 16, 24),
        "backbone_blocks": (1, 1, 2),
        "memory_query_rank": 4,
        "shape_parameters": 2,
        "decoder_layers": 1,
    },
    "DAD-3DNet": {"architecture": "dad3dnet", "backbone": "resnet18", "crop_size": 128, "filters": 16, "hidden": 32},
    "plain regression": {"architecture": "pooled", "backbone": "resnet18", "crop_size": 64},
    "a reader of faces": {
        "architecture": "face_reader",
        "crop_size": 48,
        "cell_channels": 8,
        "hidden": 16,
        "surface_points": 32,
    },
}


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def compare(network: Network, graph: onnxruntime.InferenceSession, batch: int) -> None:
    """The graph's answers by name, against the network's own after the package's normalisation."""
    crops = mosaics(batch, network.config.crop_size)
    with torch.inference_mode():
        expected = network(normalize(torch.from_numpy(crops).permute(0, 3, 1, 2)))
    names = [output.name for output in graph.get_outputs()]
    said = {"landmarks": expected.landmarks, "landmark_spread": expected.landmark_spread}
    assert names == [*(name for name, answer in said.items() if answer is not None), "parameters"]
    for name, got in zip(names, graph.run(names, {"crops": crops}), strict=True):
        wanted = getattr(expected, name).numpy()
        if batch > 1:  # else one crop's answer for all would pass
            assert np.abs(wanted - wanted[:1]).max() > 100 * TOLERANCE
        np.testing.assert_allclose(got, wanted, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("fields", NETWORKS.values(), ids=NETWORKS)
def test_onnx_runtime_says_what_pytorch_says_at_any_batch(fields: dict[str, object]):
    network = lively_network(**fields)
    graph = session(to_graph(CropNetwork(network), None))
    for batch in (1, 2, 5):
        compare(network, graph, batch)


def test_a_backbone_of_transformers(tmp_path: Path):
    transformers = pytest.importorskip("transformers", reason="needs the extra `train`")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic", out_indices=[-1]
    )
    transformers.AutoBackbone.from_config(config).save_pretrained(tmp_path)
    network = lively_network(backbone=str(tmp_path), decoder_layers=1)
    graph = session(to_graph(CropNetwork(network), None))
    for batch in (1, 3):
        compare(network, graph, batch)


def test_a_fixed_batch_is_the_only_one():
    network = lively_network(decoder_layers=1)
    graph = session(to_graph(CropNetwork(network), 1))
    assert [output.shape for output in graph.get_outputs()] == [[1, 68, 2], [1, LAYOUT.size]]
    compare(network, graph, 1)
    with pytest.raises(Exception, match="Got: 2 Expected: 1"):
        graph.run(None, {"crops": mosaics(2, 64)})
