"""A head as OBJ with materials and textures, read back by trimesh and by hand."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from toy_heads import toy_arrays, toy_head
from trans3dhead.head_model import HeadModel, HeadModelMetadata, write_head_model
from trans3dhead.inference import Head
from trans3dhead.inference.output.looks import triangles_of_parts


@pytest.fixture(scope="module")
def head() -> Head:
    return toy_head(HeadModel.shipped(), (10, 10, 50, 60))


@pytest.fixture(scope="module")
def folder(head: Head, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("obj")
    head.save(folder / "my head.obj")
    return folder


def numbers(text: str, kind: str) -> np.ndarray:
    return np.array([line.split()[1:] for line in text.splitlines() if line.startswith(f"{kind} ")], dtype=float)


def corners(text: str) -> np.ndarray:
    """(F, 3, 3) vertex, texture coordinate and normal of each corner, from 0."""
    rows = [[c.split("/") for c in line.split()[1:]] for line in text.splitlines() if line.startswith("f ")]
    return np.array([[[int(n or 0) for n in corner] for corner in row] for row in rows]) - 1


def test_the_files_lie_together_and_name_each_other(folder):
    assert {path.name for path in folder.iterdir()} == {
        *("my head.obj", "my head.mtl", "my head.skin.jpg", "my head.eyes.png"),
    }
    assert "mtllib my head.mtl" in (folder / "my head.obj").read_text().splitlines()
    maps = [line for line in (folder / "my head.mtl").read_text().splitlines() if line.startswith("map_Kd")]
    assert maps == ["map_Kd my head.skin.jpg", "map_Kd my head.skin.jpg", "map_Kd my head.eyes.png"]


def test_trimesh_finds_a_material_with_its_texture_for_each_part(folder, head):
    scene = trimesh.load(folder / "my head.obj", process=False)
    parts = triangles_of_parts(head.head_model)
    assert sum(len(triangles) for triangles, _ in parts.values()) == len(head.head_model.triangles)
    assert {name: len(part.faces) for name, part in scene.geometry.items()} == {
        name: len(triangles) for name, (triangles, _) in parts.items()
    }
    colours = {name: part.visual.to_color().vertex_colors[:, :3].mean(axis=0) for name, part in scene.geometry.items()}
    assert colours["eyes"].min() > 150  # most of an eyeball is white
    assert colours["skin"][0] - colours["skin"][2] > 40  # skin is red rather than blue
    assert colours["mouth"].mean() < colours["skin"].mean() - 40  # inside it is dark
    for part in scene.geometry.values():
        assert part.visual.material.image.size in ((1024, 1024), (256, 256))
        assert (part.visual.uv >= 0.0).all()
        assert (part.visual.uv <= 1.0).all()


def test_vertices_keep_the_head_models_order(folder, head):
    text = (folder / "my head.obj").read_text()
    np.testing.assert_allclose(numbers(text, "v"), head.vertices, atol=1e-6)
    found = corners(text)[..., 0]
    expected = head.head_model.triangles
    assert {tuple(row) for row in found.tolist()} == {tuple(row) for row in expected.tolist()}
    assert len(found) == len(expected)
    np.testing.assert_array_equal(corners(text)[..., 2], found)  # a normal for each vertex
    np.testing.assert_allclose(np.linalg.norm(numbers(text, "vn"), axis=1), 1.0, atol=1e-4)


def test_a_photograph_becomes_the_skin(tmp_path, folder, head):
    blue = np.full((80, 80, 3), (20, 60, 220), np.uint8)
    head.save(tmp_path / "head.obj", photograph=blue)
    scene = trimesh.load(tmp_path / "head.obj", process=False)
    red, _, blueness = scene.geometry["skin"].visual.to_color().vertex_colors[:, :3].mean(axis=0)
    assert blueness > red + 50
    with pytest.raises(ValueError, match=r"a pose goes into \.glb files alone, got '\.obj'"):
        head.save(tmp_path / "posed.obj", posed=(80, 80))


def test_what_has_no_texture_has_a_colour(tmp_path):
    """The toy head model without texture coordinates."""
    arrays = {name: array for name, array in toy_arrays().items() if "uv" not in name}
    write_head_model(tmp_path / "bare.safetensors", HeadModelMetadata("bare", "CC0", "an ellipsoid", "1"), arrays)
    model = HeadModel.load(tmp_path / "bare.safetensors")
    toy_head(model, (10, 10, 50, 60)).save(tmp_path / "head.obj")
    materials = (tmp_path / "head.mtl").read_text()
    assert "map_Kd" not in materials.split("newmtl eyes")[0]
    red, green, blue = numbers(materials, "Kd")[0] * 255
    assert red == pytest.approx(214, abs=12)
    assert red > green > blue
    mesh = trimesh.load(tmp_path / "head.obj", process=False, force="mesh")
    assert len(mesh.faces) == len(model.triangles)


def test_the_obj_appears_last(tmp_path, head, monkeypatch):
    """Whoever finds it finds what it names; an error before leaves none."""
    written = []
    monkeypatch.setattr(
        "trans3dhead.inference.output.mesh_files.write_atomically", lambda path, _: written.append(path.name)
    )
    head.save(tmp_path / "head.obj")
    assert written == ["head.skin.jpg", "head.eyes.png", "head.mtl", "head.obj"]
