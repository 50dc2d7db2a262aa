"""QAMem's two forms give the same; the naive one is the paper's definition."""

import pytest
import torch

from trans3dhead.benchmarks.query_memory import EFFICIENT, NAIVE, naive_query_aware_memory, query_memory
from trans3dhead.networks.alignment.attention import QueryAwareMemory


@pytest.mark.parametrize(("batch", "queries", "cells", "width"), [(1, 5, 16, 8), (3, 68, 4, 12)])
def test_the_efficient_form_equals_the_naive_one(batch: int, queries: int, cells: int, width: int):
    attention = torch.rand(batch, queries, cells, dtype=torch.float64).softmax(dim=-1)
    memory = torch.randn(batch, cells, width, dtype=torch.float64)
    own = QueryAwareMemory(queries, width).double().requires_grad_(False)
    own.weight.normal_()
    own.bias.normal_()
    naive = naive_query_aware_memory(attention, memory, own.weight, own.bias)
    torch.testing.assert_close(own(attention @ memory), naive)
    for i in range(queries):  # eq. 2, a query at a time
        of_query = memory @ own.weight[i] + own.bias[i]
        torch.testing.assert_close(naive[:, i], (attention[:, i, None] @ of_query)[:, 0])


def test_both_measured_forms_compute_the_same():
    efficient, naive = (query_memory(form, 2, 7, 9, 16)() for form in (EFFICIENT, NAIVE))
    assert efficient.shape == (2, 7, 16)
    torch.testing.assert_close(efficient, naive)
    assert efficient.std() > 0.1
