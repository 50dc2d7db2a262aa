"""Head model files: read by both head models, then asked for vertices."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from toy_heads import NAMES, toy_arrays
from trans3dhead.head_model import HeadModel, HeadModelMetadata, NumpyHeadModel, write_head_model


def seeds() -> list[bytes]:
    """The toy head: with bounds and textures, and with joints, a jaw and mirrors."""
    plain = HeadModelMetadata("toy", "CC0", "an ellipsoid", "1", expression_names=NAMES, expression_bounds=(0.0, 1.0))
    jointed = replace(plain, joint_names=("root", "jaw"), jaw_joint=1, notes={"seed": "0"})
    return [_written(plain, toy_arrays()), _written(jointed, toy_arrays() | _joints())]


def read(data: bytes, folder: Path) -> None:
    """Read as a user would; a head whose vertices are not finite is a fault."""
    path = folder / "head.safetensors"
    path.write_bytes(data)
    head, plain = HeadModel.load(path), NumpyHeadModel.load(path)
    vector = np.linspace(-3.0, 3.0, 2 * head.layout.size, dtype=np.float32).reshape(2, -1)
    parameters = head.clamp(head.layout.unpack(torch.from_numpy(vector)))
    for vertices in (head.vertices(parameters).numpy(), plain.vertices(plain.clamped(vector))):
        assert np.isfinite(vertices).all(), "vertices that are not finite"
        assert np.isfinite(plain.landmarks(vertices)).all(), "landmarks that are not finite"
    assert all(len(subset) for subset in head.subsets.values())


def _written(metadata: HeadModelMetadata, arrays: dict[str, np.ndarray]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_head_model(Path(folder) / "head.safetensors", metadata, arrays)
        return (Path(folder) / "head.safetensors").read_bytes()


def _joints() -> dict[str, np.ndarray]:
    vertices, expressions = len(toy_arrays()["template"]), len(NAMES)
    return {
        "joint_regressor": np.full((2, vertices), 1.0 / vertices),
        "parents": np.array([-1, 0]),
        "skinning_weights": np.full((vertices, 2), 0.5),
        "pose_correctives": np.zeros((9, vertices, 3)),
        "mirror": np.arange(vertices),
        "shape_mirror": np.array([1, -1, 1, -1]),
        "expression_mirror": np.arange(expressions),
    }
