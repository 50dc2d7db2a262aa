"""The losses as a whole: what each term sees, what each weighs, and the coefficients."""

from dataclasses import replace

import pytest
import torch

from toy_losses import prediction_of, random_parameters, targets_of
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import (
    Losses,
    LossWeights,
    alignment_loss,
    expression_coefficient_loss,
    shape_coefficient_loss,
)
from trans3dhead.networks.alignment import Prediction

ALL = LossWeights(
    shape_coefficients=1.0, expression_coefficients=2.0, rotation=1.0, vertex_distance=3.0, partial_landmarks=True
)


def test_a_perfect_prediction_costs_nothing(head: HeadModel):
    parameters = random_parameters(4)
    losses = alignment_loss(prediction_of(parameters, head), targets_of(parameters, head), head, ALL)
    for name, value in vars(losses).items():
        assert value.shape == (), name
        assert abs(value.item()) < 1e-4, name


def test_the_total_is_the_weighted_sum_with_the_papers_weights(head: HeadModel):
    prediction, targets = prediction_of(random_parameters(4), head), targets_of(random_parameters(4), head)
    losses = alignment_loss(prediction, targets, head, LossWeights())
    expected = 300 * losses.landmarks + 50 * losses.shape3d + 0.05 * losses.reprojection + 0.05 * losses.euler
    torch.testing.assert_close(losses.total, expected)
    assert losses.shape_coefficients == losses.expression_coefficients == 0
    assert losses.rotation == losses.vertex_distance == 0
    every = alignment_loss(prediction, targets, head, ALL)
    coefficients = every.shape_coefficients + 2 * every.expression_coefficients
    torch.testing.assert_close(every.total, expected + coefficients + every.rotation + 3 * every.vertex_distance)
    assert every.shape_coefficients > 0
    assert every.expression_coefficients > 0
    assert every.rotation > 0
    assert every.vertex_distance > 0


def test_every_term_pulls_on_the_parameters_it_sees(head: HeadModel):
    groups = {
        "shape3d": {"shape", "expression"},
        "reprojection": {"shape", "expression", "rotation", "translation", "scale"},
        "euler": {"rotation"},
        "rotation": {"rotation"},
        "vertex_distance": {"shape", "expression"},
        "shape_coefficients": {"shape"},
        "expression_coefficients": {"expression"},
    }
    off = dict.fromkeys(("landmarks", *groups), 0.0)
    targets = targets_of(random_parameters(4), head)
    for term, expected in groups.items():
        vector = head.layout.pack(random_parameters(4)).requires_grad_()
        alignment_loss(
            Prediction(None, vector, None), targets, head, LossWeights(**{**off, term: 1.0})
        ).total.backward()
        touched = {name for name, part in vars(head.layout.unpack(vector.grad)).items() if (part != 0).any()}
        assert touched == expected, term


def test_half_precision_around_the_loss_does_not_reach_it(head: HeadModel):
    parameters, targets = random_parameters(4), targets_of(random_parameters(4), head)
    exact = alignment_loss(prediction_of(parameters, head), targets, head, ALL)
    with torch.autocast("cpu", torch.bfloat16):
        inside = alignment_loss(prediction_of(parameters, head), targets, head, LossWeights())
    assert inside.total.dtype == torch.float32
    torch.testing.assert_close(inside.shape3d, exact.shape3d)


def test_a_network_of_parameters_alone_has_no_landmark_term(head: HeadModel):
    parameters = random_parameters(2)
    prediction = Prediction(None, head.layout.pack(parameters), None)
    losses = alignment_loss(prediction, targets_of(random_parameters(2), head), head, LossWeights())
    assert losses.landmarks == 0
    assert losses.total > 0


