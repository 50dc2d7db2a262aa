"""From a network to an ONNX graph: uint8 crops in, named outputs out."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import onnx
import onnxscript  # noqa: F401  PyTorch's exporter writes with it: where it is missing, it is missed here, by name
import torch
from torch import Tensor, nn

from trans3dhead.networks.alignment import Network, Trans3DHeadConfig
from trans3dhead.networks.preprocess import normalize

INPUT = "crops"
_OPSET = 18


class CropNetwork(nn.Module):
    """A network with the normalisation of its input inside, which nobody can then get wrong."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """(N, S, S, 3) uint8 RGB, as pictures lie in memory -> what `output_names` lists."""
        prediction = self.network(normalize(crops.permute(0, 3, 1, 2)))
        if prediction.landmarks is None:
            return (prediction.parameters,)
        return prediction.landmarks, prediction.parameters


def output_names(network: Network) -> tuple[str, ...]:
    """The names: "landmarks", where the network has a landmark branch, and "parameters"."""
    config = network.config
    alone = isinstance(config, Trans3DHeadConfig) and not config.landmark_branch
    return ("parameters",) if alone else ("landmarks", "parameters")


def to_graph(network: CropNetwork, batch: int | None) -> onnx.ModelProto:
    """The graph of a network on the CPU, float32. batch: the only N that it takes; None: it takes any."""
    size = network.network.config.crop_size
    # Two crops, not one: the exporter takes a dimension of one for a constant.
    example = torch.zeros(batch or 2, size, size, 3, dtype=torch.uint8)
    shapes = None if batch else ({0: torch.export.Dim("N")},)
    return traced(network, example, INPUT, output_names(network.network), shapes)


def traced(
    network: nn.Module, example: Tensor, name: str, outputs: Sequence[str], dynamic_shapes: tuple[dict, ...] | None
) -> onnx.ModelProto:
    """The graph of a module of one input, `name`, with these outputs; dynamic_shapes: as PyTorch has them."""
    with _quiet():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[name],
            output_names=list(outputs),
            dynamic_shapes=dynamic_shapes,
            opset_version=_OPSET,
            verbose=False,
        )
    assert program is not None  # with dynamo=True there is one
    model = program.model_proto
    _drop_traces(model)
    return model


def _drop_traces(model: onnx.ModelProto) -> None:
    """Take out what PyTorch notes at each node: the lines of source it came from, with the folders of this machine."""
    graph = model.graph
    nodes = [*graph.node, *(node for function in model.functions for node in function.node)]
    for part in (model, graph, *nodes, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what users can do nothing about: deprecations within PyTorch, folding left out, no torchvision."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
