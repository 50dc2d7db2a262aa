"""Attention, query-aware memory against a memory for each query, and positions."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from trans3dhead.networks.alignment.attention import Attention, QueryAwareMemory, attend, sine_encoding


def randomize(module: nn.Module) -> None:
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)


def naive_query_aware_attention(
    attention: Attention, memories: QueryAwareMemory, queries: Tensor, keys: Tensor, memory: Tensor
) -> Tensor:
    """Eq. 2 for each query i and head h: A_h^i · (M V_h O_h T_i), a transformed memory of (hw, d) for each.

    What the biases add after the attention is added to the memories, since the attention weights sum to one.
    """
    width = queries.shape[-1]
    channels = width // attention.heads
    out = torch.zeros_like(queries)
    for h in range(attention.heads):
        part = slice(h * channels, (h + 1) * channels)
        q = queries @ attention.to_queries.weight[part].T + attention.to_queries.bias[part]
        k = keys @ attention.to_keys.weight[part].T
        weights = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(channels), dim=-1)  # A_h, (B, N, hw)
        projected = memory @ attention.to_values.weight[part].T + attention.to_values.bias[part]
        projected = projected @ attention.to_output.weight[:, part].T + attention.to_output.bias / attention.heads
        for i in range(queries.shape[1]):
            own_memory = projected @ memories.weight[i] + memories.bias[i] / attention.heads  # (B, hw, d)
            out[:, i] += (weights[:, i, None] @ own_memory)[:, 0]
    return out


@pytest.mark.parametrize(("queries", "cells", "width", "heads"), [(5, 16, 16, 4), (7, 64, 8, 1), (68, 4, 32, 8)])
def test_query_aware_memory_equals_a_memory_for_each_query(queries: int, cells: int, width: int, heads: int):
    attention = Attention(width, heads, dropout=0.0).double()
    memories = QueryAwareMemory(queries, width).double()
    randomize(attention)
    randomize(memories)
    inputs = [torch.randn(2, n, width, dtype=torch.float64, requires_grad=True) for n in (queries, cells, cells)]
    weight = torch.randn(2, queries, width, dtype=torch.float64)
    leaves = [*inputs, *attention.parameters(), *memories.parameters()]

    efficient = memories(attention(*inputs))
    naive = naive_query_aware_attention(attention, memories, *inputs)
    torch.testing.assert_close(efficient, naive, rtol=0, atol=1e-5)
    fast = torch.autograd.grad((weight * efficient).sum(), leaves)
    slow = torch.autograd.grad((weight * naive).sum(), leaves)
    for mine, oracle in zip(fast, slow, strict=True):
        torch.testing.assert_close(mine, oracle, rtol=0, atol=1e-5)
        assert oracle.abs().max() > 1e-3


def test_query_aware_memory_starts_as_one_shared_memory():
    attended = torch.randn(2, 6, 8)
    torch.testing.assert_close(QueryAwareMemory(6, 8)(attended), attended)


def test_query_aware_memory_is_a_grouped_convolution():
    memories = QueryAwareMemory(6, 8).double()
    randomize(memories)
    attended = torch.randn(2, 6, 8, dtype=torch.float64)
    kernel = memories.weight.transpose(1, 2).reshape(48, 8, 1)
    expected = torch.conv1d(attended.reshape(2, 48, 1), kernel, memories.bias.flatten(), groups=6)
    torch.testing.assert_close(memories(attended), expected.reshape(2, 6, 8))


@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_the_written_out_attention_is_the_fused_one(heads: int, queries: int, cells: int, seed: int):
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (
        torch.randn(2, heads, n, 4, dtype=torch.float64, generator=generator, requires_grad=True)
        for n in (queries, cells, cells)
    )
    mine, fused = attend(q, k, v, 0.0), scaled_dot_product_attention(q, k, v)
    torch.testing.assert_close(mine, fused)
    for first, second in zip(*(torch.autograd.grad(x.sin().sum(), (q, k, v)) for x in (mine, fused)), strict=True):
        torch.testing.assert_close(first, second)


def test_attention_is_pytorchs_multi_head_attention():
    mine, theirs = Attention(16, 4, 0.0).double(), nn.MultiheadAttention(16, 4, batch_first=True).double()
    randomize(mine)
    linears = (mine.to_queries, mine.to_keys, mine.to_values)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([linear.weight for linear in linears]))
        no_bias = torch.zeros(16, dtype=torch.float64)
        theirs.in_proj_bias.copy_(torch.cat((mine.to_queries.bias, no_bias, mine.to_values.bias)))
        theirs.out_proj.load_state_dict(mine.to_output.state_dict())
    queries, keys, values = (torch.randn(2, n, 16, dtype=torch.float64) for n in (5, 9, 9))
    torch.testing.assert_close(mine(queries, keys, values), theirs(queries, keys, values)[0])


def test_queries_of_batch_one_serve_the_whole_batch():
    attention = Attention(16, 4, 0.0).double()
    queries, memory = torch.randn(1, 5, 16).double(), torch.randn(3, 9, 16).double()
    torch.testing.assert_close(attention(queries, memory, memory), attention(queries.expand(3, -1, -1), memory, memory))


def test_attention_drops_weights_in_training_only():
    attention = Attention(16, 4, 0.5)
    queries, memory = torch.randn(1, 5, 16), torch.randn(1, 9, 16)
    assert not torch.equal(attention(queries, memory, memory), attention(queries, memory, memory))
    attention.eval()
    torch.testing.assert_close(attention(queries, memory, memory), attention(queries, memory, memory))


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (8, 8), (2, 5)])
def test_positions_are_detrs(rows: int, columns: int):
    width = 16
    encoding = sine_encoding(rows, columns, width, like=torch.zeros((), dtype=torch.float64))
    assert encoding.shape == (rows * columns, width)
    for row in range(rows):
        for column in range(columns):
            for half, position in enumerate((2 * math.pi * (row + 1) / rows, 2 * math.pi * (column + 1) / columns)):
                for pair in range(width // 4):
                    angle = position / 10000 ** (2 * pair / (width // 2))
                    at = half * width // 2 + 2 * pair
                    got = encoding[row * columns + column, at : at + 2].tolist()
                    assert got == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-6)
