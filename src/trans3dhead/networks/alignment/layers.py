"""Encoder and decoder layers: DETR's (Carion et al., ECCV 2020), post-norm, by default with its 8 heads, 8 d wide
feed-forward and dropout of 0.1.

Departures from DETR: queries start from the memory or as learned vectors, not as zeros; query-aware memory may follow
the output projection of the cross-attention; keys have no bias; the decoder has no norm after its last layer, which
ends with one already.
"""

import torch
from torch import Tensor, nn

from trans3dhead.networks.alignment.attention import Attention, FeedForward, QueryAwareMemory
from trans3dhead.networks.alignment.config import Trans3DHeadConfig


class EncoderLayer(nn.Module):
    """Self-attention among the cells of the memory, then feed-forward."""

    def __init__(self, config: Trans3DHeadConfig) -> None:
        super().__init__()
        self.self_attention = Attention(config.width, config.heads, config.dropout)
        self.feed_forward = FeedForward(config.width, config.feed_forward * config.width, config.dropout)
        self.norm1, self.norm2 = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, memory: Tensor, positions: Tensor) -> Tensor:
        """(B, hw, d) and (hw, d) -> (B, hw, d)."""
        placed = memory + positions
        memory = self.norm1(memory + self.dropout(self.self_attention(placed, placed, memory)))
        return self.norm2(memory + self.dropout(self.feed_forward(memory)))


class DecoderLayer(nn.Module):
    """Self-attention among the queries, cross-attention to the memory with or without QAMem, feed-forward."""

    def __init__(self, config: Trans3DHeadConfig, queries: int, query_aware: bool) -> None:
        super().__init__()
        self.self_attention = Attention(config.width, config.heads, config.dropout)
        self.cross_attention = Attention(config.width, config.heads, config.dropout)
        self.query_aware_memory = QueryAwareMemory(queries, config.width) if query_aware else nn.Identity()
        self.feed_forward = FeedForward(config.width, config.feed_forward * config.width, config.dropout)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(config.width) for _ in range(3))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, queries: Tensor, encodings: Tensor, memory: Tensor, keys: Tensor) -> Tensor:
        """One layer. queries: (B or 1, N, d); encodings: (N, d); memory, keys (memory + positions): (B, hw, d).

        Learned queries come with a batch of one: until they meet the memory they are the same for every head, so
        their self-attention is computed once. Returns (B, N, d).
        """
        placed = queries + encodings
        queries = self.norm1(queries + self.dropout(self.self_attention(placed, placed, queries)))
        attended = self.query_aware_memory(self.cross_attention(queries + encodings, keys, memory))
        queries = self.norm2(queries + self.dropout(attended))
        return self.norm3(queries + self.dropout(self.feed_forward(queries)))


class LearnedQueries(nn.Module):
    """Queries that do not depend on the photograph: normal, not zero as DETR's.

    Of zeros the first self-attention makes a constant, and its weights to queries, keys and values get no gradient.
    """

    def __init__(self, queries: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(queries, width))

    def forward(self, memory: Tensor) -> Tensor:
        """(B, hw, d) -> (1, N, d) of the memory's dtype."""
        return self.weight[None].to(memory.dtype)


class QueriesFromMemory(nn.Module):
    """MQinit, eq. 1: a fully connected layer on the memory's global average.

    Its weights grow with the queries; through `rank` channels its matrix is the product of two narrow ones.
    """

    def __init__(self, queries: int, width: int, rank: int | None = None) -> None:
        super().__init__()
        self.shape = (queries, width)
        whole = nn.Linear(rank or width, queries * width)
        self.linear = whole if rank is None else nn.Sequential(nn.Linear(width, rank, bias=False), whole)

    def forward(self, memory: Tensor) -> Tensor:
        """(B, hw, d) -> (B, N, d)."""
        return self.linear(memory.mean(dim=1)).unflatten(-1, self.shape)


class Branch(nn.Module):
    """The queries of one task and their decoder layers."""

    def __init__(self, config: Trans3DHeadConfig, queries: int, query_aware: bool, from_memory: bool) -> None:
        super().__init__()
        self.initial = (
            QueriesFromMemory(queries, config.width, config.memory_query_rank)
            if from_memory
            else LearnedQueries(queries, config.width)
        )
        self.encodings = nn.Parameter(torch.randn(queries, config.width))
        self.layers = nn.ModuleList(DecoderLayer(config, queries, query_aware) for _ in range(config.decoder_layers))

    def forward(self, memory: Tensor, keys: Tensor) -> list[Tensor]:
        """(B, hw, d) twice -> the queries after each layer, (B, N, d) each."""
        queries, encodings = self.initial(memory), self.encodings.to(memory.dtype)
        after = []
        for layer in self.layers:
            queries = layer(queries, encodings, memory, keys)
            after.append(queries)
        return after
