"""The fit of a head to its points: derivatives, the linear system, and heads that are known exactly."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from small_networks import LAYOUT, made_up_points
from trans3dhead.geometry.rotations import angle_between, rotation_from_6d, rotation_from_euler, rotation_to_6d
from trans3dhead.head_model import HeadParameters, ParametersLayout
from trans3dhead.networks.alignment import head_fit
from trans3dhead.networks.alignment.head_fit import HeadFit

POINTS, UNKNOWNS = 84, 7 + 8  # a turn, size, place, closeness; directions
SPREAD = torch.tensor([1.0] * 5 + [0.3] * 3, dtype=torch.float64)  # of the coefficients over a training set
PARAMETER_SPREAD = torch.cat((SPREAD, torch.ones(LAYOUT.size - len(SPREAD), dtype=torch.float64)))


@pytest.fixture
def fit() -> HeadFit:
    """Float64, with a head."""
    model = HeadFit(LAYOUT, POINTS).double()
    model.set_head(made_up_points(POINTS), PARAMETER_SPREAD)
    return model.eval()


def heads(count: int = 4) -> HeadParameters:
    euler = torch.randn(count, 3) * torch.tensor([15.0, 40.0, 15.0])
    return HeadParameters(
        shape=torch.randn(count, 5).double(),
        expression=0.3 * torch.rand(count, 3).double(),
        jaw=torch.zeros(count, 0).double(),
        rotation=rotation_to_6d(rotation_from_euler(euler.double())),
        translation=0.1 * torch.randn(count, 3).double(),
        scale=4.0 + torch.rand(count, 1).double(),
    )


def disturbed(head: HeadParameters, rotation: float = 0.08, coefficients: float = 0.5) -> HeadParameters:
    """As a parameter branch would say it; rotation: radians, coefficients: deviations."""
    axes = torch.nn.functional.normalize(torch.randn(len(head.shape), 3).double(), dim=1)
    turn = torch.matrix_exp(rotation * skew(axes))
    return HeadParameters(
        shape=head.shape + coefficients * SPREAD[:5] * torch.randn_like(head.shape),
        expression=head.expression + coefficients * SPREAD[5:] * torch.randn_like(head.expression),
        jaw=head.jaw,
        rotation=rotation_to_6d(turn @ rotation_from_6d(head.rotation)),
        translation=head.translation + torch.tensor([0.02, -0.02, 0.0]),
        scale=head.scale * 1.03,
    )


def skew(vectors: Tensor) -> Tensor:
    """(B, 3) -> (B, 3, 3), which multiplied by v is the cross product with v."""
    return torch.linalg.cross(vectors[:, None], torch.eye(3, dtype=vectors.dtype)[None], dim=2).transpose(1, 2)


def shapes(fit: HeadFit, head: HeadParameters) -> Tensor:
    """(B, N, 3) metres, head space: the points of heads."""
    coefficients = torch.cat((head.shape, head.expression), dim=1)
    return fit.template + torch.einsum("bc,cnk->bnk", coefficients, fit.basis)


def seen(fit: HeadFit, head: HeadParameters, closeness: float = 0.8) -> Tensor:
    """(B, N, 2) crop units: the points by a camera 1 / closeness metres from the head's origin."""
    turned = shapes(fit, head) @ rotation_from_6d(head.rotation).transpose(1, 2)
    size, origin = (head.scale + 1.0)[:, None] / 2.0, (head.translation[:, None, :2] + 1.0) / 2.0
    return origin + size * turned[..., :2] / (1.0 + closeness * turned[..., 2:])


def fitted(fit: HeadFit, start: HeadParameters, points: Tensor, spread: float | Tensor = 0.004) -> HeadParameters:
    spread = torch.as_tensor(spread, dtype=points.dtype).expand(points.shape[:2])
    with torch.no_grad():
        return LAYOUT.unpack(fit(LAYOUT.pack(start), points, spread))


def angles(head: HeadParameters, truth: HeadParameters) -> Tensor:
    """(B,) degrees."""
    return angle_between(rotation_from_6d(head.rotation), rotation_from_6d(truth.rotation))


def state_of(fit: HeadFit) -> head_fit._State:
    """A head that a fit might begin with, by a camera that is not where it is usual."""
    start, count = heads(), 4
    return head_fit._State(
        shape=shapes(fit, start).transpose(1, 2),
        rotation=rotation_from_6d(start.rotation),
        size=(start.scale + 1.0)[:, None] / 2.0,
        place=torch.rand(count, 2, 1).double(),
        closeness=2.0 * torch.rand(count, 1, 1).double(),
    )


