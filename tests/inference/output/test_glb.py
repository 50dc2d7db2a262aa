"""GLB files, read back by hand after the glTF 2.0 specification and by trimesh."""

import numpy as np
import pytest
import torch
import trimesh

from parsed_glb import ParsedGLB
from toy_heads import NAMES, toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.output.glb import GLBMesh, write_glb


def check(data: bytes, model: HeadModel, shape: np.ndarray, expression: np.ndarray) -> ParsedGLB:
    """Everything that holds of any head's file."""
    parsed = ParsedGLB(data)
    (mesh,) = parsed.json["meshes"]
    (primitive,) = mesh["primitives"]
    names = mesh["extras"]["targetNames"]
    assert tuple(names) == model.expression_names
    np.testing.assert_allclose(mesh["weights"], expression, atol=1e-7)
    position = primitive["attributes"]["POSITION"]
    assert {"min", "max"} <= set(parsed.json["accessors"][position])
    positions = parsed.accessor(position)
    triangles = parsed.accessor(primitive["indices"]).reshape(-1, 3)
    assert triangles.shape == tuple(model.triangles.shape)
    # The neutral face with its weights is the face that was found, triangle by triangle.
    found = positions.astype(float)
    for target, weight in zip(primitive["targets"], mesh["weights"], strict=True):
        found += weight * parsed.accessor(target["POSITION"])
    vertices = model(torch.from_numpy(shape)[None], torch.from_numpy(expression)[None])[0].numpy()
    np.testing.assert_allclose(found[triangles], vertices[model.triangles.numpy()], atol=5e-6)
    normals = parsed.accessor(primitive["attributes"]["NORMAL"])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    uvs = parsed.accessor(primitive["attributes"]["TEXCOORD_0"])
    ours = model.uvs[model.uv_triangles].numpy()
    np.testing.assert_allclose(uvs[triangles], np.stack((ours[..., 0], 1 - ours[..., 1]), axis=-1), atol=1e-6)
    return parsed


def test_a_head_follows_the_specification(tmp_path, toy):
    head = toy_head(toy, (10, 10, 50, 60))
    head.save(tmp_path / "head.glb")
    parsed = check((tmp_path / "head.glb").read_bytes(), toy, head.parameters.shape, head.parameters.expression)
    targets = parsed.json["meshes"][0]["primitives"][0]["targets"]
    sparse = [parsed.json["accessors"][target["POSITION"]].get("sparse", {}).get("count", 0) for target in targets]
    assert sparse[NAMES.index("nothing")] == 0
    assert 0 < sparse[NAMES.index("mouthSmileLeft")] < sparse[NAMES.index("jawOpen")]
    offsets = parsed.accessor(targets[0]["POSITION"])
    assert np.abs(offsets).max() == pytest.approx(float(toy.expression_basis[0].abs().max()), abs=1e-6)


def test_trimesh_opens_it_with_every_distinct_vertex(tmp_path, toy):
    head = toy_head(toy, (10, 10, 50, 60))
    head.save(tmp_path / "head.glb")
    mesh = trimesh.load(tmp_path / "head.glb", force="mesh", process=False)
    pairs = set(zip(toy.triangles.flatten().tolist(), toy.uv_triangles.flatten().tolist(), strict=True))
    assert len(mesh.vertices) == len(pairs) > len(toy.template)
    assert len(mesh.faces) == len(toy.triangles)
    assert mesh.bounds[1][1] - mesh.bounds[0][1] == pytest.approx(0.24, abs=0.03)  # metres, y up


def test_the_shipped_head_model_follows_the_specification(tmp_path):
    model = HeadModel.shipped()
    head = toy_head(model, (10, 10, 50, 60))
    head.save(tmp_path / "anny.glb")
    check((tmp_path / "anny.glb").read_bytes(), model, head.parameters.shape, head.parameters.expression)
    mesh = trimesh.load(tmp_path / "anny.glb", force="mesh", process=False)
    assert len(mesh.faces) == len(model.triangles)
    assert (tmp_path / "anny.glb").stat().st_size < 1.5e6


def test_a_mesh_without_uvs_colours_or_targets():
    mesh = GLBMesh(np.eye(3), np.eye(3), np.array([[0, 1, 2]]))
    parsed = ParsedGLB(write_glb(mesh, "triangle"))
    (primitive,) = parsed.json["meshes"][0]["primitives"]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL"}
    assert "weights" not in parsed.json["meshes"][0]
    np.testing.assert_array_equal(parsed.accessor(primitive["attributes"]["POSITION"]), np.eye(3))
