"""The moving average of the weights."""

import pytest
import torch
from torch import nn

from trans3dhead.training.engine.averaging import AveragedWeights


def test_it_follows_the_naive_formula_with_running_statistics():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    average = AveragedWeights(model, 0.6)
    expected = {name: value.clone() for name, value in model.state_dict().items()}
    for step in range(12):
        with torch.no_grad():
            model[0].weight.normal_()
        model(torch.randn(5, 3))
        average.update(model, step)
        decay = min(0.6, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            kept = value if not value.is_floating_point() else decay * expected[name] + (1 - decay) * value
            expected[name] = kept.clone()
    for name, value in average.model.state_dict().items():
        torch.testing.assert_close(value, expected[name])


def test_an_old_average_is_updated_every_eighth_step_by_the_eighth_power():
    model = nn.Linear(1, 1, bias=False)
    average = AveragedWeights(model, 0.9)
    nn.init.zeros_(average.model.weight)
    nn.init.ones_(model.weight)
    for step in range(104, 119):  # updates after steps 104..111 together, and 112..119 not yet
        average.update(model, step)
    assert average.model.weight.item() == pytest.approx(1 - 0.9**8)


def test_it_is_only_evaluated_and_never_trained():
    average = AveragedWeights(nn.Dropout(0.5), 0.9).train()
    assert not average.model.training
    assert not any(parameter.requires_grad for parameter in AveragedWeights(nn.Linear(2, 2), 0.9).parameters())


@pytest.mark.parametrize("decay", [0.0, 1.0, -1.0])
def test_a_decay_must_lie_between(decay):
    with pytest.raises(ValueError, match="between 0 and 1"):
        AveragedWeights(nn.Linear(2, 2), decay)
