"""HeadModel: shapes, batches, landmarks, errors."""

import subprocess
import sys

import pytest
import torch

from trans3dhead.head_model import HeadModel


def _head(model: HeadModel, batch: int = 4, dtype: torch.dtype = torch.float64):
    return torch.randn(batch, model.layout.shape, dtype=dtype), torch.rand(batch, model.layout.expression, dtype=dtype)


def test_zero_parameters_give_the_template(random_model: HeadModel):
    vertices = random_model(torch.zeros(2, 5, dtype=torch.float64), torch.zeros(2, 3, dtype=torch.float64))
    assert torch.equal(vertices, random_model.template.expand(2, -1, -1))


def test_vertices_are_linear_in_the_coefficients(random_model: HeadModel):
    shape, expression = _head(random_model)
    whole = random_model(shape, expression) - random_model.template
    parts = torch.einsum("bs,svk->bvk", shape, random_model.shape_basis)
    parts = parts + torch.einsum("be,evk->bvk", expression, random_model.expression_basis)
    torch.testing.assert_close(whole, parts)


def test_a_head_does_not_depend_on_its_batch(random_model: HeadModel):
    shape, expression = _head(random_model)
    pose = torch.randn(4, 4, 3, dtype=torch.float64)
    together = random_model(shape, expression, pose)
    torch.testing.assert_close(random_model(shape[2:3], expression[2:3], pose[2:3]), together[2:3])


def test_single_and_double_precision_agree(random_file):
    single, double = HeadModel.load(random_file), HeadModel.load(random_file).double()
    shape, expression = _head(single)
    torch.testing.assert_close(
        single(shape.float(), expression.float()).double(), double(shape, expression), atol=1e-6, rtol=0
    )


def test_landmarks_are_the_weighted_corners(random_model: HeadModel):
    vertices = random_model(*_head(random_model))
    landmarks = random_model.landmarks(vertices)
    assert landmarks.shape == (4, 68, 3)
    for index in (0, 30, 67):
        corners = vertices[1, random_model.triangles[random_model.landmark_triangles[index]]]
        torch.testing.assert_close(landmarks[1, index], random_model.landmark_weights[index] @ corners)


def test_landmarks_work_on_projections_too(random_model: HeadModel):
    vertices = random_model(*_head(random_model))
    assert torch.equal(random_model.landmarks(vertices[..., :2]), random_model.landmarks(vertices)[..., :2])


def test_clamp_bounds_the_expression_alone(random_model: HeadModel):
    vector = 3 * torch.randn(4, random_model.layout.size, dtype=torch.float64)
    before = random_model.layout.unpack(vector)
    after = random_model.clamp(before)
    assert torch.equal(after.expression, before.expression.clamp(0, 1))
    assert torch.equal(after.shape, before.shape)
    assert torch.equal(after.rotation, before.rotation)


def test_wrong_widths_are_refused(random_model: HeadModel):
    shape, expression = _head(random_model)
    with pytest.raises(ValueError, match=r"shape: expected \(B, 5\) for 'random', got \(4, 4\)"):
        random_model(shape[:, :4], expression)
    with pytest.raises(ValueError, match=r"expression: expected \(B, 3\)"):
        random_model(shape, expression[0])
    with pytest.raises(ValueError, match=r"joint_rotations: expected \(B, 4, 3\)"):
        random_model(shape, expression, torch.zeros(4, 3, 3, dtype=torch.float64))


def test_a_model_without_joints_says_so(anny: HeadModel):
    with pytest.raises(ValueError, match="joint_rotations: 'anny' has no joints; leave the argument out"):
        anny(torch.zeros(1, anny.layout.shape), torch.zeros(1, 52), torch.zeros(1, 4, 3))


def test_a_model_without_mirror_says_so(random_model: HeadModel):
    with pytest.raises(ValueError, match="mirror: the head model 'random' has no such array"):
        _ = random_model.mirror


def test_nothing_is_trainable_and_buffers_are_not_in_checkpoints(random_model: HeadModel):
    assert not list(random_model.parameters())
    assert not random_model.state_dict()


def test_importing_it_needs_no_extra():
    code = "import sys, trans3dhead.head_model; print(*{'anny', 'scipy', 'embreex', 'matplotlib'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
