"""From a network to an ONNX graph: uint8 crops in, named outputs out."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import onnx
import torch
from onnxscript import optimizer
from torch import Tensor, nn

from trans3dhead.export.fewer_operations import FewerOperations, in_fewer_operations
from trans3dhead.export.quiet import errors_alone
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import Network, Trans3DHeadConfig
from trans3dhead.networks.preprocess import normalize

INPUT = "crops"
# Of a graph with the head model inside.
MESH_OUTPUTS = ("rotation", "euler", "vertices", "projected", "mesh_landmarks", "box")
LARGEST_FOLDED = 1023  # numbers of a tensor of which the exporter computes others
_OPSET = 18


class CropNetwork(nn.Module):
    """A network with the normalisation of its input inside, which nobody can then get wrong, and its head model."""

    def __init__(self, network: Network | FewerOperations, head_model: HeadModel | None = None) -> None:
        """
        network: a Trans3DHead may be in fewer operations; head_model: None leaves rotations and meshes to whoever
        reads the parameters.
        """
        super().__init__()
        self.network, self.head_model = network, head_model
        self.eval()

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what `forward` returns."""
        config = self.network.config
        landmarks = ("landmarks",) if not isinstance(config, Trans3DHeadConfig) or config.landmark_branch else ()
        spread = ("landmark_spread",) if getattr(config, "landmark_uncertainty", False) else ()
        return (*landmarks, *spread, "parameters", *(MESH_OUTPUTS if self.head_model is not None else ()))

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """(N, S, S, 3) uint8 RGB, as pictures lie in memory -> what `outputs` lists."""
        said = self.network(normalize(crops.permute(0, 3, 1, 2)))
        own = tuple(answer for answer in (said.landmarks, said.landmark_spread) if answer is not None)
        if self.head_model is None:
            return (*own, said.parameters)
        parameters = self.head_model.clamp(self.head_model.layout.unpack(said.parameters))
        vertices, rotation = self.head_model.vertices(parameters), rotation_from_6d(parameters.rotation)
        projected = WeakPerspective(rotation, parameters.translation, parameters.scale).project(vertices)
        packed = self.head_model.layout.pack(parameters)
        corners = projected.index_select(1, self.head_model.subsets["head"])
        low, high = corners.amin(dim=1), corners.amax(dim=1)
        on_mesh, box = self.head_model.landmarks(projected), torch.cat((low, high - low), dim=1)
        return (*own, packed, rotation, euler_from_rotation(rotation), vertices, projected, on_mesh, box)


def to_graph(network: CropNetwork, batch: int | None) -> onnx.ModelProto:
    """The graph of a network on the CPU, float32. batch: the only N that it takes; None: it takes any."""
    size = network.network.config.crop_size
    # Two crops, not one: the exporter takes a dimension of one for a constant.
    example = torch.zeros(batch or 2, size, size, 3, dtype=torch.uint8)
    shapes = None if batch else ({0: torch.export.Dim("N")},)
    written = CropNetwork(in_fewer_operations(network.network), network.head_model)
    return traced(written, example, INPUT, written.outputs, shapes)


def traced(
    network: nn.Module, example: Tensor, name: str, outputs: Sequence[str], dynamic_shapes: tuple[dict, ...] | None
) -> onnx.ModelProto:
    """The graph of a module of one input, `name`, with these outputs; dynamic_shapes: as PyTorch has them."""
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[name],
            output_names=list(outputs),
            dynamic_shapes=dynamic_shapes,
            opset_version=_OPSET,
            verbose=False,
            optimize=False,
        )
        assert program is not None  # with dynamo=True there is one
        # What is made of larger tensors is made when the graph is loaded: they may lie in another file.
        optimizer.optimize(program.model, input_size_limit=LARGEST_FOLDED)
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
    with errors_alone("torch.onnx", "onnxscript"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
