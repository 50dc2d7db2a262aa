"""The losses against naive formulas, at their zeros, and where Euler angles lock."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from toy_sets import toy_head
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_from_euler, rotation_to_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.losses import (
    Losses,
    LossWeights,
    alignment_loss,
    expression_coefficient_loss,
    gaussian_heatmaps,
    heatmap_loss,
    landmark_loss,
    likelihood_loss,
    normalized_to_cube,
    reprojection_loss,
    shape_coefficient_loss,
    shape_loss,
    supervised_vertices,
    vertex_distance,
)
from trans3dhead.network import Prediction

ALL = LossWeights(
    shape_coefficients=1.0, expression_coefficients=2.0, rotation=1.0, vertex_distance=3.0, partial_landmarks=True
)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return toy_head(tmp_path_factory.mktemp("toy"))


def random_parameters(count: int) -> HeadParameters:
    euler = torch.randn(count, 3) * torch.tensor([15.0, 40.0, 15.0])
    return HeadParameters(
        shape=torch.randn(count, 4),
        expression=torch.rand(count, 3),
        jaw=torch.zeros(count, 0),
        rotation=rotation_to_6d(rotation_from_euler(euler)),
        translation=0.1 * torch.randn(count, 3),
        scale=5.0 + torch.rand(count, 1),
    )


def targets_of(parameters: HeadParameters, head: HeadModel) -> Targets:
    """Labels that a weak-perspective camera fulfils exactly."""
    count = len(parameters.shape)
    vertices = head.vertices(parameters)
    rotation = rotation_from_6d(parameters.rotation)
    projected = WeakPerspective(rotation, parameters.translation, parameters.scale).project(vertices)
    return Targets(
        vertices=vertices,
        rotation=rotation,
        projected=projected,
        landmarks=head.landmarks(projected),
        landmark_mask=torch.ones(count, 68, dtype=torch.bool),
        landmark_visibility=torch.full((count, 68), Visibility.VISIBLE, dtype=torch.uint8),
        shape=parameters.shape,
        expression=parameters.expression,
        has_coefficients=torch.ones(count, dtype=torch.bool),
        parameters=head.layout.pack(parameters),
        box_size=torch.ones(count),
    )


def prediction_of(parameters: HeadParameters, head: HeadModel) -> Prediction:
    targets = targets_of(parameters, head)
    return Prediction(targets.landmarks, targets.parameters, torch.stack((targets.landmarks, targets.landmarks)))


def smooth_l1(difference: float, beta: float = 1.0) -> float:
    size = abs(difference)
    return size**2 / (2 * beta) if size < beta else size - beta / 2


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


def test_landmarks_against_the_formula():
    predicted, target = torch.rand(2, 68, 2) * 3, torch.rand(2, 68, 2)
    mask = torch.rand(2, 68) < 0.5
    for beta in (1.0, 0.3, 0.0):
        total = sum(
            smooth_l1(float(predicted[b, n, k] - target[b, n, k]), beta)
            for b in range(2)
            for n in range(68)
            for k in range(2)
            if mask[b, n]
        )
        assert landmark_loss(predicted, target, mask, beta).item() == pytest.approx(total / (2 * 68 * 2), rel=1e-5)
    assert torch.equal(landmark_loss(predicted, target, mask), landmark_loss(predicted, target, mask, 1.0))


def test_a_bend_near_zero_lets_small_and_large_errors_pull_alike():
    target = torch.rand(1, 68, 2)
    errors = torch.full((1, 68, 2), 0.02)
    errors[:, 0] = 0.2

    def pull(beta: float) -> float:
        """How much stronger the largest error pulls than the others."""
        predicted = (target + errors).requires_grad_()
        landmark_loss(predicted, target, torch.ones(1, 68, dtype=torch.bool), beta).backward()
        return float(predicted.grad[0, 0, 0] / predicted.grad[0, 1, 0])

    assert pull(1.0) == pytest.approx(10.0, rel=1e-4)
    assert pull(0.01) == pytest.approx(1.0, rel=1e-4)


def test_hidden_landmarks_weigh_as_asked(head: HeadModel):
    targets, prediction = targets_of(random_parameters(3), head), prediction_of(random_parameters(3), head)
    layers = torch.stack((prediction.landmarks, prediction.landmarks + 0.1 * torch.rand(3, 68, 2)))
    states = torch.randint(0, len(Visibility), (3, 68), dtype=torch.uint8)
    mask = torch.rand(3, 68) < 0.8
    targets = replace(targets, landmark_visibility=states, landmark_mask=mask)
    of_state = {
        Visibility.OUTSIDE: 0.5,
        Visibility.VISIBLE: 1.0,
        Visibility.SELF_OCCLUDED: 0.2,
        Visibility.COVERED: 0.5,
    }
    total, weight = 0.0, 0.0
    for b in range(3):
        for n in range(68):
            own = of_state[int(states[b, n])]
            weight += own
            for layer in layers[:, b, n] if mask[b, n] else ():
                errors = (layer - targets.landmarks[b, n]).tolist()
                total += own * sum(smooth_l1(error, 0.3) for error in errors) / 4  # two axes, two layers
    options = LossWeights(self_occluded_weight=0.2, covered_weight=0.5, landmark_beta=0.3, partial_landmarks=True)
    losses = alignment_loss(replace(prediction, partial_landmarks=layers), targets, head, options)
    assert losses.landmarks.item() == pytest.approx(total / weight, rel=1e-5)


def test_hidden_landmarks_may_count_for_nothing_and_a_batch_of_them_costs_nothing(head: HeadModel):
    targets, prediction = targets_of(random_parameters(2), head), prediction_of(random_parameters(2), head)
    states = torch.full((2, 68), Visibility.COVERED, dtype=torch.uint8)
    only_seen = LossWeights(self_occluded_weight=0.0, covered_weight=0.0)
    assert alignment_loss(prediction, replace(targets, landmark_visibility=states), head, only_seen).landmarks == 0
    states[:, :5] = Visibility.VISIBLE
    moved = replace(prediction, landmarks=prediction.landmarks + (torch.arange(68) >= 5)[:, None])
    one, other = (
        alignment_loss(p, replace(targets, landmark_visibility=states), head, only_seen) for p in (prediction, moved)
    )
    torch.testing.assert_close(one.landmarks, other.landmarks)
    assert one.landmarks > 0


def test_the_likelihood_against_torchs_normal_distribution(head: HeadModel):
    targets, prediction = targets_of(random_parameters(3), head), prediction_of(random_parameters(3), head)
    spread, mask = 0.01 + 0.1 * torch.rand(3, 68), torch.rand(3, 68) < 0.8
    states = torch.randint(0, len(Visibility), (3, 68), dtype=torch.uint8)
    targets = replace(targets, landmark_visibility=states, landmark_mask=mask)
    density = torch.distributions.Normal(prediction.landmarks, spread[..., None]).log_prob(targets.landmarks)
    chosen = mask & (states != Visibility.SELF_OCCLUDED)
    weights = LossWeights(landmark_likelihood=0.5, self_occluded_weight=0.0)
    losses = alignment_loss(replace(prediction, landmark_spread=spread), targets, head, weights)
    torch.testing.assert_close(losses.landmark_likelihood, -density.sum(dim=-1)[chosen].mean())
    without = alignment_loss(prediction, targets, head, replace(weights, landmark_likelihood=0.0))
    assert without.landmark_likelihood == 0
    torch.testing.assert_close(losses.total - without.total, 0.5 * losses.landmark_likelihood, atol=1e-3, rtol=1e-4)
    with pytest.raises(ValueError, match=r"got one that does not; set network\.landmark_uncertainty"):
        alignment_loss(prediction, targets, head, weights)


def test_the_likeliest_spread_is_the_size_of_the_error():
    target, error = torch.zeros(1, 68, 2), torch.tensor([0.03, 0.04])  # of x and y: root mean square 0.05 / sqrt(2)
    spreads = torch.linspace(0.01, 0.1, 901)
    losses = [likelihood_loss(target + error, s.expand(1, 68), target, torch.ones(1, 68)).item() for s in spreads]
    assert spreads[int(np.argmin(losses))].item() == pytest.approx(0.05 / 2**0.5, abs=1e-4)


def test_partial_sums_are_supervised_when_asked(head: HeadModel):
    parameters = random_parameters(2)
    prediction, targets = prediction_of(parameters, head), targets_of(parameters, head)
    wrong = torch.stack((prediction.landmarks + 0.1, prediction.landmarks))
    prediction = replace(prediction, partial_landmarks=wrong)
    assert alignment_loss(prediction, targets, head, LossWeights()).landmarks == pytest.approx(0.0, abs=1e-9)
    partial = alignment_loss(prediction, targets, head, LossWeights(partial_landmarks=True)).landmarks
    assert partial.item() == pytest.approx(smooth_l1(0.1) / 2, rel=1e-4)


def test_the_cube_against_the_words_of_its_definition():
    vertices = torch.randn(2, 9, 3)
    for mesh, normalized in zip(vertices.clone().numpy(), normalized_to_cube(vertices), strict=True):
        for axis in range(3):
            mesh[:, axis] -= mesh[:, axis].min()
        for axis in range(3):
            mesh[:, axis] -= mesh[:, axis].max() / 2
        mesh /= mesh.max()
        torch.testing.assert_close(normalized, torch.from_numpy(mesh))


def test_the_shape_loss_ignores_place_and_size_and_is_a_mean_of_squares():
    first, second = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    moved = 2.5 * first + torch.tensor([1.0, -2.0, 3.0])
    torch.testing.assert_close(shape_loss(moved, second), shape_loss(first, second))
    expected = (normalized_to_cube(first) - normalized_to_cube(second)).square().sum() / (2 * 9 * 3)
    torch.testing.assert_close(shape_loss(first, second), expected)


def test_the_shape_loss_may_turn_linear():
    first, second = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    differences = (normalized_to_cube(first) - normalized_to_cube(second)).flatten().tolist()
    for beta in (0.0, 0.3):
        expected = sum(smooth_l1(difference, beta) for difference in differences) / len(differences)
        assert shape_loss(first, second, beta).item() == pytest.approx(expected, rel=1e-5)


def test_the_distance_of_vertices_is_in_centimetres_and_sees_the_size():
    first, second = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    pairs = zip(first.flatten(0, 1).tolist(), second.flatten(0, 1).tolist(), strict=True)
    expected = 100 * sum(math.dist(one, other) for one, other in pairs) / 18
    assert vertex_distance(first, second).item() == pytest.approx(expected, rel=1e-5)
    larger = 1.1 * first
    assert shape_loss(larger, first) < 1e-10
    assert vertex_distance(larger, first).item() == pytest.approx(10 * first.norm(dim=-1).mean().item(), rel=1e-4)
    same = first.clone().requires_grad_()
    vertex_distance(same, first).backward()
    assert torch.equal(same.grad, torch.zeros_like(first))  # and no NaN, where a distance is zero


def test_reprojection_is_in_256ths_of_the_crop():
    target = torch.rand(2, 9, 2)
    assert reprojection_loss(target + 0.5 / 256, target).item() == pytest.approx(smooth_l1(0.5), rel=1e-3)
    assert reprojection_loss(target + 4 / 256, target).item() == pytest.approx(smooth_l1(4), rel=1e-3)


def test_only_the_supervised_vertices_count(head: HeadModel):
    parameters = random_parameters(2)
    targets = targets_of(parameters, head)
    outside = torch.ones(len(head.template), dtype=torch.bool)
    outside[head.subsets["head"]] = False
    moved = replace(
        targets,
        vertices=targets.vertices + outside[:, None] * 0.1,
        projected=targets.projected + outside[:, None] * 0.1,
    )
    prediction = prediction_of(parameters, head)
    torch.testing.assert_close(
        alignment_loss(prediction, moved, head, LossWeights()).total,
        alignment_loss(prediction, targets, head, LossWeights()).total,
    )


def test_which_vertices_are_supervised(head: HeadModel):
    assert torch.equal(supervised_vertices(head), head.subsets["head"].sort().values)
    with pytest.raises(ValueError, match=r"got the subsets \('hair',\), expected some of face, head"):
        supervised_vertices(head, ("hair",))


def test_blendshapes_bring_eyes_and_mouth_into_the_loss():
    subsets = {"head": torch.tensor([3, 1]), "eyes": torch.tensor([1, 5]), "mouth": torch.tensor([7])}
    arkit = SimpleNamespace(subsets=subsets, metadata=SimpleNamespace(expression_bounds=(0.0, 1.0)))
    assert supervised_vertices(arkit).tolist() == [1, 3, 5, 7]
    flame = SimpleNamespace(subsets=subsets, metadata=SimpleNamespace(expression_bounds=None))
    assert supervised_vertices(flame).tolist() == [1, 3]  # the paper's


def test_coefficients_against_the_formula(head: HeadModel):
    parameters, wanted = random_parameters(3), random_parameters(3)
    targets = replace(targets_of(wanted, head), has_coefficients=torch.tensor([True, False, True]))
    movement = [float((component**2).mean() ** 0.5) for component in head.shape_basis]
    shape, expression = 0.0, 0.0
    for sample in (0, 2):
        differences = (parameters.shape[sample] - wanted.shape[sample]).tolist()
        shape += sum(m * smooth_l1(d) for m, d in zip(movement, differences, strict=True)) / sum(movement) / 2
        each = [smooth_l1(float(d), 0.25) for d in parameters.expression[sample] - wanted.expression[sample]]
        expression += sum(each) / len(each) / 2
    assert shape_coefficient_loss(parameters.shape, targets, head).item() == pytest.approx(shape, rel=1e-5)
    assert expression_coefficient_loss(parameters.expression, targets).item() == pytest.approx(expression, rel=1e-5)


def test_a_batch_without_coefficients_costs_nothing(head: HeadModel):
    targets = replace(targets_of(random_parameters(2), head), has_coefficients=torch.zeros(2, dtype=torch.bool))
    parameters = random_parameters(2)
    assert shape_coefficient_loss(parameters.shape, targets, head) == 0
    assert expression_coefficient_loss(parameters.expression, targets) == 0


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


def test_heatmaps_against_a_loop():
    landmarks = torch.tensor([[[0.3, 0.6], [0.99, 0.01], [1.4, 0.5]]])
    heatmaps = gaussian_heatmaps(landmarks, torch.empty(1, 3, 16, 32))
    for number, (x, y) in enumerate(landmarks[0].tolist()):
        column, row = int(x * 32), int(y * 16)
        for j in range(16):
            for i in range(32):
                near = max(abs(i - column), abs(j - row)) <= 5
                value = np.exp(-((i - column) ** 2 + (j - row) ** 2) / (2 * (11 / 6) ** 2)) if near else 0.0
                assert heatmaps[0, number, j, i].item() == pytest.approx(value, abs=1e-6)


def test_the_heatmap_loss_is_one_minus_the_soft_overlap():
    landmarks, mask = torch.rand(2, 68, 2), torch.rand(2, 68) < 0.8
    scores = torch.randn(2, 68, 8, 8)
    wanted = gaussian_heatmaps(landmarks, scores)
    expected = []
    for b, n in mask.nonzero().tolist():
        p, t = scores[b, n].sigmoid(), wanted[b, n]
        expected.append(1 - (p * t).sum() / (p + t - p * t).sum())
    for layout in (torch.contiguous_format, torch.channels_last):
        given = scores.contiguous(memory_format=layout)
        assert gaussian_heatmaps(landmarks, given).stride() == given.stride()
        torch.testing.assert_close(heatmap_loss(given, landmarks, mask), torch.stack(expected).mean())
    assert heatmap_loss(torch.where(wanted > 0.999, 20.0, -20.0), landmarks, mask) > 0.5  # one cell of a hill
    assert heatmap_loss(scores, landmarks, torch.zeros_like(mask)) == 0


def test_weighted_subsets_are_the_sum_of_their_losses(head: HeadModel):
    targets, prediction = targets_of(random_parameters(2), head), prediction_of(random_parameters(2), head)
    names = sorted(head.subsets)[:2]
    weights = LossWeights(weighted_vertices={names[0]: (0.5, 0.0), names[1]: (2.0, 3.0)})
    first, second = (alignment_loss(prediction, targets, head, LossWeights(vertices=(name,))) for name in names)
    both = alignment_loss(prediction, targets, head, weights)
    torch.testing.assert_close(both.shape3d, 0.5 * first.shape3d + 2.0 * second.shape3d)
    torch.testing.assert_close(both.reprojection, 3.0 * second.reprojection)
    off = {"shape3d": 0.0, "reprojection": 0.0, "vertex_distance": 1.0}
    first, second, both = (
        alignment_loss(prediction, targets, head, replace(w, **off))
        for w in (LossWeights(vertices=(names[0],)), LossWeights(vertices=(names[1],)), weights)
    )
    torch.testing.assert_close(both.vertex_distance, 0.5 * first.vertex_distance + 2.0 * second.vertex_distance)
