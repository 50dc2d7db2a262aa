"""A memory for each query in both of the paper's forms: as it is defined (eq. 2), and QAMem's efficient one (eq. 3)."""

from collections.abc import Callable

import torch
from torch import Tensor

from trans3dhead.networks.alignment.attention import QueryAwareMemory

EFFICIENT, NAIVE = "efficient", "naive"


def naive_query_aware_memory(attention: Tensor, memory: Tensor, transforms: Tensor, biases: Tensor) -> Tensor:
    """Q_i = A_i · (M · T_i + t_i): every query's memory is made, then attended to.

    attention: (B, N, S), each row sums to one; memory: (B, S, d); transforms: (N, d, d); biases: (N, 1, d), as
    `QueryAwareMemory` has them. Returns (B, N, d).
    """
    memories = memory[:, None] @ transforms + biases  # (B, N, S, d)
    return (attention[:, :, None] @ memories).squeeze(2)


def query_memory(form: str, batch: int, queries: int, cells: int, width: int) -> Callable[[], Tensor]:
    """A call of one of the two forms on random attention and memory; both forms get the same numbers."""
    random = torch.Generator().manual_seed(0)
    attention = torch.rand(batch, queries, cells, generator=random).softmax(dim=-1)
    memory = torch.randn(batch, cells, width, generator=random)
    own = QueryAwareMemory(queries, width).requires_grad_(False)
    own.weight.normal_(std=width**-0.5, generator=random)
    own.bias.normal_(generator=random)
    if form == NAIVE:
        return lambda: naive_query_aware_memory(attention, memory, own.weight, own.bias)
    return lambda: own(attention @ memory)