def test_coefficients_against_the_formula(head: HeadModel):
    parameters, wanted = random_parameters(3), random_parameters(3)
    targets = replace(targets_of(wanted, head), has_coefficients=torch.tensor([True, False, True]))
    spread = head.layout.unpack(torch.rand(head.layout.size) + 0.05)
    movement = [float((component**2).mean() ** 0.5) for component in head.shape_basis]
    weights = [(m * float(s)) ** 2 for m, s in zip(movement, spread.shape, strict=True)]
    movement = [float((component**2).sum(dim=-1).mean() ** 0.5) for component in head.expression_basis]
    visible = [(m * float(s)) ** 2 for m, s in zip(movement, spread.expression, strict=True)]
    shape, expression = 0.0, 0.0
    for sample in (0, 2):
        errors = ((parameters.shape[sample] - wanted.shape[sample]) / spread.shape).tolist()
        shape += sum(w * _huber(e) for w, e in zip(weights, errors, strict=True)) / sum(weights) / 2
        errors = ((parameters.expression[sample] - wanted.expression[sample]) / spread.expression).tolist()
        expression += sum(v * _huber(e) for v, e in zip(visible, errors, strict=True)) / sum(visible) / 2
    found = shape_coefficient_loss(parameters.shape, targets, head, spread.shape)
    assert found.item() == pytest.approx(shape, rel=1e-5)
    found = expression_coefficient_loss(parameters.expression, targets, head, spread.expression)
    assert found.item() == pytest.approx(expression, rel=1e-5)


def _huber(error: float) -> float:
    return error**2 / 2 if abs(error) < 3 else 3 * (abs(error) - 1.5)


def test_what_never_varies_does_not_count(head: HeadModel):
    parameters, targets = random_parameters(2), targets_of(random_parameters(2), head)
    spread = torch.rand(head.layout.expression) + 0.05
    spread[1] = 0.0
    changed = parameters.expression.clone()
    changed[:, 1] += 1.0
    losses = [expression_coefficient_loss(values, targets, head, spread) for values in (parameters.expression, changed)]
    assert losses[0] == losses[1] > 0
    assert expression_coefficient_loss(changed, targets, head, torch.zeros_like(spread)) == 0


def test_coefficients_count_in_the_units_that_are_given(head: HeadModel):
    prediction, targets = prediction_of(random_parameters(4), head), targets_of(random_parameters(4), head)
    weights = LossWeights(shape_coefficients=1.0, expression_coefficients=1.0)
    one, none, ten = (
        alignment_loss(prediction, targets, head, weights, spread)
        for spread in (torch.ones(head.layout.size), None, torch.full((head.layout.size,), 10.0))
    )
    assert vars(one) == vars(none)
    assert ten.expression_coefficients < one.expression_coefficients
    assert ten.shape_coefficients < one.shape_coefficients
    assert ten.landmarks == one.landmarks


def test_a_batch_without_coefficients_costs_nothing(head: HeadModel):
    targets = replace(targets_of(random_parameters(2), head), has_coefficients=torch.zeros(2, dtype=torch.bool))
    parameters = random_parameters(2)
    spread = head.layout.unpack(torch.ones(head.layout.size))
    assert shape_coefficient_loss(parameters.shape, targets, head, spread.shape) == 0
    assert expression_coefficient_loss(parameters.expression, targets, head, spread.expression) == 0


def test_a_negative_weight_is_an_error():
    with pytest.raises(ValueError, match=r"euler: got the weight -1.0, expected 0 or more"):
        LossWeights(euler=-1.0)


def test_losses_name_every_weight():
    terms = {name for name in Losses.__dataclass_fields__ if name != "total"}
    assert all(isinstance(getattr(LossWeights(), name), float) for name in terms)


@pytest.mark.parametrize("options", [{"landmark_beta": 0.01}, {"shape3d_beta": 0.01}], ids=str)
def test_the_options_of_a_term_change_that_term_alone(head: HeadModel, options: dict):
    prediction, targets = prediction_of(random_parameters(3), head), targets_of(random_parameters(3), head)
    plain, changed = (vars(alignment_loss(prediction, targets, head, LossWeights(**o))) for o in ({}, options))
    term = {"landmark": "landmarks", "shape3d": "shape3d"}[next(iter(options)).split("_")[0]]
    assert {name for name in plain if not torch.equal(plain[name], changed[name])} == {term, "total"}


@pytest.mark.parametrize("name", ["self_occluded_weight", "covered_weight"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_weight_of_hidden_landmarks_beyond_0_to_1_is_an_error(name: str, value: float):
    with pytest.raises(ValueError, match=rf"{name}: got {value}, expected a weight from 0 to 1"):
        LossWeights(**{name: value})


@pytest.mark.parametrize("name", ["landmark_beta", "shape3d_beta"])
def test_a_bend_below_zero_is_an_error(name: str):
    with pytest.raises(ValueError, match=rf"{name}: got -0\.1, expected the error at which the loss turns linear"):
        LossWeights(**{name: -0.1})
