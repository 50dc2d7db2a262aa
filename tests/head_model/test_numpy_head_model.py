"""The head model in numpy against the one in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from trans3dhead.head_model import HeadModel, HeadModelMetadata, NumpyHeadModel, write_head_model


def both(file: Path) -> tuple[NumpyHeadModel, HeadModel]:
    return NumpyHeadModel.load(file), HeadModel.load(file)


def random_parameters(head_model: NumpyHeadModel) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3, head_model.layout.size)).astype(np.float32)


def test_vertices_with_a_jaw_that_carries_a_joint_are_those_of_the_tensors(random_file: Path):
    """The jaw has no joint below it in the file; here the eye hangs on it."""
    in_numpy, in_torch = both(random_file)
    vector = random_parameters(in_numpy)
    for parents in ([-1, 0, 1, 1], [-1, 0, 1, 2]):
        in_numpy._parents = in_torch._parents = parents
        expected = in_torch.vertices(in_torch.layout.unpack(torch.from_numpy(vector))).numpy()
        assert np.abs(expected - in_numpy.template).max() > 0.01
        np.testing.assert_allclose(in_numpy.vertices(vector), expected, atol=2e-6)


def test_vertices_without_joints_are_those_of_the_tensors():
    in_torch = HeadModel.shipped()
    in_numpy = in_torch.numpy()
    vector = random_parameters(in_numpy)
    expected = in_torch.vertices(in_torch.layout.unpack(torch.from_numpy(vector)))
    np.testing.assert_allclose(in_numpy.vertices(vector), expected, atol=1e-6)
    np.testing.assert_allclose(in_numpy.landmarks(expected.numpy()), in_torch.landmarks(expected), atol=1e-6)
    flat = expected[..., :2].numpy()
    np.testing.assert_allclose(in_numpy.landmarks(flat[0]), in_torch.landmarks(expected)[0, :, :2], atol=1e-6)


def test_landmarks_at_rest_are_those_of_the_mesh_without_an_expression():
    in_torch = HeadModel.shipped()
    shape = torch.from_numpy(np.random.default_rng(0).normal(size=in_torch.layout.shape).astype(np.float32))
    mesh = in_torch(shape[None], torch.zeros(1, in_torch.layout.expression))
    expected = in_torch.landmarks(mesh)[0].numpy()
    np.testing.assert_allclose(in_torch.numpy().resting_landmarks(shape.numpy()), expected, atol=1e-6)


def test_a_jaw_without_correctives_turns_all_the_same(
    arrays: dict[str, np.ndarray], metadata: HeadModelMetadata, tmp_path: Path
):
    without = {name: array for name, array in arrays.items() if name != "pose_correctives"}
    write_head_model(tmp_path / "head.safetensors", metadata, without)
    in_numpy, in_torch = both(tmp_path / "head.safetensors")
    vector = random_parameters(in_numpy)
    expected = in_torch.vertices(in_torch.layout.unpack(torch.from_numpy(vector))).numpy()
    np.testing.assert_allclose(in_numpy.vertices(vector), expected, atol=2e-6)


def test_a_jaw_that_is_the_root_has_no_correctives(random_file: Path):
    in_numpy, in_torch = both(random_file)
    for head_model in (in_numpy, in_torch):
        object.__setattr__(head_model.metadata, "jaw_joint", 0)
    vector = random_parameters(in_numpy)
    expected = in_torch.vertices(in_torch.layout.unpack(torch.from_numpy(vector))).numpy()
    np.testing.assert_allclose(in_numpy.vertices(vector), expected, atol=2e-6)


def test_expressions_are_clamped_as_those_of_the_tensors(random_file: Path):
    in_numpy, in_torch = both(random_file)
    vector = random_parameters(in_numpy)
    expected = in_torch.layout.pack(in_torch.clamp(in_torch.layout.unpack(torch.from_numpy(vector))))
    clamped = in_numpy.clamped(vector)
    np.testing.assert_array_equal(clamped, expected)
    assert (clamped != vector).any()
    assert not np.shares_memory(clamped, vector)


def test_what_the_file_says_is_the_same():
    in_torch = HeadModel.shipped()
    in_numpy = in_torch.numpy()
    for name in ("name", "geometry_hash", "layout", "expression_names", "has_mirror", "metadata"):
        assert getattr(in_numpy, name) == getattr(in_torch, name), name
    for name in ("template", "triangles", "uvs", "uv_triangles", "mirror", "shape_mirror", "expression_mirror"):
        np.testing.assert_array_equal(getattr(in_numpy, name), getattr(in_torch, name), err_msg=name)
    for name, vertices in in_torch.subsets.items():
        np.testing.assert_array_equal(in_numpy.subsets[name], vertices)


def test_a_mirror_that_is_not_there_is_named(random_file: Path):
    head_model = NumpyHeadModel.load(random_file)
    assert not head_model.has_mirror
    with pytest.raises(ValueError, match="shape_mirror: the head model 'random' has no such array"):
        _ = head_model.shape_mirror
