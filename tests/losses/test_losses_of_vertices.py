"""The losses of vertices against naive formulas."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from toy_losses import prediction_of, random_parameters, smooth_l1, targets_of
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import AlignmentLossConfig, alignment_loss
from trans3dhead.losses.alignment import ReprojectionTerm, ShapeTerm, VertexDistanceTerm
from trans3dhead.losses.vertices import (
    normalized_to_cube,
    reprojection_loss,
    shape_loss,
    supervised_vertices,
    vertex_distance,
)


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
    torch.testing.assert_close(shape_loss(first, second).mean(), expected)


def test_the_shape_loss_may_turn_linear():
    first, second = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    differences = (normalized_to_cube(first) - normalized_to_cube(second)).flatten().tolist()
    for beta in (0.0, 0.3):
        expected = sum(smooth_l1(difference, beta) for difference in differences) / len(differences)
        assert shape_loss(first, second, beta).mean().item() == pytest.approx(expected, rel=1e-5)


def test_the_distance_of_vertices_is_in_centimetres_and_sees_the_size():
    first, second = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    pairs = zip(first.flatten(0, 1).tolist(), second.flatten(0, 1).tolist(), strict=True)
    expected = 100 * sum(math.dist(one, other) for one, other in pairs) / 18
    assert vertex_distance(first, second).mean().item() == pytest.approx(expected, rel=1e-5)
    larger = 1.1 * first
    assert (shape_loss(larger, first) < 1e-10).all()
    assert vertex_distance(larger, first).mean().item() == pytest.approx(
        10 * first.norm(dim=-1).mean().item(), rel=1e-4
    )
    same = first.clone().requires_grad_()
    vertex_distance(same, first).sum().backward()
    assert torch.equal(same.grad, torch.zeros_like(first))  # and no NaN, where a distance is zero


def test_reprojection_is_in_256ths_of_the_crop():
    target = torch.rand(2, 9, 2)
    assert reprojection_loss(target + 0.5 / 256, target).mean().item() == pytest.approx(smooth_l1(0.5), rel=1e-3)
    assert reprojection_loss(target + 4 / 256, target).mean().item() == pytest.approx(smooth_l1(4), rel=1e-3)


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
        alignment_loss(prediction, moved, head, AlignmentLossConfig()).total,
        alignment_loss(prediction, targets, head, AlignmentLossConfig()).total,
    )


def test_which_vertices_are_supervised(head: HeadModel):
    assert torch.equal(supervised_vertices(head), head.subsets["head"].sort().values)
    assert torch.equal(supervised_vertices(head, "face"), head.subsets["face"].sort().values)
    with pytest.raises(ValueError, match=r"subsets: got 'hair', expected some of face, head"):
        supervised_vertices(head, "hair")


def test_blendshapes_bring_eyes_and_mouth_into_the_loss():
    subsets = {"head": torch.tensor([3, 1]), "eyes": torch.tensor([1, 5]), "mouth": torch.tensor([7])}
    arkit = SimpleNamespace(subsets=subsets, metadata=SimpleNamespace(expression_bounds=(0.0, 1.0)))
    assert supervised_vertices(arkit).tolist() == [1, 3, 5, 7]
    flame = SimpleNamespace(subsets=subsets, metadata=SimpleNamespace(expression_bounds=None))
    assert supervised_vertices(flame).tolist() == [1, 3]  # the paper's


def test_weighted_subsets_are_the_sum_of_their_losses(head: HeadModel):
    targets, prediction = targets_of(random_parameters(2), head), prediction_of(random_parameters(2), head)
    one, other = sorted(head.subsets)[:2]
    for name, term in (
        ("shape3d", ShapeTerm),
        ("reprojection", ReprojectionTerm),
        ("vertex_distance", VertexDistanceTerm),
    ):
        first, second, both = (
            alignment_loss(prediction, targets, head, AlignmentLossConfig(**{name: term(1.0, subsets=subsets)}))[name]
            for subsets in ({one: 1.0}, {other: 1.0}, {one: 0.5, other: 2.0})
        )
        torch.testing.assert_close(both, 0.5 * first + 2.0 * second)
