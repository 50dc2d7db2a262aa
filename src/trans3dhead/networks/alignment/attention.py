"""What the decoder layers are made of: multi-head attention, query-aware memory, positions, feed-forward."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as functional_dropout
from torch.nn.functional import relu, scaled_dot_product_attention


class Attention(nn.Module):
    """Multi-head attention with an output projection (Vaswani et al., 2017), dropout on its weights.

    The keys have no bias: it would add the same to all scores of a query, which softmax ignores.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.to_queries = nn.Linear(width, width)
        self.to_keys = nn.Linear(width, width, bias=False)
        self.to_values = nn.Linear(width, width)
        self.to_output = nn.Linear(width, width)
        for linear in (self.to_queries, self.to_keys, self.to_values, self.to_output):
            nn.init.xavier_uniform_(linear.weight)
            if linear.bias is not None:
                nn.init.zeros_(linear.bias)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """(B or 1, N, d), (B, M, d), (B, M, d) -> (B, N, d); queries of batch 1 serve the whole batch."""
        q, k, v = (self._split(x) for x in (self.to_queries(queries), self.to_keys(keys), self.to_values(values)))
        q = q.expand(k.shape[0], -1, -1, -1)
        attended = attend(q, k, v, self.dropout if self.training else 0.0)
        return self.to_output(attended.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, N, d / heads)


def attend(queries: Tensor, keys: Tensor, values: Tensor, dropout: float) -> Tensor:
    """softmax(Q Kᵀ / √c) V with dropout on the weights. (B, heads, N, c), twice (B, heads, M, c) -> (B, heads, N, c).

    Written out on the CPU, where the fused kernel's backward pass is several times slower for heads this narrow.
    """
    if not queries.is_cpu:
        return scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
    weights = (queries * queries.shape[-1] ** -0.5 @ keys.mT).softmax(dim=-1)
    return functional_dropout(weights, dropout) @ values


class QueryAwareMemory(nn.Module):
    """QAMem: a memory of its own for each query, in the paper's efficient form (eq. 3).

    Transforming the memory of query i by x -> x T_i + t_i before the attention gives the same as transforming
    what query i attended to, since attention weights sum to one: N · d² products, not N · h · w · d².
    Starts as the identity, that is, with one memory shared by all queries.
    """

    def __init__(self, queries: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(width).repeat(queries, 1, 1))  # T, (N, d, d)
        self.bias = nn.Parameter(torch.zeros(queries, 1, width))

    def forward(self, attended: Tensor) -> Tensor:
        """(B, N, d) -> (B, N, d), query i by its own d × d matrix."""
        return torch.baddbmm(self.bias, attended.transpose(0, 1), self.weight).transpose(0, 1)


class FeedForward(nn.Module):
    """Linear, ReLU, dropout, linear."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)
        for linear in (self.widen, self.narrow):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, d) -> (B, N, d)."""
        return self.narrow(self.dropout(relu(self.widen(x))))


def sine_encoding(rows: int, columns: int, width: int, like: Tensor) -> Tensor:
    """DETR's fixed 2D encoding: (rows · columns, width), the first half of the channels for y, the second for x.

    Positions are normalised to (0, 2π], so that a larger memory samples the same curves more densely.
    `like` gives device and dtype.
    """
    quarter = width // 4
    frequencies = 10000.0 ** -(torch.arange(quarter, device=like.device) / quarter)
    y, x = (2 * math.pi / n * torch.arange(1, n + 1, device=like.device)[:, None] for n in (rows, columns))
    y, x = (torch.stack(((p * frequencies).sin(), (p * frequencies).cos()), dim=-1).flatten(1) for p in (y, x))
    grid = torch.cat((y[:, None].expand(-1, columns, -1), x[None].expand(rows, -1, -1)), dim=-1)
    return grid.flatten(0, 1).to(like.dtype)
