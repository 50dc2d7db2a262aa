"""The terms against a teacher: by their formulas, at the teacher's answer, and whom their gradients reach."""

from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from toy_losses import prediction_of, random_parameters, smooth_l1, targets_of
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.head_model.surface_points import surface_points
from trans3dhead.losses import AlignmentLossConfig, Losses, alignment_loss
from trans3dhead.losses.distillation import (
    TeacherLandmarkTerm,
    TeacherParameterTerm,
    TeacherRotationTerm,
    TeacherSurfaceTerm,
    TeacherVertexTerm,
    TermOfTeacher,
    shared_points,
)
from trans3dhead.losses.rotation import rotation_angle
from trans3dhead.networks.alignment import Prediction

SURFACE = 32
DEFAULT = AlignmentLossConfig()
OFF = {field.name: type(getattr(DEFAULT, field.name))(0.0) for field in fields(DEFAULT)}
TAUGHT = {
    "teacher_landmarks": TeacherLandmarkTerm(1.0),
    "teacher_surface": TeacherSurfaceTerm(1.0),
    "teacher_parameters": TeacherParameterTerm(1.0),
    "teacher_rotation": TeacherRotationTerm(1.0),
    "teacher_vertices": TeacherVertexTerm(1.0),
}


def said_of(parameters: HeadParameters, head: HeadModel, points: int = SURFACE) -> Prediction:
    """A perfect prediction with surface points, the same before a fit."""
    chosen = surface_points(head, points)
    surface = targets_of(parameters, head).projected[:, chosen]
    plain = prediction_of(parameters, head)
    return replace(plain, surface=torch.stack((surface, surface)), unfitted=plain.parameters)


def taught(
    prediction: Prediction, teacher: Prediction | None, head: HeadModel, spread: Tensor | None = None, **terms: object
) -> Losses:
    """The terms of teachers alone, or those given."""
    config = AlignmentLossConfig(**{**OFF, **(terms or TAUGHT)})
    return alignment_loss(prediction, targets_of(random_parameters(2), head), head, config, spread, teacher)


def test_they_are_off_by_default():
    assert DEFAULT.taught == {}
    assert AlignmentLossConfig(**TAUGHT).taught == TAUGHT
    assert {name for name, term in OFF.items() if isinstance(term, TermOfTeacher)} == set(TAUGHT)


def test_who_answers_as_the_teacher_costs_nothing(head: HeadModel):
    said = said_of(random_parameters(2), head)
    losses = taught(said, said, head)
    assert losses.terms.keys() == TAUGHT.keys()
    for name, value in losses.terms.items():
        assert abs(value.item()) < 1e-4, name


def test_who_does_not_costs_something(head: HeadModel):
    losses = taught(said_of(random_parameters(2), head), said_of(random_parameters(2), head), head)
    for name, value in losses.terms.items():
        assert value.item() > 1e-3, name


def test_the_labels_have_no_part_in_it(head: HeadModel):
    said, teacher = said_of(random_parameters(2), head), said_of(random_parameters(2), head)
    torch.testing.assert_close(taught(said, teacher, head).terms, taught(said, teacher, head).terms)


def test_without_a_teacher_they_are_refused(head: HeadModel):
    for name, term in TAUGHT.items():
        with pytest.raises(ValueError, match="expected the answers of a teacher, got none; set `teacher`"):
            taught(said_of(random_parameters(2), head), None, head, **{name: term})


@pytest.mark.parametrize("field", ["landmarks", "surface"])
def test_points_that_one_of_both_lacks_are_named(head: HeadModel, field: str):
    said = said_of(random_parameters(2), head)
    for pair in ((said, replace(said, **{field: None})), (replace(said, **{field: None}), said)):
        with pytest.raises(ValueError, match=f"teacher_{field}: expected .* of both networks"):
            taught(*pair, head, **{f"teacher_{field}": TAUGHT[f"teacher_{field}"]})


