"""The processes of one training, as torchrun starts them, and what they tell each other.

Each works on its share of every batch. In a process started alone every function here returns what it is given.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, distributed, nn

from trans3dhead.data.loading import Share
from trans3dhead.losses import Losses

P = ParamSpec("P")
T = TypeVar("T")


def share() -> Share:
    """The share of this process."""
    return Share(distributed.get_rank(), distributed.get_world_size()) if _several() else Share()


@contextmanager
def joined() -> Iterator[None]:
    """Within it the processes that torchrun started know each other: by NCCL where there are GPUs, else by gloo."""
    if not distributed.is_available() or not distributed.is_torchelastic_launched() or distributed.is_initialized():
        yield
        return
    local, on_this_machine = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
    if not torch.cuda.is_available():
        distributed.init_process_group("gloo")
    elif on_this_machine <= torch.cuda.device_count():
        torch.cuda.set_device(local)
        distributed.init_process_group("nccl", device_id=torch.device("cuda", local))
    else:
        raise ValueError(
            f"processes: expected at most one for each of the {torch.cuda.device_count()} GPUs, got {on_this_machine}; "
            "start fewer, or set CUDA_VISIBLE_DEVICES= to train on the CPU"
        )
    yield
    distributed.destroy_process_group()  # after an error the others may be gone, and the exit of the process ends it


def total(values: Tensor) -> Tensor:
    """The sum over the processes. No gradient passes."""
    if not _several():
        return values
    values = values.detach().clone()
    distributed.all_reduce(values)
    return values


def mean(values: Tensor) -> Tensor:
    """The mean over the processes. No gradient passes."""
    return total(values) / share().count


def joined_losses(losses: Losses) -> Losses:
    """The losses of this process's part of a batch, each sum divided by the mean of all processes' sums of weights.

    The weights may sum to unequal amounts in the processes. With the whole batch's in the denominator, the mean of what
    the processes get, and so of their gradients, is that of the whole batch.
    """
    weights = mean(torch.stack([part.weight for part in losses.means.values()]))
    parts = zip(losses.means.items(), weights, strict=True)
    return replace(losses, means={name: replace(part, weight=weight) for (name, part), weight in parts})


def stacked(values: Tensor) -> Tensor:
    """(...) -> (processes, ...), those of each process. No gradient passes."""
    if not _several():
        return values.detach()[None]
    parts = [torch.empty_like(values) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, values.detach().contiguous())
    return torch.stack(parts)


def joined_lists(items: list[T]) -> list[T]:
    """The lists of all processes as one, in their order. What they hold is pickled, and should be on the CPU."""
    if not _several():
        return items
    parts: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(parts, items)
    return [item for part in parts for item in part]


def of_first(value: float) -> float:
    """The value that the first process gives, in every process."""
    return float(stacked(torch.tensor(value, dtype=torch.float64, device=_device()))[0]) if _several() else value


def anywhere(flag: bool) -> bool:
    """Whether the flag is true in any of the processes."""
    return bool(total(torch.tensor(int(flag), device=_device())) > 0) if _several() else flag


def copy_buffers_of_first(module: nn.Module) -> None:
    """Give a module the buffers that it has in the first process."""
    if _several():
        for buffer in module.buffers():
            distributed.broadcast(buffer, src=0)


def wait() -> None:
    """Block until all processes have come here."""
    if _several():
        distributed.barrier()


def only_first(function: Callable[P, None]) -> Callable[P, None]:
    """A function, such as one that writes a file, that does nothing in any process but the first."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        if share().index == 0:
            function(*args, **kwargs)

    return wrapper


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def _device() -> torch.device:
    """Where the values of messages must lie."""
    return torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")
