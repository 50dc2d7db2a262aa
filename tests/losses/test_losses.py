"""The losses as a whole: what each term sees, what each weighs, and the coefficients."""

from collections.abc import Iterator
from dataclasses import fields, replace
from inspect import isabstract

import pytest
import torch

from toy_losses import prediction_of, random_parameters, targets_of
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import AlignmentLossConfig, WeightedMean, alignment_loss
from trans3dhead.losses.alignment import (
    DifferenceTerm,
    EulerTerm,
    ExpressionCoefficientTerm,
    LandmarkTerm,
    LikelihoodTerm,
    RotationTerm,
    ShapeCoefficientTerm,
    ShapeTerm,
    SurfaceTerm,
    VertexDistanceTerm,
)
from trans3dhead.losses.coefficients import coefficient_loss
from trans3dhead.losses.distillation import TeacherLandmarkTerm
from trans3dhead.losses.term import Term
from trans3dhead.networks.alignment import Prediction


def terms_of(kind: type[Term]) -> Iterator[type[Term]]:
    """All kinds of terms that recipes can weigh."""
    for below in kind.__subclasses__():
        if not isabstract(below):
            yield below
        yield from terms_of(below)


PAPER = AlignmentLossConfig()
ALL = AlignmentLossConfig(
    landmarks=LandmarkTerm(partial_sums=True),
    shape_coefficients=ShapeCoefficientTerm(1.0),
    expression_coefficients=ExpressionCoefficientTerm(2.0),
    rotation=RotationTerm(1.0),
    vertex_distance=VertexDistanceTerm(3.0),
)


def test_a_perfect_prediction_costs_nothing(head: HeadModel):
    parameters = random_parameters(4)
    losses = alignment_loss(prediction_of(parameters, head), targets_of(parameters, head), head, ALL)
    assert len(losses.terms) == 8
    for name, value in {**losses.terms, "total": losses.total}.items():
        assert value.shape == (), name
        assert abs(value.item()) < 1e-4, name


def test_the_total_is_the_weighted_sum_with_the_papers_weights(head: HeadModel):
    prediction, targets = prediction_of(random_parameters(4), head), targets_of(random_parameters(4), head)
    losses = alignment_loss(prediction, targets, head, PAPER)
    weights = {"landmarks": 300, "shape3d": 50, "reprojection": 0.05, "euler": 0.05}
    assert losses.terms.keys() == weights.keys()
    expected = sum(weight * losses[name] for name, weight in weights.items())
    torch.testing.assert_close(losses.total, expected)
    every = alignment_loss(prediction, targets, head, ALL)
    more = {"shape_coefficients": 1, "expression_coefficients": 2, "rotation": 1, "vertex_distance": 3}
    assert every.terms.keys() == {*weights, *more}
    assert all(every[name] > 0 for name in more)
    torch.testing.assert_close(every.total, expected + sum(weight * every[name] for name, weight in more.items()))


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
    terms = {field.name: type(getattr(PAPER, field.name)) for field in fields(PAPER)}
    targets = targets_of(random_parameters(4), head)
    for term, expected in groups.items():
        vector = head.layout.pack(random_parameters(4)).requires_grad_()
        config = AlignmentLossConfig(**{name: kind(float(name == term)) for name, kind in terms.items()})
        alignment_loss(Prediction(None, vector, None), targets, head, config).total.backward()
        touched = {name for name, part in vars(head.layout.unpack(vector.grad)).items() if (part != 0).any()}
        assert touched == expected, term


def test_half_precision_around_the_loss_does_not_reach_it(head: HeadModel):
    parameters, targets = random_parameters(4), targets_of(random_parameters(4), head)
    exact = alignment_loss(prediction_of(parameters, head), targets, head, ALL)
    with torch.autocast("cpu", torch.bfloat16):
        inside = alignment_loss(prediction_of(parameters, head), targets, head, PAPER)
    assert inside.total.dtype == torch.float32
    torch.testing.assert_close(inside["shape3d"], exact["shape3d"])


def test_a_network_of_parameters_alone_has_no_landmark_term(head: HeadModel):
    parameters = random_parameters(2)
    prediction = Prediction(None, head.layout.pack(parameters), None)
    losses = alignment_loss(prediction, targets_of(random_parameters(2), head), head, PAPER)
    assert "landmarks" not in losses.terms
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
    losses = alignment_loss(prediction_of(parameters, head), targets, head, ALL, head.layout.pack(spread))
    assert losses["shape_coefficients"].item() == pytest.approx(shape, rel=1e-5)
    assert losses["expression_coefficients"].item() == pytest.approx(expression, rel=1e-5)


def _huber(error: float) -> float:
    return error**2 / 2 if abs(error) < 3 else 3 * (abs(error) - 1.5)


def test_what_never_varies_does_not_count(head: HeadModel):
    parameters, targets = random_parameters(2), targets_of(random_parameters(2), head)
    spread = torch.rand(head.layout.expression) + 0.05
    spread[1] = 0.0
    changed = parameters.expression.clone()
    changed[:, 1] += 1.0
    truth, movement = targets.expression, head.expression_movement
    before, after = (coefficient_loss(v, truth, spread, movement) for v in (parameters.expression, changed))
    assert torch.equal(before, after)
    assert (before > 0).all()
    assert (coefficient_loss(changed, truth, torch.zeros_like(spread), movement) == 0).all()


