"""A small random head model with every optional array."""

from pathlib import Path

import numpy as np
import pytest

from trans3dhead.head_model import HeadModel, HeadModelMetadata, write_head_model

VERTICES, TRIANGLES, SHAPES, EXPRESSIONS, JOINTS = 40, 60, 5, 3, 4


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Arrays of a head model of 40 random vertices and 4 joints: a tree with a branch."""
    return _random_arrays()


@pytest.fixture
def metadata() -> HeadModelMetadata:
    """Metadata that agrees with `arrays`."""
    return HeadModelMetadata(
        name="random",
        licence="none",
        source="a random number generator",
        source_version="0",
        expression_names=("a", "b", "c"),
        joint_names=("root", "neck", "jaw", "eye"),
        jaw_joint=2,
        expression_bounds=(0.0, 1.0),
    )


def _random_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    weights = random.random((VERTICES, JOINTS)) ** 4
    regressor = random.random((JOINTS, VERTICES)) ** 8
    barycentric = random.random((68, 3))
    return {
        "template": random.normal(size=(VERTICES, 3)) / 10,
        "triangles": np.stack([random.permutation(VERTICES)[:3] for _ in range(TRIANGLES)]),
        "shape_basis": random.normal(size=(SHAPES, VERTICES, 3)) / 100,
        "expression_basis": random.normal(size=(EXPRESSIONS, VERTICES, 3)) / 100,
        "pose_correctives": random.normal(size=(9 * (JOINTS - 1), VERTICES, 3)) / 100,
        "joint_regressor": regressor / regressor.sum(axis=1, keepdims=True),
        "parents": np.array([-1, 0, 1, 1]),
        "skinning_weights": weights / weights.sum(axis=1, keepdims=True),
        "landmark_triangles": random.integers(0, TRIANGLES, 68),
        "landmark_weights": barycentric / barycentric.sum(axis=1, keepdims=True),
        "subset_head": np.arange(30),
    }


@pytest.fixture
def random_file(tmp_path: Path, arrays: dict[str, np.ndarray], metadata: HeadModelMetadata) -> Path:
    """The random head model on disk."""
    path = tmp_path / "random.safetensors"
    write_head_model(path, metadata, arrays)
    return path


@pytest.fixture
def random_model(random_file: Path) -> HeadModel:
    """The random head model in float64."""
    return HeadModel.load(random_file).double()