def test_the_view_is_a_pinhole_cameras(fit: HeadFit):
    state = state_of(fit)
    turned = state.rotation @ state.shape
    distance = 1.0 / state.closeness
    focal = state.size * distance  # a metre at the origin's depth is `size` crop units
    in_camera = turned + torch.cat((torch.zeros_like(distance).expand(-1, 2, -1), distance), dim=1)
    projected = state.place + focal * in_camera[:, :2] / in_camera[:, 2:]
    torch.testing.assert_close(state.place + head_fit._view(state).outward, projected)


def test_the_jacobian_is_the_derivative_of_the_projection(fit: HeadFit):
    """By automatic differentiation and by differences, of every unknown in deviations of the prior."""
    state = replace(state_of(fit), closeness=head_fit._USUAL_CLOSENESS)
    prior, root = fit.log_prior.detach().exp(), torch.rand(4, 1, POINTS).double()

    def projected(change: Tensor) -> Tensor:
        moved = fit._moved(state, prior * change)
        return root * (moved.place + head_fit._view(moved).outward)

    change = torch.randn(4, UNKNOWNS).double()
    _, derivative = torch.autograd.functional.jvp(projected, torch.zeros_like(change), change)
    with torch.no_grad():
        found = torch.einsum("bu,bcun->bcn", change, fit._jacobian(state, head_fit._view(state), root))
    torch.testing.assert_close(found, derivative)
    step = 1e-6
    difference = (projected(step * change) - projected(-step * change)) / (2.0 * step)
    torch.testing.assert_close(found, difference, rtol=1e-5, atol=1e-7)


def systems(condition: float) -> tuple[Tensor, Tensor]:
    """(3, U, U) symmetric positive definite and (3, U, 1) right sides."""
    turn, _ = torch.linalg.qr(torch.randn(3, UNKNOWNS, UNKNOWNS).double())
    sizes = torch.logspace(0, math.log10(condition), UNKNOWNS).double()
    return turn @ torch.diag(sizes) @ turn.transpose(1, 2), torch.randn(3, UNKNOWNS, 1).double()


@pytest.mark.parametrize(("condition", "error"), [(1.0, 1e-12), (3.0, 1e-3), (30.0, 0.2)])
def test_conjugate_gradients_approach_the_solution(condition: float, error: float):
    matrices, right = systems(condition)
    exact = torch.linalg.solve(matrices, right)
    found = head_fit._conjugate_gradients(matrices, right)
    assert ((found - exact).norm(dim=1) < error * exact.norm(dim=1)).all()


def test_as_many_steps_as_unknowns_solve_the_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(head_fit, "_ITERATIONS", UNKNOWNS + 2)  # two more, for rounding
    matrices, right = systems(100.0)
    found = head_fit._conjugate_gradients(matrices, right)
    torch.testing.assert_close(found, torch.linalg.solve(matrices, right), rtol=1e-4, atol=1e-6)


def test_nothing_to_do_is_done_without_a_division_by_zero():
    matrices, right = systems(3.0)
    assert torch.equal(head_fit._conjugate_gradients(matrices, 0.0 * right), 0.0 * right)


def test_least_squares_with_a_prior(monkeypatch: pytest.MonkeyPatch):
    """Of the residuals and of the distance from the start, both in deviations."""
    monkeypatch.setattr(head_fit, "_ITERATIONS", 4 * UNKNOWNS)
    sizes = torch.logspace(-1, 2, UNKNOWNS).double()[:, None]
    jacobian, residuals = sizes * torch.randn(4, UNKNOWNS, 50).double(), torch.randn(4, 50).double()
    left = torch.cat((jacobian, torch.eye(UNKNOWNS).double().expand(4, -1, -1)), dim=2).transpose(1, 2)
    in_x_and_y = jacobian.unflatten(2, (2, 25)).transpose(1, 2), residuals.unflatten(1, (2, 25))
    right = torch.cat((residuals, torch.zeros(4, UNKNOWNS).double()), dim=1)
    expected = torch.linalg.lstsq(left, right[..., None]).solution[..., 0]
    torch.testing.assert_close(head_fit._least_squares(*in_x_and_y), expected, rtol=1e-5, atol=1e-7)


@given(st.floats(0.001, 1.5), st.integers(0, 2**31 - 1))
@settings(max_examples=25, deadline=None)
def test_the_turn_is_a_rotation_about_its_vector(angle: float, seed: int):
    axis = torch.nn.functional.normalize(torch.randn(1, 3, generator=torch.Generator().manual_seed(seed)).double())
    turn = head_fit._turn(angle * axis)
    torch.testing.assert_close(turn @ turn.transpose(1, 2), torch.eye(3).double()[None])
    assert torch.linalg.det(turn).item() == pytest.approx(1.0)
    torch.testing.assert_close((turn @ axis[..., None])[..., 0], axis)
    exact = torch.matrix_exp(angle * skew(axis))
    assert (turn - exact).abs().max() < angle**3 / 10


