import json
from pathlib import Path

import numpy as np
import pytest
import torch

from trans3dhead.data.annotated_photographs import Unreadable
from trans3dhead.data.dad3dheads import MeshAnnotation, read_mesh, read_split
from trans3dhead.geometry.cameras import Pinhole
from trans3dhead.geometry.rotations import rotation_from_euler

ATTRIBUTES = {
    "quality": "hq",
    "gender": "female",
    "expression": True,
    "age": "middle_aged",
    "occlusions": False,
    "pose": "sided",
    "standard light": True,
}
WIDTH, HEIGHT, FOCAL = 640, 480, 900.0


def opengl_camera(rotation: np.ndarray, translation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Our camera (y down, z away) as DAD-3DHeads' pair: OpenGL's camera space, and pixels counted from the bottom."""
    model_view = np.eye(4)
    model_view[:3] = np.diag([1, -1, -1]) @ np.column_stack((rotation, translation))
    projection = np.array([[FOCAL, 0, -WIDTH / 2, 0], [0, FOCAL, -HEIGHT / 2, 0], [0, 0, -1, -0.02], [0, 0, -1, 0]])
    return model_view, projection


@pytest.fixture
def mesh() -> MeshAnnotation:
    vertices = np.random.default_rng(1).normal(0, 0.1, size=(40, 3))
    rotation = rotation_from_euler(torch.tensor([10.0, -40.0, 5.0], dtype=torch.float64)).numpy()
    return MeshAnnotation(vertices, *opengl_camera(rotation, np.array([0.05, -0.02, 1.5])))


def as_json(mesh: MeshAnnotation) -> dict:
    return {
        "vertices": mesh.vertices.tolist(),
        "model_view_matrix": mesh.model_view.tolist(),
        "projection_matrix": mesh.projection.tolist(),
    }


def row_of(name: str, split: str) -> dict:
    """Paths are relative to the split in some rows and to the root in others."""
    folder = "" if name < "c" else f"{split}/"
    return {
        "item_id": name,
        "annotation_path": f"{folder}annotations/{name}.json",
        "img_path": f"{folder}images/{name}.png",
        "bbox": [10, 20.5, 100, 120],
        "attributes": dict(ATTRIBUTES),
    }


@pytest.fixture
def dataset(tmp_path: Path, mesh: MeshAnnotation) -> Path:
    root = tmp_path / "DAD-3DHeadsDataset"
    for split in ("train", "val", "test"):
        (root / split / "images").mkdir(parents=True)
        for name in "bac":
            (root / split / "images" / f"{name}.png").touch()
        rows = [row_of(name, split) for name in "bac"]
        if split != "test":
            (root / split / "annotations").mkdir()
            for name in "bac":
                (root / split / "annotations" / f"{name}.json").write_text(json.dumps(as_json(mesh)))
        (root / split / f"{split}.json").write_text(json.dumps(rows))
    return root


def edit(dataset: Path, split: str, change) -> None:
    path = dataset / split / f"{split}.json"
    rows = json.loads(path.read_text())
    change(rows)
    path.write_text(json.dumps(rows))


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_is_read_in_the_order_of_its_list(dataset, split):
    heads, unreadable = read_split(dataset, split)
    assert [head.id for head in heads] == ["b", "a", "c"]
    assert unreadable == []
    for head in heads:
        assert head.photograph == dataset / split / "images" / f"{head.id}.png"
        assert head.annotation == dataset / split / "annotations" / f"{head.id}.json"
        np.testing.assert_array_equal(head.box, [10, 20.5, 100, 120])
        assert head.box.dtype == np.float64


def test_the_folder_that_holds_the_data_set_will_do(dataset):
    inside, outside = read_split(dataset, "val")[0], read_split(dataset.parent, "val")[0]
    assert [head.photograph for head in inside] == [head.photograph for head in outside]


def test_the_test_split_has_no_annotations(dataset):
    edit(dataset, "test", lambda rows: (rows[0].pop("annotation_path"), rows[1].update(annotation_path=None)))
    heads, _ = read_split(dataset, "test")
    assert [head.annotation for head in heads] == [None] * 3


def test_attributes_are_words(dataset):
    edit(dataset, "train", lambda rows: (rows[1]["attributes"].update(gender=None), rows[1]["attributes"].pop("pose")))
    edit(dataset, "train", lambda rows: rows[2].pop("attributes"))
    first, second, third = (head.attributes for head in read_split(dataset, "train")[0])
    assert first == ATTRIBUTES | {"expression": "true", "occlusions": "false", "standard light": "true"}
    assert set(ATTRIBUTES) - set(second) == {"gender", "pose"}
    assert third == {}


@pytest.mark.parametrize("given", ["elsewhere/images/b.png", "", None])
def test_a_path_that_leads_nowhere_is_replaced_by_the_usual_one(dataset, given):
    edit(dataset, "val", lambda rows: rows[0].update(img_path=given, annotation_path=given))
    head = read_split(dataset, "val")[0][0]
    assert head.photograph == dataset / "val" / "images" / "b.png"
    assert head.annotation == dataset / "val" / "annotations" / "b.json"


@pytest.mark.parametrize("given", ["images/other.jpg", "val/images/other.jpg"])
def test_the_file_that_a_row_names_comes_before_the_usual_one(dataset, given):
    (dataset / "val" / "images" / "other.jpg").touch()
    edit(dataset, "val", lambda rows: rows[0].update(img_path=given))
    assert read_split(dataset, "val")[0][0].photograph.name == "other.jpg"


FAULTS = {
    "no photograph": (lambda f, rows: (f / "images" / "a.png").unlink(), r"\(a\): there is no photograph .*a\.png"),
    "no annotation": (
        lambda f, rows: (f / "annotations" / "a.json").unlink(),
        r"\(a\): there is no annotation .*a\.js",
    ),
    "no id": (lambda f, rows: rows[1].pop("item_id"), r"expected the key `item_id`, got none"),
    "id of a number": (lambda f, rows: rows[1].update(item_id=7), r"\$\.item_id: expected `str`, got `int`"),
    "id twice": (lambda f, rows: rows[1].update(item_id="b"), r"\(b\): the id has been given"),
    "not an object": (lambda f, rows: rows.__setitem__(1, [1]), r"expected `object`, got `array`"),
    "path": (lambda f, rows: rows[1].update(img_path=3), r"\$\.img_path: expected `str \| null`, got `int`"),
    "no box": (lambda f, rows: rows[1].pop("bbox"), r"expected the key `bbox`, got none"),
    "three numbers": (lambda f, rows: rows[1].update(bbox=[1, 2, 3]), r"\$\.bbox: expected `array` of length 4"),
    "text": (lambda f, rows: rows[1].update(bbox="all"), r"\$\.bbox: expected `array`, got `str`"),
    "NaN": (lambda f, rows: rows[1].update(bbox=[1, 2, 3, float("nan")]), r"\$\.bbox\[3\]: expected `float` > 0"),
    "flat": (lambda f, rows: rows[1].update(bbox=[1, 2, 3, 0]), r"\$\.bbox\[3\]: expected `float` > 0"),
    "attributes": (
        lambda f, rows: rows[1].update(attributes=["hq"]),
        r"\$\.attributes: expected `object \| null`, got `array`",
    ),
    "attribute": (
        lambda f, rows: rows[1]["attributes"].update(age=[1]),
        r"\$\.attributes\[...\]: expected .*, got `array`",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_row_is_named_or_left_out(dataset, fault):
    spoil, message = FAULTS[fault]
    edit(dataset, "val", lambda rows: spoil(dataset / "val", rows))
    with pytest.raises(ValueError, match=rf"val\.json, row 1.*{message}") as raised:
        read_split(dataset, "val")
    heads, unreadable = read_split(dataset, "val", skip_bad=True)
    assert [head.id for head in heads] == ["b", "c"]
    assert [bad.message for bad in unreadable] == [str(raised.value)]


def test_what_is_left_out_is_told_of_by_its_id_or_its_row(dataset):
    edit(dataset, "val", lambda rows: (rows[0].pop("bbox"), rows.__setitem__(1, None)))
    _, unreadable = read_split(dataset, "val", skip_bad=True)
    assert [bad.sample for bad in unreadable] == ["b", "row 1"]
    assert isinstance(unreadable[0], Unreadable)


def test_a_split_that_is_not_there_is_named(dataset):
    with pytest.raises(ValueError, match="one of train, val, test, got 'dev'"):
        read_split(dataset, "dev")
    with pytest.raises(ValueError, match="DAD-3DHeadsDataset or the folder that holds it, found no folder val"):
        read_split(dataset / "train", "val")
    (dataset / "val" / "val.json").unlink()
    with pytest.raises(ValueError, match=r"val\.json: there is no such list"):
        read_split(dataset, "val", skip_bad=True)


@pytest.mark.parametrize(("content", "message"), [("{", "expected JSON"), ("{}", "a list"), ("[]", "a list")])
def test_a_list_that_is_none_is_named(dataset, content, message):
    (dataset / "val" / "val.json").write_text(content)
    with pytest.raises(ValueError, match=rf"val\.json: .*{message}"):
        read_split(dataset, "val", skip_bad=True)


def test_a_mesh_comes_back_to_the_bit(dataset, mesh):
    read = read_mesh(dataset / "train" / "annotations" / "a.json")
    for name in ("vertices", "model_view", "projection"):
        assert getattr(read, name).dtype == np.float64
        np.testing.assert_array_equal(getattr(read, name), getattr(mesh, name))


def test_a_mesh_is_projected_as_by_our_own_camera(mesh):
    camera = Pinhole(torch.tensor([FOCAL], dtype=torch.float64), torch.tensor([[WIDTH / 2, HEIGHT / 2]]).double())
    assert (mesh.camera_vertices[:, 2] > 1).all()
    expected = camera.project(torch.from_numpy(mesh.camera_vertices)[None])[0].numpy()
    projected = mesh.project(mesh.vertices, HEIGHT)
    np.testing.assert_allclose(projected, expected, atol=1e-9)
    np.testing.assert_allclose(mesh.project(mesh.vertices.reshape(5, 8, 3), HEIGHT), projected.reshape(5, 8, 2))


def test_the_whole_matrices_count_and_not_only_those_of_a_pinhole():
    random = np.random.default_rng(2)
    mesh = MeshAnnotation(random.normal(size=(6, 3)), random.normal(size=(4, 4)), random.normal(size=(4, 4)))
    for vertex, (x, y) in zip(mesh.vertices, mesh.project(mesh.vertices, 300), strict=True):
        clip = mesh.projection @ (mesh.model_view @ np.array([*vertex, 1]))
        np.testing.assert_allclose([x, 300 - y], clip[:2] / clip[3])


def test_rotation_is_head_space_to_our_camera_space_scale_included(mesh):
    expected = rotation_from_euler(torch.tensor([10.0, -40.0, 5.0], dtype=torch.float64)).numpy()
    np.testing.assert_allclose(mesh.rotation, expected, atol=1e-12)
    scaled = MeshAnnotation(mesh.vertices, mesh.model_view * 2, mesh.projection)
    np.testing.assert_allclose(scaled.rotation, 2 * expected, atol=1e-12)


OUTSIDE = ["../../secret.png", "/secret.png", "images/../../../secret.png"]


@pytest.mark.parametrize("given", OUTSIDE)
def test_a_path_out_of_the_data_set_is_not_followed(dataset, given):
    (dataset.parent / "secret.png").touch()
    given = str(dataset.parent / "secret.png") if given.startswith("/") else given
    edit(dataset, "val", lambda rows: rows[0].update(img_path=given, annotation_path=given))
    head = read_split(dataset, "val")[0][0]
    assert head.photograph == dataset / "val" / "images" / "b.png"
    assert head.annotation == dataset / "val" / "annotations" / "b.json"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item_id": "../images/a"}, r"\$\.item_id: expected `str` matching"),
        ({"item_id": "a" * 201}, r"\$\.item_id: expected `str` of length <= 200"),
        ({"item_id": "\ud800"}, r"\$\.item_id: expected `str` matching"),
        ({"img_path": "a" * 10_000, "item_id": "gone"}, r"\(gone\): there is no photograph"),
        ({"img_path": "\0", "item_id": "gone"}, r"\(gone\): there is no photograph"),
        ({"bbox": [0, 0, 1e300, 1]}, r"\$\.bbox\[2\]: expected `float` <= "),
        ({"attributes": 800 * [[]]}, r"\$\.attributes: expected"),
    ],
)
def test_an_odd_row_is_named_or_left_out(dataset, change, message):
    edit(dataset, "val", lambda rows: rows[1].update(change))
    with pytest.raises(ValueError, match=rf"val\.json, row 1.*{message}"):
        read_split(dataset, "val")
    assert [head.id for head in read_split(dataset, "val", skip_bad=True)[0]] == ["b", "c"]


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a":' * 100_000, "[" + "9" * 5_000 + "]"])
def test_a_list_that_python_cannot_read_is_named(dataset, text):
    (dataset / "val" / "val.json").write_text(text)
    with pytest.raises(ValueError, match=r"val\.json: expected JSON"):
        read_split(dataset, "val", skip_bad=True)


MESH_FAULTS = {
    "nested": (lambda row: row.update(vertices=[[[[1.0]]]]), r"\$\.vertices\[0\]\[0\]: expected `float`"),
    "text": (lambda row: row["vertices"].__setitem__(2, ["1", "2", "3"]), r"\$\.vertices\[2\]\[0\]: expected `float`"),
    "huge": (lambda row: row["vertices"][2].__setitem__(0, 1e300), r"\$\.vertices\[2\]\[0\]: expected `float` <= "),
    "no vertices": (lambda row: row.pop("vertices"), r"expected the key `vertices`, got none"),
    "two columns": (lambda row: row.update(vertices=[[1, 2]] * 9), r"\$\.vertices\[0\]: expected `array` of length 3"),
    "none": (lambda row: row.update(vertices=[]), r"\$\.vertices: expected `array` of length >= 1"),
    "ragged": (lambda row: row["vertices"][3].pop(), r"\$\.vertices\[3\]: expected `array` of length 3"),
    "NaN": (lambda row: row["vertices"][3].__setitem__(0, float("nan")), r"without NaN and Infinity"),
    "3 × 4": (lambda row: row["model_view_matrix"].pop(), r"\$\.model_view_matrix: expected `array` of length 4"),
    "infinite": (lambda row: row["projection_matrix"][0].__setitem__(0, float("inf")), r"without NaN and Infinity"),
}


@pytest.mark.parametrize("fault", MESH_FAULTS)
def test_a_bad_mesh_is_named(tmp_path, mesh, fault):
    spoil, message = MESH_FAULTS[fault]
    content = as_json(mesh)
    spoil(content)
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"a\.json: .*{message}"):
        read_mesh(tmp_path / "a.json")


def test_a_mesh_of_many_megabytes_is_not_read(tmp_path):
    (tmp_path / "a.json").write_bytes(b" " * (2**24 + 1))
    with pytest.raises(ValueError, match=r"a\.json: \$: expected at most 16777216 bytes"):
        read_mesh(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"a\.json: \$: expected"):
        read_mesh(tmp_path / "a.json")


def test_a_mesh_that_is_no_object_or_not_there_is_named(tmp_path):
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"a\.json: \$: expected `object`, got `array`"):
        read_mesh(tmp_path / "a.json")
    with pytest.raises(FileNotFoundError, match=r"gone\.json: no such annotation"):
        read_mesh(tmp_path / "gone.json")
