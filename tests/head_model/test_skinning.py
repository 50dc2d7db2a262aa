"""Linear blend skinning against a loop over joints and vertices, and against smplx."""

import pytest
import torch
from torch import Tensor

from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.head_model.skinning import blend, joint_transforms, pose_features, rotation_from_axis_angle

PARENTS = [-1, 0, 1, 1]


def _pose(batch: int = 3, joints: int = 4) -> Tensor:
    return torch.randn(batch, joints, 3, dtype=torch.float64)


def test_rotations_agree_with_the_matrix_exponential():
    axis_angle = torch.cat((_pose(1, 50)[0], torch.tensor([[0.0, 0, 0], [1e-9, 0, 0], [0, 0.0099, 0], [0, 0, 3.1]])))
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    generators = torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=-1).unflatten(-1, (3, 3))
    torch.testing.assert_close(
        rotation_from_axis_angle(axis_angle), torch.linalg.matrix_exp(generators), atol=1e-12, rtol=0
    )


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e-5, 0.0099, 0.0101, 1.0, 3.1])
def test_rotations_have_the_right_gradient_at_any_angle(size: float):
    direction = torch.nn.functional.normalize(torch.randn(2, 3, dtype=torch.float64), dim=-1)
    torch.autograd.gradcheck(rotation_from_axis_angle, (size * direction).requires_grad_())


def test_skinning_agrees_with_a_loop(random_model: HeadModel):
    shape, expression = torch.randn(2, 5, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64)
    pose = _pose(2)
    vertices = random_model(shape, expression, pose)
    for b in range(2):
        torch.testing.assert_close(vertices[b], _naive(random_model, shape[b], expression[b], pose[b]))


def _naive(model: HeadModel, shape: Tensor, expression: Tensor, pose: Tensor) -> Tensor:
    """One head, one vertex at a time, 4 × 4 matrices down the tree."""
    rest = model.template.clone()
    for coefficient, row in zip(shape, model.shape_basis, strict=True):
        rest = rest + coefficient * row
    for coefficient, row in zip(expression, model.expression_basis, strict=True):
        rest = rest + coefficient * row
    joints = model.joint_regressor @ rest
    rotations = rotation_from_axis_angle(pose)
    features = (rotations[1:] - torch.eye(3, dtype=rest.dtype)).reshape(-1)
    for coefficient, row in zip(features, model.pose_correctives, strict=True):
        rest = rest + coefficient * row
    world: list[Tensor] = []
    for j, parent in enumerate(model.parents):
        local = torch.eye(4, dtype=rest.dtype)
        local[:3, :3] = rotations[j]
        local[:3, 3] = joints[j] - (joints[parent] if parent >= 0 else 0)
        world.append(world[parent] @ local if parent >= 0 else local)
    posed = []
    for v, point in enumerate(rest):
        total = torch.zeros(3, dtype=rest.dtype)
        for j, matrix in enumerate(world):
            home = torch.eye(4, dtype=rest.dtype)
            home[:3, 3] = -joints[j]
            moved = matrix @ home @ torch.cat((point, torch.ones(1, dtype=rest.dtype)))
            total = total + model.skinning_weights[v, j] * moved[:3]
        posed.append(total)
    return torch.stack(posed)


def test_skinning_agrees_with_smplx(random_model: HeadModel):
    """The package of the FLAME and SMPL-X models, on the same random arrays."""
    oracle = pytest.importorskip("smplx.lbs", reason="needs smplx, an oracle of [dev]")
    shape, pose = torch.randn(3, 5, dtype=torch.float64), _pose()
    theirs, _ = oracle.lbs(
        shape,
        pose.flatten(1),
        random_model.template,
        random_model.shape_basis.permute(1, 2, 0),
        random_model.pose_correctives.flatten(1),
        random_model.joint_regressor,
        torch.tensor(PARENTS),
        random_model.skinning_weights,
    )
    ours = random_model(shape, torch.zeros(3, 3, dtype=torch.float64), pose)
    torch.testing.assert_close(ours, theirs, atol=1e-7, rtol=0)


def test_a_turned_root_turns_the_whole_body():
    rest, joints = torch.randn(1, 20, 3, dtype=torch.float64), torch.randn(1, 4, 3, dtype=torch.float64)
    weights = torch.rand(20, 4, dtype=torch.float64)
    pose = torch.zeros(1, 4, 3, dtype=torch.float64)
    pose[0, 0] = torch.tensor([0.3, -0.5, 0.2])
    rotations = rotation_from_axis_angle(pose)
    moved = blend(rest, joint_transforms(rotations, joints, PARENTS), weights / weights.sum(dim=1, keepdim=True))
    expected = (rest - joints[:, :1]) @ rotations[:, 0].transpose(1, 2) + joints[:, :1]
    torch.testing.assert_close(moved, expected)


def test_no_pose_and_a_pose_of_zeros_are_the_same(random_model: HeadModel):
    shape, expression = torch.randn(2, 5, dtype=torch.float64), torch.rand(2, 3, dtype=torch.float64)
    still = torch.zeros(2, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(random_model(shape, expression), random_model(shape, expression, still))
    assert not pose_features(rotation_from_axis_angle(still)).any()


def test_the_jaw_of_the_parameters_turns_its_joint(random_model: HeadModel):
    vector = torch.randn(2, random_model.layout.size, dtype=torch.float64)
    parameters: HeadParameters = random_model.layout.unpack(vector)
    pose = torch.zeros(2, 4, 3, dtype=torch.float64)
    pose[:, 2] = parameters.jaw
    expected = random_model(parameters.shape, parameters.expression, pose)
    torch.testing.assert_close(random_model.vertices(parameters), expected)


def test_gradients_agree_with_finite_differences(random_model: HeadModel):
    inputs = (torch.randn(1, 5, dtype=torch.float64), torch.randn(1, 3, dtype=torch.float64), _pose(1))
    torch.autograd.gradcheck(random_model, tuple(x.requires_grad_() for x in inputs), fast_mode=True)
