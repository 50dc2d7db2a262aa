"""A small head model, a random network and heads made by hand, for tests that need no trained weights."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_6d
from trans3dhead.head_model import HeadModel, HeadModelMetadata, HeadParameters, write_head_model
from trans3dhead.inference import Camera, Head, Parameters, Pose
from trans3dhead.networks.alignment import Trans3DHeadConfig, build, save_checkpoint
from trans3dhead.networks.alignment.regressors import Regressor

SHAPES, EXPRESSIONS = 4, 5
NAMES = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "nothing", "browInnerUp")


def toy_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """An ellipsoid of 162 vertices with texture seams; two expressions move few vertices, one moves none."""
    random = np.random.default_rng(seed)
    sphere = trimesh.creation.icosphere(subdivisions=2)
    template = np.asarray(sphere.vertices) * [0.08, 0.12, 0.10]
    triangles = np.asarray(sphere.faces)
    expression = random.normal(size=(EXPRESSIONS, len(template), 3)) * 0.003
    for index in (1, 2):
        expression[index, random.random(len(template)) < 0.8] = 0.0
    expression[3] = 0.0
    front = np.flatnonzero((template[triangles][..., 2] > 0.02).all(axis=1))
    weights = random.random((68, 3)) + 0.1
    # Texture coordinates of two charts, front and back: the vertices between them have two.
    uvs = np.concatenate([template[:, :2] * [2.0, 2.0] + 0.25, template[:, :2] * [2.0, 2.0] + 0.75])
    back = template[triangles].mean(axis=1)[:, 2] < 0
    return {
        "template": template,
        "triangles": triangles,
        "shape_basis": random.normal(size=(SHAPES, len(template), 3)) * 0.002,
        "expression_basis": expression,
        "landmark_triangles": random.choice(front, 68),
        "landmark_weights": weights / weights.sum(axis=1, keepdims=True),
        "uvs": uvs,
        "uv_triangles": triangles + len(template) * back[:, None],
        "subset_head": np.flatnonzero(template[:, 1] > -0.08),
        "subset_face": np.flatnonzero((np.abs(template[:, 1]) < 0.06) & (template[:, 2] > 0.04)),
        "subset_eyes": np.flatnonzero((np.abs(template[:, 1]) < 0.03) & (template[:, 2] > 0.07)),
    }


def toy_head_model(path: Path) -> HeadModel:
    """The toy head model, by way of a file."""
    metadata = HeadModelMetadata(
        "toy", "CC0", "an ellipsoid", "1", expression_names=NAMES, expression_bounds=(0.0, 1.0)
    )
    write_head_model(path, metadata, toy_arrays())
    return HeadModel.load(path)


def toy_checkpoint(path: Path, head_model: HeadModel, parameters: HeadParameters | None = None, **fields: Any) -> Path:
    """A random network for this head model, of further fields; with `parameters` it answers them, whatever it sees."""
    reference = "zero" if parameters is None else "average"
    config = Trans3DHeadConfig("resnet18", crop_size=64, width=32, parameter_reference=reference, **fields)
    torch.manual_seed(0)
    model = build(config, head_model.layout)
    if parameters is not None:
        model.set_reference(constant_landmarks(), head_model.layout.pack(parameters))
        for module in model.modules():
            if isinstance(module, Regressor):
                torch.nn.init.zeros_(module.weight)
                torch.nn.init.zeros_(module.bias)
    save_checkpoint(path, model, head_model.name, head_model.geometry_hash, {"licence": "CC0"})
    return path


def constant_landmarks() -> torch.Tensor:
    """(68, 2) crop units: the landmarks of the network that `toy_checkpoint` makes of given parameters."""
    return torch.rand(68, 2, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.25


def constant_parameters(scale: float = 7.0, shift: tuple[float, float] = (0.05, -0.1)) -> HeadParameters:
    """One head of the toy model: the expression partly outside of its bounds, turned by (5, 20, -10) degrees."""
    rotation = rotation_from_euler(torch.tensor([5.0, 20.0, -10.0]))
    return HeadParameters(
        shape=torch.linspace(-1, 1, SHAPES),
        expression=torch.linspace(-0.2, 1.2, EXPRESSIONS),
        jaw=torch.zeros(0),
        rotation=rotation_to_6d(rotation),
        translation=torch.tensor([*shift, 0.0]),
        scale=torch.tensor([scale - 1.0]),
    )


def toy_head(
    head_model: HeadModel, box: tuple[float, ...], euler: tuple[float, float, float] = (5.0, 20.0, -10.0), seed: int = 0
) -> Head:
    """A head whose projection fills `box`, with a camera, parameters and landmarks that agree with one another."""
    generator = torch.Generator().manual_seed(seed)
    shape = 0.5 * torch.randn(head_model.layout.shape, generator=generator)
    expression = torch.rand(head_model.layout.expression, generator=generator)
    vertices = head_model(shape[None], expression[None])[0].numpy()
    rotation = rotation_from_euler(torch.tensor(euler)).numpy()
    subset = head_model.subsets["head"].numpy()
    flat = bounds((vertices @ rotation[:2].T)[subset])
    scale = float(max(box[2:]) / max(flat[2:]))
    middle = np.array(box[:2]) + np.array(box[2:]) / 2
    camera = Camera(scale, middle - scale * (flat[:2] + flat[2:] / 2))
    projected = camera.project(vertices, rotation)
    landmarks = head_model.landmarks(torch.from_numpy(projected)[None].float())[0].numpy()
    values = {f.name: np.zeros(0, np.float32) for f in fields(Parameters)} | {
        "shape": shape.numpy(),
        "expression": expression.numpy(),
        "rotation": rotation_to_6d(torch.from_numpy(rotation)).numpy(),
        "translation": np.zeros(3, np.float32),
        "scale": np.zeros(1, np.float32),
    }
    pose = Pose(*euler, rotation=rotation)
    own_box = bounds(projected[subset])
    return Head(own_box, 0.9, landmarks, vertices, projected, pose, camera, Parameters(**values), head_model.numpy())