@pytest.mark.parametrize("power", [0.0, 1.0, 3.0])
def test_coefficients_weigh_by_a_power_of_their_movement(head: HeadModel, power: float):
    parameters, wanted, units = random_parameters(3), random_parameters(3), torch.rand(head.layout.size) + 0.2
    spread = head.layout.unpack(units).expression
    movement = [float((component**2).mean() ** 0.5) for component in head.expression_basis]
    weights = [(m * float(s)) ** power for m, s in zip(movement, spread, strict=True)]
    errors = ((parameters.expression - wanted.expression) / spread).tolist()
    expected = sum(w * _huber(e) for row in errors for w, e in zip(weights, row, strict=True)) / sum(weights) / 3
    config = AlignmentLossConfig(expression_coefficients=ExpressionCoefficientTerm(1.0, power))
    losses = alignment_loss(prediction_of(parameters, head), targets_of(wanted, head), head, config, units)
    assert losses["expression_coefficients"].item() == pytest.approx(expected, rel=1e-5)


def test_a_negative_power_is_an_error():
    with pytest.raises(ValueError, match=r"power: got -1\.0, expected 0 or more"):
        ExpressionCoefficientTerm(power=-1.0)


def test_what_was_said_before_a_fit_counts_as_much_as_what_was_said_after(head: HeadModel):
    """Of coefficients and the rotation; all other terms see the answer alone."""
    before, after, targets = random_parameters(3), random_parameters(3), targets_of(random_parameters(3), head)
    one, other = (alignment_loss(prediction_of(p, head), targets, head, ALL) for p in (before, after))
    fitted = replace(prediction_of(after, head), unfitted=head.layout.pack(before))
    both = alignment_loss(fitted, targets, head, ALL)
    averaged = {"rotation", "shape_coefficients", "expression_coefficients"}
    for name in both.terms:
        expected = (one[name] + other[name]) / 2 if name in averaged else other[name]
        torch.testing.assert_close(both[name], expected, msg=name)


def test_coefficients_count_in_the_units_that_are_given(head: HeadModel):
    prediction, targets = prediction_of(random_parameters(4), head), targets_of(random_parameters(4), head)
    one, none, ten = (
        alignment_loss(prediction, targets, head, ALL, spread)
        for spread in (torch.ones(head.layout.size), None, torch.full((head.layout.size,), 10.0))
    )
    assert one.terms == none.terms
    assert ten["expression_coefficients"] < one["expression_coefficients"]
    assert ten["shape_coefficients"] < one["shape_coefficients"]
    assert ten["landmarks"] == one["landmarks"]


def test_a_batch_without_coefficients_costs_nothing(head: HeadModel):
    targets = replace(targets_of(random_parameters(2), head), has_coefficients=torch.zeros(2, dtype=torch.bool))
    losses = alignment_loss(prediction_of(random_parameters(2), head), targets, head, ALL)
    assert losses["shape_coefficients"] == losses["expression_coefficients"] == 0


def test_a_negative_weight_is_an_error():
    with pytest.raises(ValueError, match=r"weight: got -1.0, expected 0 or more"):
        EulerTerm(-1.0)


@pytest.mark.parametrize("options", [{"landmarks": LandmarkTerm(beta=0.01)}, {"shape3d": ShapeTerm(beta=0.01)}])
def test_the_options_of_a_term_change_that_term_alone(head: HeadModel, options: dict):
    prediction, targets = prediction_of(random_parameters(3), head), targets_of(random_parameters(3), head)
    plain, changed = (
        alignment_loss(prediction, targets, head, AlignmentLossConfig(**changes)) for changes in ({}, options)
    )
    assert {name for name in plain.terms if not torch.equal(plain[name], changed[name])} == options.keys()
    assert plain.total != changed.total


@pytest.mark.parametrize("term", [LandmarkTerm, LikelihoodTerm])
@pytest.mark.parametrize("name", ["self_occluded_weight", "covered_weight"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_weight_of_hidden_landmarks_beyond_0_to_1_is_an_error(term: type, name: str, value: float):
    with pytest.raises(ValueError, match=rf"{name}: got {value}, expected a weight from 0 to 1"):
        term(**{name: value})


@pytest.mark.parametrize("term", [LandmarkTerm, ShapeTerm, SurfaceTerm, DifferenceTerm])
def test_a_bend_below_zero_is_an_error(term: type):
    with pytest.raises(ValueError, match=r"beta: got -0\.1, expected the error at which the loss turns linear"):
        term(beta=-0.1)
    assert term(beta=0.0).beta == 0.0  # linear throughout


def test_the_weighted_mean_is_the_plain_formula():
    values, weights = torch.randn(5, 3), torch.rand(5, 3)
    expected = sum(v * w for v, w in zip(values.flatten(), weights.flatten(), strict=True)) / weights.sum()
    torch.testing.assert_close(WeightedMean.of(values, weights).value, expected)
    torch.testing.assert_close(WeightedMean.of(values).value, values.mean())
    assert WeightedMean.of(values, torch.zeros(5, 3, dtype=torch.bool)).value == 0


def test_no_term_may_weigh_less_than_nothing():
    kinds = set(terms_of(Term))
    assert {LandmarkTerm, EulerTerm, TeacherLandmarkTerm} < kinds
    for kind in kinds:
        assert kind(weight=0.0).weight == 0.0
        with pytest.raises(ValueError, match=r"weight: got -0\.5, expected 0 or more"):
            kind(weight=-0.5)