def test_the_directions_are_principal_ones_of_the_points(fit: HeadFit):
    moved = (fit.basis * SPREAD[:, None, None]).flatten(1)
    _, sizes, right = torch.linalg.svd(moved, full_matrices=False)
    found = fit.moves.flatten(1)
    torch.testing.assert_close(found.norm(dim=1), sizes, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close((found @ right.T).abs(), torch.diag(sizes), rtol=0, atol=1e-7)
    torch.testing.assert_close(torch.einsum("kc,cnd->knd", fit.directions, fit.basis), fit.moves)
    in_deviations = fit.directions / SPREAD
    torch.testing.assert_close(in_deviations @ in_deviations.T, torch.eye(8).double(), rtol=0, atol=1e-7)


def test_what_never_varies_stays(fit: HeadFit):
    still = PARAMETER_SPREAD.clone()
    still[2] = 0.0
    fit.set_head(made_up_points(POINTS), still)
    truth = heads()
    start = disturbed(truth)
    found = fitted(fit, start, seen(fit, truth))
    torch.testing.assert_close(found.shape[:, 2], start.shape[:, 2])
    assert (found.shape[:, 1] - start.shape[:, 1]).abs().min() > 1e-4


def test_a_head_whose_points_are_known_is_found(fit: HeadFit):
    """From a start 5 degrees and half a deviation off, by a camera that is neither far nor where it is usual."""
    truth = heads(16)
    start = disturbed(truth)
    torch.nn.init.zeros_(fit.log_weights)  # the points are exact, and each counts
    found = fitted(fit, start, seen(fit, truth, closeness=1.2), spread=0.002)
    assert (angles(found, truth) < 0.1 * angles(start, truth)).all()
    for name in ("shape", "expression"):
        before, after = ((getattr(head, name) - getattr(truth, name)).norm(dim=1) for head in (start, found))
        assert after.mean() < 0.25 * before.mean(), name


def test_untrained_weights_help_already(fit: HeadFit):
    truth = heads(16)
    start = disturbed(truth)
    found = fitted(fit, start, seen(fit, truth))
    assert angles(found, truth).mean() < 0.4 * angles(start, truth).mean()
    assert (found.shape - truth.shape).norm(dim=1).mean() < (start.shape - truth.shape).norm(dim=1).mean()


def test_the_camera_brings_the_head_nearest_to_its_projection(fit: HeadFit):
    """Least squares over the head's surface, each point by its share of it, as labels have it."""
    state = state_of(fit)
    view = head_fit._view(state)
    root = fit.share.sqrt()[:, None, None]
    across, projected = (points.transpose(1, 2) for points in (view.turned[:, :2], state.place + view.outward))
    columns = torch.cat((across[..., None], torch.eye(2).double().expand(4, POINTS, 2, 2)), dim=3)  # metre and origin
    left, right = (root * columns).flatten(1, 2), (root * projected[..., None]).flatten(1, 2)
    metre, *origin = torch.linalg.lstsq(left, right).solution[..., 0].unbind(1)
    found_origin, found_metre = fit._camera(state)
    torch.testing.assert_close(found_metre[:, 0, 0], metre)
    torch.testing.assert_close(found_origin[..., 0], torch.stack(origin, dim=1))


def test_points_of_large_spread_are_not_believed(fit: HeadFit):
    truth = heads()
    start, points = disturbed(truth), seen(fit, truth)
    wrong = points.clone()
    wrong[:, 10:40] += 0.5 * torch.randn(4, 30, 2).double()
    spread = torch.full((4, POINTS), 0.004).double()
    spread[:, 10:40] = 100.0
    one, other = (fitted(fit, start, given, spread) for given in (points, wrong))
    torch.testing.assert_close(LAYOUT.pack(one), LAYOUT.pack(other), rtol=0, atol=1e-5)
    believed = fitted(fit, start, wrong)
    assert (angles(believed, truth) > angles(other, truth)).all()


def test_where_no_point_is_known_the_start_is_the_answer(fit: HeadFit):
    start = heads()
    found = fitted(fit, start, torch.rand(4, POINTS, 2).double(), spread=1e6)
    for name in ("shape", "expression", "jaw"):
        torch.testing.assert_close(getattr(found, name), getattr(start, name), rtol=0, atol=1e-8)
    assert angles(found, start).max() < 1e-4
    torch.testing.assert_close(found.translation[:, 2], start.translation[:, 2])
    torch.testing.assert_close(found.scale, start.scale, rtol=0.05, atol=0)  # nearer parts are larger, further smaller
    torch.testing.assert_close(found.translation, start.translation, rtol=0, atol=0.05)


@given(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.integers(0, 100))
@settings(max_examples=10, deadline=None)
def test_a_shift_of_the_crop_shifts_the_answer_alone(x: float, y: float, seed: int):
    torch.manual_seed(seed)
    fit = HeadFit(LAYOUT, POINTS).double()
    fit.set_head(made_up_points(POINTS), PARAMETER_SPREAD)
    truth = heads(2)
    start, points, shift = disturbed(truth), seen(fit, truth), torch.tensor([x, y]).double()
    found = fitted(fit, start, points)
    further = torch.cat((2.0 * shift, torch.zeros(1).double()))  # a translation is in halves of the crop
    moved = HeadParameters(**{**vars(start), "translation": start.translation + further})
    expected = HeadParameters(**{**vars(found), "translation": found.translation + further})
    torch.testing.assert_close(LAYOUT.pack(fitted(fit, moved, points + shift)), LAYOUT.pack(expected))


@given(st.floats(-180.0, 180.0), st.integers(0, 100))
@settings(max_examples=10, deadline=None)
def test_a_roll_of_the_crop_rolls_the_answer_alone(degrees: float, seed: int):
    """Exactly where the system is solved exactly: the preconditioner knows the crop's axes."""
    torch.manual_seed(seed)
    fit = HeadFit(LAYOUT, POINTS).double()
    fit.set_head(made_up_points(POINTS), PARAMETER_SPREAD)
    truth = heads(2)
    start, points = disturbed(truth), seen(fit, truth)
    turn = torch.matrix_exp(math.radians(degrees) * skew(torch.tensor([[0.0, 0.0, 1.0]]).double()))[0]

    def rolled(head: HeadParameters) -> HeadParameters:
        rotation, translation = rotation_from_6d(head.rotation), head.translation
        values = {"rotation": rotation_to_6d(turn @ rotation), "translation": translation @ turn.T}
        return HeadParameters(**{**vars(head), **values})

    rolled_points = (points - 0.5) @ turn[:2, :2].T + 0.5
    for iterations, tolerance in ((4 * UNKNOWNS, 1e-6), (head_fit._ITERATIONS, 5e-2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(head_fit, "_ITERATIONS", iterations)
            expected, found = rolled(fitted(fit, start, points)), fitted(fit, rolled(start), rolled_points)
        torch.testing.assert_close(LAYOUT.pack(found), LAYOUT.pack(expected), rtol=0, atol=tolerance)


def test_a_head_does_not_depend_on_the_others_in_its_batch(fit: HeadFit):
    truth = heads()
    start, points = LAYOUT.pack(disturbed(truth)), seen(fit, truth)
    spread = torch.full((4, POINTS), 0.01).double()
    with torch.no_grad():
        torch.testing.assert_close(fit(start, points, spread)[1:2], fit(start[1:2], points[1:2], spread[1:2]))


def test_a_wild_start_and_wild_points_give_finite_answers_and_gradients():
    fit = HeadFit(LAYOUT, POINTS)
    fit.set_head(made_up_points(POINTS), PARAMETER_SPREAD)
    start = (100.0 * torch.randn(8, LAYOUT.size)).requires_grad_()
    points, spread = (10.0 * torch.randn(8, POINTS, 2)).requires_grad_(), torch.full((8, POINTS), 0.002)
    answer = fit(start, points, spread)
    answer.sum().backward()
    assert answer.isfinite().all()
    assert start.grad.isfinite().all()
    assert points.grad.isfinite().all()


def test_gradients_reach_everything_it_reads(fit: HeadFit):
    truth = heads()
    inputs = LAYOUT.pack(disturbed(truth)), seen(fit, truth), torch.full((4, POINTS), 0.01).double()
    inputs = tuple(tensor.requires_grad_() for tensor in inputs)
    answer = fit(*inputs)
    (answer * torch.randn_like(answer)).sum().backward()
    for tensor in (*inputs, fit.log_weights, fit.log_prior):
        assert (tensor.grad.flatten(1) if tensor.ndim > 1 else tensor.grad).abs().max() > 1e-9


def test_single_precision_under_autocast(fit: HeadFit):
    truth = heads()
    given = LAYOUT.pack(disturbed(truth)), seen(fit, truth), torch.full((4, POINTS), 0.01).double()
    expected = fit(*given)
    with torch.autocast("cpu", torch.bfloat16):
        answer = fit.float()(*(tensor.float() for tensor in given))
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer.double(), expected, rtol=0, atol=2e-3)
    with torch.autocast("cpu", torch.bfloat16):
        half = fit(given[0].bfloat16(), given[1].bfloat16(), given[2].bfloat16())
    assert half.dtype == torch.float32


def test_a_jaw_joint_is_refused():
    with pytest.raises(ValueError, match="head_fit: expected a head model of blendshapes alone, got one with a jaw"):
        HeadFit(ParametersLayout(shape=5, expression=3, jaw=3), POINTS)
