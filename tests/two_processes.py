"""What a function gives in each of two processes that know each other.

Where the system can, they are forked from a server that has imported what trains once: alone it takes each ten seconds.
"""

import multiprocessing as standard
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, multiprocessing

_START = "forkserver" if "forkserver" in standard.get_all_start_methods() else "spawn"
if _START == "forkserver":
    standard.set_forkserver_preload(["trans3dhead.training.alignment.train"])


def in_two_processes(function: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """[function(0, ...), function(1, ...)], in processes of one thread, joined by gloo; tensors and plain values."""
    return _results(_joined, function, folder, arguments)


def as_torchrun_starts_them(function: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """The same, in processes that torchrun's variables tell to join, and that have not done so yet."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    return _results(_told, function, folder, (port, *arguments))


Scored = tuple[Tensor, list[Tensor]]  # the terms of a loss, and the gradients of its total


def assert_mean_is_whole(names: Sequence[str], whole: Scored, parts: Sequence[Scored]) -> None:
    """The two processes' terms, by name, and gradients are in the mean those of the whole batch, and none is zero."""
    for name, *each, value in zip(names, *(part[0].tolist() for part in parts), whole[0].tolist(), strict=True):
        assert value > 0, name
        assert sum(each) / 2 == pytest.approx(value, rel=1e-5), name
    for gradient, *each in zip(whole[1], *(part[1] for part in parts), strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(sum(each) / 2, gradient, rtol=1e-4, atol=1e-6)


def _results(work: Callable[..., None], *arguments: Any) -> list[Any]:
    folder = arguments[1]
    multiprocessing.start_processes(work, arguments, nprocs=2, start_method=_START)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def _joined(rank: int, function: Callable[..., Any], folder: Path, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    torch.save(function(rank, *arguments), folder / f"{rank}.pt")
    distributed.destroy_process_group()


def _told(rank: int, function: Callable[..., Any], folder: Path, arguments: tuple[Any, ...]) -> None:
    port, *rest = arguments
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": "a test"}
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # gloo on the CPU, whatever the machine has
    torch.save(function(rank, *rest), folder / f"{rank}.pt")
