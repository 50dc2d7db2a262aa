"""The linear maps at the networks' ends: what each query's own map computes, its start, its precision."""

import pytest
import torch
from torch.nn.functional import linear

from trans3dhead.networks.alignment.regressors import GroupRegressor, Regressor


def test_each_query_has_a_linear_map_of_its_own():
    regressor = GroupRegressor(5, 16, 6, 1.0).double()
    torch.nn.init.normal_(regressor.bias)
    queries = torch.randn(3, 5, 16).double()
    expected = [linear(queries[:, g], regressor.weight[g].T, regressor.bias[g, 0]) for g in range(5)]
    torch.testing.assert_close(regressor(queries), torch.stack(expected, dim=1))


def test_the_spread_is_that_of_the_first_answers():
    queries = torch.randn(2000, 4, 64)
    for regressor in (GroupRegressor(4, 64, 200, 0.02), Regressor(64, 800, 0.02)):
        assert regressor(queries).std().item() == pytest.approx(0.02, rel=0.05)
        assert abs(regressor(queries).mean().item()) < 1e-3


def test_half_precision_does_not_reach_them():
    queries = torch.randn(2, 4, 16)
    for regressor in (GroupRegressor(4, 16, 8, 1.0), Regressor(16, 8, None)):
        expected = regressor(queries.bfloat16().float())
        with torch.autocast("cpu", torch.bfloat16):
            answer = regressor(queries.bfloat16())
        assert answer.dtype == torch.float32
        assert torch.equal(answer, expected)