def test_landmarks_against_the_formula(head: HeadModel):
    said, teacher = (prediction_of(random_parameters(2), head) for _ in range(2))
    outside = torch.zeros(2, 68, dtype=torch.bool)
    outside[0, :20] = True
    inside = teacher.landmarks.clamp(0.01, 0.99)
    teacher = replace(teacher, landmarks=torch.where(outside[..., None], inside + 2.0, inside))
    first = said.landmarks + 0.1
    said = replace(said, partial_landmarks=torch.stack((first, said.landmarks)))
    values = [
        (smooth_l1(float(d[0]), 0.02) + smooth_l1(float(d[1]), 0.02)) / 2
        for layer in said.partial_landmarks
        for d in (layer - teacher.landmarks)[~outside]
    ]
    loss = taught(said, teacher, head, teacher_landmarks=TeacherLandmarkTerm(1.0, 0.02))["teacher_landmarks"]
    assert loss.item() == pytest.approx(sum(values) / len(values), rel=1e-4)
    alone = replace(said, partial_landmarks=None)  # as DAD-3DNet has it
    loss = taught(alone, teacher, head, teacher_landmarks=TeacherLandmarkTerm(1.0, 0.02))["teacher_landmarks"]
    assert loss.item() == pytest.approx(2 * sum(values[len(values) // 2 :]) / len(values), rel=1e-4)


def test_of_surface_points_those_that_both_have_are_compared(head: HeadModel):
    parameters = random_parameters(2)
    few, many = (said_of(parameters, head, count) for count in (16, 32))
    inside = tuple(replace(said, surface=0.5 + 0.01 * said.surface) for said in (few, many))
    assert taught(*inside, head, teacher_surface=TeacherSurfaceTerm(1.0))["teacher_surface"].item() < 1e-9
    assert taught(*inside[::-1], head, teacher_surface=TeacherSurfaceTerm(1.0))["teacher_surface"].item() < 1e-9
    first, second = shared_points(head, 16, 32)
    assert len(first) == 16
    assert torch.equal(surface_points(head, 16)[first], surface_points(head, 32)[second])


def test_the_shipped_head_s_fewer_points_are_some_of_the_more(anny: HeadModel):
    first, second = shared_points(anny, 128, 512)
    assert torch.equal(first, torch.arange(128))
    assert len(second.unique()) == 128


def test_parameters_count_in_units_of_their_spread(head: HeadModel):
    parameters, spread = random_parameters(2), torch.rand(head.layout.size) + 0.1
    units = head.layout.unpack(spread)
    teacher = prediction_of(parameters, head)
    for name in ("shape", "expression"):
        moved = replace(parameters, **{name: getattr(parameters, name) + 2.0 * getattr(units, name)})
        loss = taught(prediction_of(moved, head), teacher, head, spread, teacher_parameters=TeacherParameterTerm(1.0))
        assert loss["teacher_parameters"].item() == pytest.approx(2.0, rel=1e-4), name  # half of two squared
    moved = replace(parameters, scale=parameters.scale + units.scale)
    loss = taught(prediction_of(moved, head), teacher, head, spread, teacher_parameters=TeacherParameterTerm(1.0))
    assert loss["teacher_parameters"].item() == pytest.approx(0.5 / 4, rel=1e-3)  # one of t and s


def test_rotations_and_parameters_before_a_fit_count_as_well(head: HeadModel):
    fitted, before, teacher = (prediction_of(random_parameters(2), head) for _ in range(3))
    both = replace(fitted, unfitted=before.parameters)
    terms = {name: TAUGHT[name] for name in ("teacher_parameters", "teacher_rotation")}
    joined, *apart = (taught(said, teacher, head, **terms) for said in (both, fitted, before))
    for name in terms:
        torch.testing.assert_close(joined[name], (apart[0][name] + apart[1][name]) / 2)
    rotations = [rotation_from_6d(head.layout.unpack(said.parameters).rotation) for said in (before, teacher)]
    torch.testing.assert_close(apart[1]["teacher_rotation"], rotation_angle(*rotations).mean())


def test_the_posed_mesh_is_compared_in_percent_of_the_crop(head: HeadModel):
    parameters = random_parameters(2)
    said, teacher = prediction_of(parameters, head), random_parameters(2)
    across = replace(parameters, translation=parameters.translation + torch.tensor([0.06, 0.08, 5.0]))
    loss = taught(said, prediction_of(across, head), head, teacher_vertices=TeacherVertexTerm(1.0))
    assert loss["teacher_vertices"].item() == pytest.approx(5.0, rel=1e-3)  # halves of the side; t_z is unused
    places = []
    for each in (parameters, teacher):
        rotation, vertices = rotation_from_6d(each.rotation), head.vertices(each)[:, :44]  # those of "head"
        camera = WeakPerspective(rotation, each.translation, each.scale)
        depth = (vertices @ rotation.transpose(1, 2))[..., 2] * (each.scale + 1) / 2
        places.append(torch.cat((camera.project(vertices), depth[..., None]), dim=-1))
    loss = taught(said, prediction_of(teacher, head), head, teacher_vertices=TeacherVertexTerm(1.0, {"head": 1.0}))
    torch.testing.assert_close(loss["teacher_vertices"], 100 * (places[0] - places[1]).norm(dim=-1).mean())


def test_gradients_reach_the_student(head: HeadModel):
    said, teacher = said_of(random_parameters(2), head), said_of(random_parameters(2), head)
    vector, points = said.parameters.clone().requires_grad_(), said.surface.clone().requires_grad_()
    landmarks = said.partial_landmarks.clone().requires_grad_()
    said = replace(said, parameters=vector, surface=points, partial_landmarks=landmarks, unfitted=None)
    taught(said, teacher, head).total.backward()
    groups = vars(head.layout.unpack(vector.grad))
    touched = {name for name, part in groups.items() if (part != 0).any()}
    assert touched == {"shape", "expression", "rotation", "translation", "scale"}
    assert (points.grad != 0).any()
    assert (landmarks.grad != 0).any()
    assert not any(tensor.requires_grad for tensor in vars(teacher).values() if tensor is not None)


def test_points_that_the_teacher_sees_on_the_crop_s_edge_count():
    taught = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [-0.01, 0.5], [0.5, 1.01]]])
    mean = TeacherLandmarkTerm(1.0, beta=0.0).against(taught[None] + 3.0, taught)
    assert (mean.total, mean.weight) == (6.0, 2.0)


@pytest.mark.parametrize(("kind", "option"), [(TeacherLandmarkTerm, "beta"), (TeacherParameterTerm, "power")])
def test_an_option_below_zero_is_refused(kind: type[TermOfTeacher], option: str):
    with pytest.raises(ValueError, match=f"{option}: got -1"):
        kind(1.0, **{option: -1})
    assert getattr(kind(1.0, **{option: 0.0}), option) == 0.0
