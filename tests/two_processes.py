"""What a function gives in each of two processes that know each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing


def in_two_processes(function: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """[function(0, ...), function(1, ...)], in processes of one thread, joined by gloo; tensors and plain values."""
    multiprocessing.spawn(_work, (function, folder, arguments), nprocs=2)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def _work(rank: int, function: Callable[..., Any], folder: Path, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    torch.save(function(rank, *arguments), folder / f"{rank}.pt")
    distributed.destroy_process_group()
