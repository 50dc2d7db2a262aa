"""A head as a GLB file: parts, materials and morph targets, read back by hand and by trimesh."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial.transform import Rotation

from glb_files import ParsedGLB
from toy_heads import NAMES, toy_arrays, toy_head
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import HeadModel, HeadModelMetadata, write_head_model
from trans3dhead.head_model.teeth import teeth_of
from trans3dhead.inference import Head


@pytest.fixture(scope="module")
def anny() -> HeadModel:
    return HeadModel.shipped()


@pytest.fixture(scope="module")
def anny_head(anny: HeadModel) -> Head:
    return toy_head(anny, (10, 10, 50, 60))


@pytest.fixture(scope="module")
def anny_file(anny_head: Head, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("glb") / "anny.glb"
    anny_head.save(path)
    return path


@pytest.fixture(scope="module")
def parsed(anny_file: Path) -> ParsedGLB:
    return ParsedGLB(anny_file.read_bytes())


def parts_of(model: HeadModel) -> dict[str, np.ndarray]:
    """Which of the triangles each material has."""
    triangles = model.triangles.numpy()
    inside = {
        name: np.isin(triangles, model.subsets[name].numpy()).all(axis=1)
        for name in ("eyes", "mouth")
        if name in model.subsets
    }
    return {"skin": ~np.any(list(inside.values()), axis=0), **inside}


def vertices_with(model: HeadModel, head: Head, expression: np.ndarray) -> np.ndarray:
    given = torch.from_numpy(expression.astype(np.float32))[None]
    return model(torch.from_numpy(head.parameters.shape)[None], given)[0].numpy()


def check_found_face(parsed: ParsedGLB, model: HeadModel, head: Head) -> None:
    """The neutral face with its weights is the face that was found, triangle by triangle."""
    assert tuple(parsed.mesh["extras"]["targetNames"]) == model.expression_names
    np.testing.assert_allclose(parsed.mesh["weights"], head.parameters.expression, atol=1e-7)
    vertices = vertices_with(model, head, head.parameters.expression)
    for name, mine in parts_of(model).items():
        positions, _, triangles = parsed.shape(name, parsed.mesh["weights"])
        expected = vertices[model.triangles.numpy()[mine]]
        np.testing.assert_allclose(positions[triangles[: mine.sum()]], expected, atol=5e-6)


def test_the_parts_are_the_found_face(tmp_path, toy, anny, anny_head, parsed):
    check_found_face(parsed, anny, anny_head)
    head = toy_head(toy, (10, 10, 50, 60))
    head.save(tmp_path / "head.glb")
    check_found_face(ParsedGLB((tmp_path / "head.glb").read_bytes()), toy, head)


@pytest.mark.parametrize("name", ["jawOpen", "eyeBlinkLeft", "mouthSmileRight", "tongueOut"])
def test_normals_turn_with_the_morph_targets(anny, anny_head, parsed, name):
    """At a weight of one they are those of the moved mesh, but for turns of less than a hundredth."""
    weights = np.array([float(other == name) for other in anny.expression_names])
    vertices = vertices_with(anny, anny_head, weights)
    # Around the opening of the neck the file's mesh goes on; the head model's ends there.
    ours = trimesh.Trimesh(vertices, anny.triangles.numpy(), process=False)
    expected = vertex_normals(vertices, ours.faces)
    inner = ~np.isin(np.arange(len(vertices)), open_edges(ours))
    for part, mine in parts_of(anny).items():
        _, normals, triangles = parsed.shape(part, weights)
        corners = anny.triangles.numpy()[mine]
        kept = inner[corners]
        apart = (normals[triangles[: mine.sum()]] - expected[corners])[kept]
        assert np.abs(apart).max() < 0.0105


def open_edges(mesh: trimesh.Trimesh) -> np.ndarray:
    edges, count = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
    return edges[count == 1]


def test_normals_at_rest_are_unit(parsed):
    for name in parsed.parts:
        _, normals, _ = parsed.shape(name, np.zeros(52))
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)


def test_what_does_not_move_is_not_stored(tmp_path, toy):
    head = toy_head(toy, (10, 10, 50, 60))
    head.save(tmp_path / "head.glb")
    parsed = ParsedGLB((tmp_path / "head.glb").read_bytes())
    targets = parsed.parts["skin"]["targets"]
    for key in ("POSITION", "NORMAL"):
        stored = [parsed.json["accessors"][target[key]].get("sparse", {}).get("count", 0) for target in targets]
        assert stored[NAMES.index("nothing")] == 0
        assert 0 < stored[NAMES.index("mouthSmileLeft")] < stored[NAMES.index("jawOpen")]


def test_the_neck_is_closed_and_level(parsed, anny, anny_head):
    corners = []
    for name in set(parsed.parts) - {"teeth"}:
        positions, _, triangles = parsed.shape(name, np.zeros(52))
        corners.append(positions[triangles].reshape(-1, 3))
    soup = np.concatenate(corners)
    mesh = trimesh.Trimesh(soup, np.arange(len(soup)).reshape(-1, 3), process=True)
    assert len(open_edges(trimesh.Trimesh(anny_head.vertices, anny.triangles.numpy(), process=False))) == 42
    assert len(open_edges(mesh)) == 0
    assert mesh.is_winding_consistent
    assert mesh.volume > 0.003  # outwards, so that nothing need be seen from behind
    assert not any("doubleSided" in material for material in parsed.json["materials"])
    level = mesh.vertices[:, 1].min()
    bottom = mesh.triangles_center[:, 1] < level + 1e-6
    np.testing.assert_allclose(mesh.face_normals[bottom], np.tile([0.0, -1.0, 0.0], (bottom.sum(), 1)), atol=1e-4)
    assert mesh.area_faces[bottom].sum() > 0.004  # square metres: a neck is some 10 cm wide


def test_trimesh_opens_it(anny_file, anny):
    scene = trimesh.load(anny_file, process=False)
    teeth = teeth_of(anny.numpy())
    expected = len(anny.triangles) + 42 * 9 + len(teeth.triangles)
    assert sum(len(part.faces) for part in scene.geometry.values()) == expected
    plain = [part for part in scene.geometry.values() if not hasattr(part.visual, "material")]
    assert len(plain) <= 1  # the teeth, which have colours at their vertices
    assert anny_file.stat().st_size < 2.2e6


def test_the_teeth_move_with_the_jaw_they_stand_in(parsed, anny):
    model = anny.numpy()
    rest, _, triangles = parsed.shape("teeth", np.zeros(52))
    opened, _, _ = parsed.shape("teeth", np.array([float(name == "jawOpen") for name in anny.expression_names]))
    fall = rest[:, 1] - opened[:, 1]
    upper = fall < 1e-4
    chin = model.expression_basis[anny.expression_names.index("jawOpen")][model.landmark_corners[8]].mean(axis=0)
    assert 0.4 < upper.mean() < 0.6
    assert fall[~upper].min() > 0.3 * -chin[1]  # those at the hinge's side fall less than the chin
    assert rest[upper][:, 1].mean() > rest[~upper][:, 1].mean() + 0.01
    assert (upper[triangles].all(axis=1) | ~upper[triangles].any(axis=1)).all()  # no triangle between the jaws


def bare_model(folder: Path) -> HeadModel:
    """The toy head model without texture coordinates."""
    arrays = {name: array for name, array in toy_arrays().items() if not name.startswith("uv")}
    metadata = HeadModelMetadata("bare", "CC0", "an ellipsoid", "1", expression_names=NAMES)
    write_head_model(folder / "bare.safetensors", metadata, arrays)
    return HeadModel.load(folder / "bare.safetensors")


def test_a_head_model_without_texture_coordinates_has_vertex_colours(tmp_path):
    model = bare_model(tmp_path)
    head = toy_head(model, (10, 10, 50, 60))
    head.save(tmp_path / "head.glb")
    parsed = ParsedGLB((tmp_path / "head.glb").read_bytes())
    check_found_face(parsed, model, head)
    assert set(parsed.parts["skin"]["attributes"]) == {"POSITION", "NORMAL", "COLOR_0"}
    assert "baseColorTexture" not in parsed.json["materials"][0]["pbrMetallicRoughness"]


def test_the_iris_is_round_and_of_a_persons_size(parsed):
    texture = parsed.texture("eyes").astype(float).sum(axis=2)
    part = parsed.parts["eyes"]
    positions, _, _ = parsed.shape("eyes", np.zeros(52))
    uvs = parsed.accessor(part["attributes"]["TEXCOORD_0"])
    front = positions[:, 2] > positions[:, 2].max() - 0.012
    for eye in (positions[:, 0] > 0, positions[:, 0] < 0):
        # Texture coordinates follow the surface as seen from the front: pixels of the texture for each metre.
        for axis, sign in ((0, 1.0), (1, -1.0)):
            scale, _ = np.polyfit(positions[eye & front, axis], sign * uvs[eye & front, axis], 1)
            dark = (texture < 380)[128, :] if axis == 0 else (texture < 380)[:, 128]
            across = dark.sum() / 256 / scale
            assert across == pytest.approx(0.0118, rel=0.12)
    y, x = np.nonzero(texture < 380)
    np.testing.assert_allclose([x.mean(), y.mean()], 127.5, atol=1.0)
    radius = np.hypot(x - 127.5, y - 127.5)
    assert len(x) == pytest.approx(np.pi * radius.max() ** 2, rel=0.06)


def test_a_photograph_becomes_the_skin(tmp_path, anny_head, parsed):
    x, y = anny_head.box[:2].astype(int)
    photograph = np.zeros((120, 120, 3), np.uint8)
    photograph[y : y + 80, x : x + 60] = (90, 160, 60)
    anny_head.save(tmp_path / "head.glb", photograph=photograph)
    textured = ParsedGLB((tmp_path / "head.glb").read_bytes())
    assert np.median(textured.texture("skin").reshape(-1, 3), axis=0) == pytest.approx([90, 160, 60], abs=8)
    np.testing.assert_array_equal(textured.texture("skin"), textured.texture("mouth"))
    np.testing.assert_array_equal(textured.texture("eyes"), parsed.texture("eyes"))
    light = textured.json["materials"][list(textured.parts).index("eyes")]["pbrMetallicRoughness"]["baseColorFactor"]
    assert light[0] == light[1] == light[2] < 1.0


def test_a_photograph_goes_into_glb_files_of_models_with_texture_coordinates_alone(tmp_path, anny_head):
    photograph = np.zeros((120, 120, 3), np.uint8)
    with pytest.raises(ValueError, match=r"a photograph's skin goes into .glb and .obj files alone, got '.npz'"):
        anny_head.save(tmp_path / "head.npz", photograph=photograph)
    with pytest.raises(ValueError, match=r"a pose goes into .glb files alone, got '.ply'"):
        anny_head.save(tmp_path / "head.ply", posed=(120, 120))
    with pytest.raises(ValueError, match="the head model 'bare' has no texture coordinates to lay it on"):
        toy_head(bare_model(tmp_path), (10, 10, 50, 60)).save(tmp_path / "head.glb", photograph=photograph)


def test_a_posed_head_lies_where_the_photograph_has_it(tmp_path, anny):
    """Node and camera by scipy's rotations and the specification's orthographic projection."""
    head, width, height = toy_head(anny, (210, 40, 90, 120), euler=(12.0, -30.0, 20.0)), 400, 300
    head.save(tmp_path / "head.glb", posed=(width, height))
    parsed = ParsedGLB((tmp_path / "head.glb").read_bytes())
    node, camera = parsed.json["nodes"]
    assert parsed.json["scenes"][0]["nodes"] == [0, 1]
    (lens,) = (parsed.json["cameras"][camera["camera"]]["orthographic"],)
    assert "rotation" not in camera
    rotation = Rotation.from_quat(node["rotation"])
    mine = parts_of(anny)["skin"]
    positions, _, triangles = parsed.shape("skin", parsed.mesh["weights"])
    world = rotation.apply(positions) + node["translation"]
    assert ((-world[:, 2] > lens["znear"]) & (-world[:, 2] < lens["zfar"])).all()
    device = world[:, :2] / (lens["xmag"], lens["ymag"])
    pixels = (device * (1, -1) + 1) / 2 * (width, height)
    expected = head.projected[anny.triangles.numpy()[mine]]
    np.testing.assert_allclose(pixels[triangles[: mine.sum()]], expected, atol=0.02)
