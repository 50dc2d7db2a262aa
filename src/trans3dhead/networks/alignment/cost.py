"""What a network costs: its parameters, and the multiplications of one crop."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from trans3dhead.networks.alignment.prediction import Prediction


@dataclass(frozen=True)
class Cost:
    """Parameters of a network, and its operations for one crop in evaluation mode."""

    parameters: int
    needed: int  # of them, those on which landmarks and parameters depend: all that inference needs
    macs: int  # multiply-adds of convolutions and matrix products; twice as many FLOPs
    uncounted: Mapping[str, int]  # every other operation that computes, with the number of its results


def cost_of(network: nn.Module, crop_size: int) -> Cost:
    """Count the cost of a network or a backbone, on the CPU and in float32, for one crop of `crop_size` pixels.

    What is the same for all crops of a batch (the first self-attention of learned queries) counts in full.
    """
    training = network.training
    parameters = list(network.parameters())
    crop = torch.zeros(1, 3, crop_size, crop_size, device=parameters[0].device)
    with _Uncounted() as uncounted, FlopCounterMode(display=False) as counter:
        output = network.eval()(crop)
    network.train(training)
    total = torch.stack([part.sum() for part in _predicted(output)]).sum()
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    return Cost(
        parameters=sum(parameter.numel() for parameter in parameters),
        needed=sum(p.numel() for p, gradient in zip(parameters, gradients, strict=True) if gradient is not None),
        macs=counter.get_total_flops() // 2,  # it counts each multiply-add as two
        uncounted=dict(uncounted.results.most_common()),
    )


class _Uncounted(TorchDispatchMode):
    """Collects the operations that the counter knows nothing of, but for views and copies."""

    def __init__(self) -> None:
        super().__init__()
        self.results: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if func.overloadpacket not in flop_registry and not func.is_view and name not in _NO_ARITHMETIC:
            self.results[name] += (result[0] if isinstance(result, tuple | list) else result).numel()
        return result


_NO_ARITHMETIC = frozenset(
    ("_to_copy", "_unsafe_view", "arange", "cat", "clone", "copy_", "detach", "empty", "full", "stack", "zeros")
)


def _predicted(output: Tensor | Prediction) -> list[Tensor]:
    """The maps of a backbone; of a network what it says of a head, without what is there for the losses alone."""
    if isinstance(output, Tensor):
        return [output]
    return [output.parameters] if output.landmarks is None else [output.landmarks, output.parameters]
