"""What `speed --compare` puts beside a network: DAD-3DNet of its backbone and crops, and its backbone alone.

All three are graphs from crops to what the network says, without head model and photograph, so that the networks
alone are compared.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from trans3dhead.benchmarks.candidates import NETWORK, Candidate, Entry, Label
from trans3dhead.benchmarks.pictures import random_crops
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import Turn
from trans3dhead.benchmarks.runtimes import ONNX, OPENVINO, TORCH, OpenVinoGraph, missing_exporter, not_installed
from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.networks.alignment import (
    DAD3DNetConfig,
    NetworkConfig,
    Trans3DHeadConfig,
    build,
    load_model,
)
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import network_path

_INPUT = "crops"


def peer_rows(model: str, threads: Sequence[int], batches: Sequence[int], folder: Path) -> Iterator[Entry]:
    """The network of a checkpoint and what it is compared with; folder: for exported graphs."""
    path = network_path(model)
    if path.suffix == ".onnx":
        yield LeftOut(f"what {model} is compared with", "an .onnx file does not say its configuration")
        return
    loaded = load_model(path)
    networks: dict[str, nn.Module] = {model: loaded.model}
    baseline = dad3dnet_like(loaded.config)
    if isinstance(baseline, LeftOut):
        yield baseline
    else:
        networks[f"DAD-3DNet like {model}"] = build(baseline, loaded.layout)
        if isinstance(loaded.config, Trans3DHeadConfig) and loaded.config.memory_stride != 32:
            yield LeftOut("DAD-3DNet without the backbone's last stage", f"it needs the stage that {model} leaves out")
    networks[f"backbone of {model}"] = loaded.model.backbone
    for name, network in networks.items():
        graph = folder / f"{NETWORK}-{len(list(folder.iterdir()))}.onnx"
        yield from network_rows(name, network, loaded.crop_size, graph, threads, batches)


def dad3dnet_like(config: NetworkConfig) -> DAD3DNetConfig | LeftOut:
    """DAD-3DNet of the same backbone, crops, parameters and width, or why there is none."""
    if isinstance(config, DAD3DNetConfig):
        return LeftOut("DAD-3DNet", "the network is one itself")
    if not isinstance(config, Trans3DHeadConfig):
        return LeftOut("DAD-3DNet", f"the network, a {config.architecture}, says no width that it could have")
    try:
        return DAD3DNetConfig(
            backbone=config.backbone,
            crop_size=config.crop_size,
            filters=config.width,
            shape_parameters=config.shape_parameters,
            expression_parameters=config.expression_parameters,
            jaw_parameters=config.jaw_parameters,
        )
    except ValueError as error:
        return LeftOut("DAD-3DNet", f"it cannot be configured like the network: {error}")


class FromCrops(nn.Module):
    """A network or backbone with the normalisation of its input inside, which answers tensors."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """(B, S, S, 3) uint8 RGB -> landmarks and parameters, or the backbone's map."""
        said = self.network(normalize(crops.permute(0, 3, 1, 2)))
        if isinstance(said, Tensor):
            return (said,)
        return (said.parameters,) if said.landmarks is None else (said.landmarks, said.parameters)


def network_rows(
    name: str, network: nn.Module, crop_size: int, graph: Path, threads: Sequence[int], batches: Sequence[int]
) -> Iterator[Entry]:
    """One network or backbone alone under each runtime; crop_size: pixels; graph: the file to export it into."""
    crops, plain = [random_crops(batch, crop_size) for batch in batches], FromCrops(network)
    for count in threads:
        for given in crops:
            pixels = torch.from_numpy(given)
            label = Label(NETWORK, name, TORCH, count, len(given))
            yield Candidate(label, Turn(partial(under_torch, plain, pixels), count))
    if missing := missing_exporter():
        yield LeftOut("networks alone under onnx and openvino", f"they are exported, which needs {', '.join(missing)}")
        return
    _export(network, crop_size, graph)
    for runtime in (ONNX, OPENVINO):
        if (why := not_installed(runtime)) is not None:
            yield LeftOut(runtime, why)
            continue
        for count in threads:
            session = OnnxGraph(graph, threads=count) if runtime == ONNX else OpenVinoGraph(graph, count)
            for given in crops:
                label = Label(NETWORK, name, runtime, count, len(given))
                inputs = {_INPUT: given}
                yield Candidate(label, Turn(partial(session, inputs), count))


@torch.inference_mode()
def under_torch(network: FromCrops, crops: Tensor) -> tuple[Tensor, ...]:
    """(B, S, S, 3) uint8 RGB -> what the network says, without what training needs."""
    return network(crops)


def _export(network: nn.Module, crop_size: int, path: Path) -> None:
    """Write the graph as `trans3dhead export` makes it, unchecked: random weights may magnify rounding."""
    import onnx

    from trans3dhead.export.description import set_description
    from trans3dhead.export.fewer_operations import in_fewer_operations
    from trans3dhead.export.graph import traced

    written = FromCrops(in_fewer_operations(network))
    crops = torch.zeros(2, crop_size, crop_size, 3, dtype=torch.uint8)
    names = [f"answer{number}" for number in range(len(under_torch(written, crops)))]
    graph = traced(written, crops, _INPUT, names, ({0: torch.export.Dim("N")},))
    set_description(graph, {})
    onnx.save(graph, str(path))
