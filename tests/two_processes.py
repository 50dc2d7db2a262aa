"""What a function gives in each of two processes that know each other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, multiprocessing


def in_two_processes(function: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """[function(0, ...), function(1, ...)], in processes of one thread, joined by gloo; tensors and plain values."""
    multiprocessing.spawn(_work, (function, folder, arguments), nprocs=2)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


Scored = tuple[Tensor, list[Tensor]]  # the terms of a loss, and the gradients of its total


def assert_mean_is_whole(names: Sequence[str], whole: Scored, parts: Sequence[Scored]) -> None:
    """The two processes' terms, by name, and gradients are in the mean those of the whole batch, and none is zero."""
    for name, *each, value in zip(names, *(part[0].tolist() for part in parts), whole[0].tolist(), strict=True):
        assert value > 0, name
        assert sum(each) / 2 == pytest.approx(value, rel=1e-5), name
    for gradient, *each in zip(whole[1], *(part[1] for part in parts), strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(sum(each) / 2, gradient, rtol=1e-4, atol=1e-6)


def _work(rank: int, function: Callable[..., Any], folder: Path, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    torch.save(function(rank, *arguments), folder / f"{rank}.pt")
    distributed.destroy_process_group()
