"""The losses of landmarks and their heatmaps against naive formulas."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from toy_losses import prediction_of, random_parameters, smooth_l1, targets_of
from trans3dhead.data.annotations import Visibility
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.losses import AlignmentLossConfig, alignment_loss
from trans3dhead.losses.alignment import DifferenceTerm, HeatmapTerm, LandmarkTerm, LikelihoodTerm
from trans3dhead.losses.heatmaps import gaussian_heatmaps, heatmap_loss
from trans3dhead.losses.landmarks import PAIRS, difference_loss, landmark_loss, likelihood_loss


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
        assert landmark_loss(predicted, target, mask, beta).mean().item() == pytest.approx(
            total / (2 * 68 * 2), rel=1e-5
        )
    assert torch.equal(landmark_loss(predicted, target, mask), landmark_loss(predicted, target, mask, 1.0))


def test_a_bend_near_zero_lets_small_and_large_errors_pull_alike():
    target = torch.rand(1, 68, 2)
    errors = torch.full((1, 68, 2), 0.02)
    errors[:, 0] = 0.2

    def pull(beta: float) -> float:
        """How much stronger the largest error pulls than the others."""
        predicted = (target + errors).requires_grad_()
        landmark_loss(predicted, target, torch.ones(1, 68, dtype=torch.bool), beta).sum().backward()
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
    term = LandmarkTerm(self_occluded_weight=0.2, covered_weight=0.5, beta=0.3, partial_sums=True)
    config = AlignmentLossConfig(landmarks=term)
    losses = alignment_loss(replace(prediction, partial_landmarks=layers), targets, head, config)
    assert losses["landmarks"].item() == pytest.approx(total / weight, rel=1e-5)


def test_hidden_landmarks_may_count_for_nothing_and_a_batch_of_them_costs_nothing(head: HeadModel):
    targets, prediction = targets_of(random_parameters(2), head), prediction_of(random_parameters(2), head)
    states = torch.full((2, 68), Visibility.COVERED, dtype=torch.uint8)
    only_seen = AlignmentLossConfig(landmarks=LandmarkTerm(self_occluded_weight=0.0, covered_weight=0.0))
    assert alignment_loss(prediction, replace(targets, landmark_visibility=states), head, only_seen)["landmarks"] == 0
    states[:, :5] = Visibility.VISIBLE
    moved = replace(prediction, landmarks=prediction.landmarks + (torch.arange(68) >= 5)[:, None])
    one, other = (
        alignment_loss(p, replace(targets, landmark_visibility=states), head, only_seen) for p in (prediction, moved)
    )
    torch.testing.assert_close(one["landmarks"], other["landmarks"])
    assert one["landmarks"] > 0


def test_the_likelihood_against_torchs_normal_distribution(head: HeadModel):
    targets, prediction = targets_of(random_parameters(3), head), prediction_of(random_parameters(3), head)
    spread, mask = 0.01 + 0.1 * torch.rand(3, 68), torch.rand(3, 68) < 0.8
    states = torch.randint(0, len(Visibility), (3, 68), dtype=torch.uint8)
    targets = replace(targets, landmark_visibility=states, landmark_mask=mask)
    density = torch.distributions.Normal(prediction.landmarks, spread[..., None]).log_prob(targets.landmarks)
    chosen = mask & (states != Visibility.SELF_OCCLUDED)
    config = AlignmentLossConfig(landmark_likelihood=LikelihoodTerm(0.5, self_occluded_weight=0.0))
    losses = alignment_loss(replace(prediction, landmark_spread=spread), targets, head, config)
    torch.testing.assert_close(losses["landmark_likelihood"], -density.sum(dim=-1)[chosen].mean())
    without = alignment_loss(prediction, targets, head, AlignmentLossConfig())
    assert "landmark_likelihood" not in without.terms
    expected = 0.5 * losses["landmark_likelihood"]
    torch.testing.assert_close(losses.total - without.total, expected, atol=1e-3, rtol=1e-4)
    with pytest.raises(ValueError, match=r"got one that does not; set network\.landmark_uncertainty"):
        alignment_loss(prediction, targets, head, config)


def test_the_likeliest_spread_is_the_size_of_the_error():
    target, error = torch.zeros(1, 68, 2), torch.tensor([0.03, 0.04])  # of x and y: root mean square 0.05 / sqrt(2)
    spreads = torch.linspace(0.01, 0.1, 901)
    losses = [likelihood_loss(target + error, s.expand(1, 68), target).mean().item() for s in spreads]
    assert spreads[int(np.argmin(losses))].item() == pytest.approx(0.05 / 2**0.5, abs=1e-4)


def test_differences_against_a_loop():
    predicted, target, seen = torch.rand(2, 68, 2), torch.rand(2, 68, 2), torch.rand(2, 68) < 0.8
    losses, weights = difference_loss(predicted, target, seen, 0.2)
    for b in range(2):
        for number, (first, second) in enumerate(PAIRS):
            errors = (predicted[b, first] - predicted[b, second]) - (target[b, first] - target[b, second])
            expected = sum(smooth_l1(error, 0.2) for error in errors.tolist()) / 2
            assert losses[b, number].item() == pytest.approx(expected, rel=1e-4, abs=1e-8)
            assert weights[b, number] == float(seen[b, first] and seen[b, second])


def test_pairs_are_the_same_left_and_right():
    pairs = {frozenset(pair) for pair in PAIRS}
    assert {frozenset(LANDMARK_MIRROR[point] for point in pair) for pair in pairs} == pairs
    assert len(pairs) == len(PAIRS)


def test_differences_see_neither_where_the_face_is_nor_what_is_hidden(head: HeadModel):
    targets, parameters = targets_of(random_parameters(3), head), random_parameters(3)
    config = AlignmentLossConfig(differences=DifferenceTerm(1.0))

    def cost(shift: float, moved: int | None = None) -> torch.Tensor:
        prediction = prediction_of(replace(parameters, translation=parameters.translation + 2 * shift), head)
        landmarks = prediction_of(parameters, head).landmarks - shift  # the other way, and as far
        if moved is not None:
            landmarks[:, moved] += 0.1
        states = torch.full((3, 68), Visibility.VISIBLE, dtype=torch.uint8)
        states[:, 38] = Visibility.SELF_OCCLUDED
        hidden = replace(targets, landmark_visibility=states)
        return alignment_loss(replace(prediction, landmarks=landmarks), hidden, head, config)["differences"]

    torch.testing.assert_close(cost(0.0), cost(0.2))
    torch.testing.assert_close(cost(0.0), cost(0.0, moved=38))
    assert not torch.isclose(cost(0.0), cost(0.0, moved=37))


def test_differences_are_of_the_landmark_branch_and_of_the_mesh(head: HeadModel):
    parameters = random_parameters(3)
    right, targets = prediction_of(parameters, head), targets_of(parameters, head)
    wrong, wrong_landmarks = random_parameters(3), torch.rand(3, 68, 2)
    config = AlignmentLossConfig(differences=DifferenceTerm(1.0, beta=0.02))
    said = {
        "none": right,
        "branch": replace(right, landmarks=wrong_landmarks),
        "mesh": replace(right, parameters=head.layout.pack(wrong)),
    }
    cost = {name: alignment_loss(one, targets, head, config)["differences"] for name, one in said.items()}
    seen = torch.ones(3, 68, dtype=torch.bool)
    of_branch, _ = difference_loss(wrong_landmarks, targets.landmarks, seen, 0.02)
    of_mesh, _ = difference_loss(targets_of(wrong, head).landmarks, targets.landmarks, seen, 0.02)
    assert cost["none"] < 1e-9
    torch.testing.assert_close(cost["branch"], of_branch.mean() / 2)
    torch.testing.assert_close(cost["mesh"], of_mesh.mean() / 2)
    without = alignment_loss(replace(right, landmarks=None, partial_landmarks=None), targets, head, config)
    assert "differences" not in without.terms


def test_partial_sums_are_supervised_when_asked(head: HeadModel):
    parameters = random_parameters(2)
    prediction, targets = prediction_of(parameters, head), targets_of(parameters, head)
    wrong = torch.stack((prediction.landmarks + 0.1, prediction.landmarks))
    prediction = replace(prediction, partial_landmarks=wrong)
    assert alignment_loss(prediction, targets, head, AlignmentLossConfig())["landmarks"] == pytest.approx(0.0, abs=1e-9)
    config = AlignmentLossConfig(landmarks=LandmarkTerm(partial_sums=True))
    partial = alignment_loss(prediction, targets, head, config)["landmarks"]
    assert partial.item() == pytest.approx(smooth_l1(0.1) / 2, rel=1e-4)
    with pytest.raises(ValueError, match="partial_sums: expected a network with landmarks after each layer, got one w"):
        alignment_loss(replace(prediction, partial_landmarks=None), targets, head, config)


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
        torch.testing.assert_close(heatmap_loss(given, landmarks)[mask], torch.stack(expected))
    one_cell = torch.where(wanted > 0.999, 20.0, -20.0)  # of a hill
    assert heatmap_loss(one_cell, landmarks)[mask].mean() > 0.5


def test_a_landmark_just_beyond_the_map_is_seen_by_the_rest_of_its_hill():
    landmarks, scores = torch.tensor([[[1 + 4.5 / 8, 0.5]]]), torch.full((1, 1, 8, 8), -6.0)
    p, t = scores.sigmoid(), gaussian_heatmaps(landmarks, scores)
    assert 0 < t.sum() < 1
    expected = 1 - (p * t).sum() / (p + t - p * t).sum()
    torch.testing.assert_close(heatmap_loss(scores, landmarks), expected.reshape(1, 1))


def test_the_heatmap_term_is_the_mean_over_the_landmarks_inside_the_crop(head: HeadModel):
    targets, prediction = targets_of(random_parameters(2), head), prediction_of(random_parameters(2), head)
    prediction = replace(prediction, heatmaps=torch.randn(2, 68, 8, 8))
    each, inside = heatmap_loss(prediction.heatmaps, targets.landmarks), torch.rand(2, 68) < 0.8
    config = AlignmentLossConfig(heatmaps=HeatmapTerm(1.0))
    some, none = (
        alignment_loss(prediction, replace(targets, landmark_mask=mask), head, config)["heatmaps"]
        for mask in (inside, torch.zeros_like(inside))
    )
    torch.testing.assert_close(some, each[inside].mean())
    assert none == 0
    assert "heatmaps" not in alignment_loss(replace(prediction, heatmaps=None), targets, head, config).terms
