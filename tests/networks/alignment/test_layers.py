"""Where queries begin: MQinit, whole and through few channels."""

import pytest
import torch

from trans3dhead.networks.alignment.layers import QueriesFromMemory

QUERIES, WIDTH = 7, 8


@pytest.mark.parametrize("rank", [None, 3])
def test_each_query_is_a_linear_map_of_the_mean_of_the_memory(rank: int | None):
    initial = QueriesFromMemory(QUERIES, WIDTH, rank).double()
    memory = torch.randn(2, 5, WIDTH, dtype=torch.float64)
    spread_out = memory.mean(dim=1, keepdim=True).expand(-1, 9, -1)
    queries = initial(memory)
    assert queries.shape == (2, QUERIES, WIDTH)
    torch.testing.assert_close(queries, initial(spread_out))
    matrix = torch.autograd.functional.jacobian(lambda mean: initial(mean[None, None]).flatten(), memory[0, 0])
    assert torch.linalg.matrix_rank(matrix) == (rank or WIDTH)


def test_few_channels_are_few_weights():
    whole, narrow = (sum(p.numel() for p in QueriesFromMemory(QUERIES, WIDTH, rank).parameters()) for rank in (None, 3))
    assert whole - narrow == QUERIES * WIDTH * (WIDTH - 3) - 3 * WIDTH
