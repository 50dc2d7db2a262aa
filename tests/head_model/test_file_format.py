"""Writing, reading and refusing head model files."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from trans3dhead.head_model import HeadModel, HeadModelMetadata, ParametersLayout, read_head_model, write_head_model
from trans3dhead.reading.safetensors_header import read_header

Arrays = dict[str, np.ndarray]


def test_what_is_written_is_read(random_file: Path, arrays: Arrays, metadata: HeadModelMetadata):
    content = read_head_model(random_file)
    assert content.metadata == metadata
    assert set(content.arrays) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_allclose(content.arrays[name], array, atol=1e-7)
    assert content.subsets["head"].tolist() == list(range(30))


def test_half_precision_on_disk_is_single_precision_in_memory(tmp_path: Path, arrays: Arrays, metadata):
    arrays["shape_basis"] = arrays["shape_basis"].astype(np.float16)
    write_head_model(tmp_path / "half.safetensors", metadata, arrays)
    read = read_head_model(tmp_path / "half.safetensors").arrays["shape_basis"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, arrays["shape_basis"])


def test_the_hash_is_of_the_geometry_alone(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    def hash_of(**changes: np.ndarray) -> str:
        write_head_model(tmp_path / "one.safetensors", metadata, {**arrays, **changes})
        return read_head_model(tmp_path / "one.safetensors").geometry_hash

    original = hash_of()
    assert hash_of(landmark_triangles=arrays["landmark_triangles"][::-1], subset_head=np.arange(5)) == original
    for name in ("template", "shape_basis", "expression_basis", "pose_correctives", "skinning_weights"):
        assert hash_of(**{name: arrays[name] + 1e-3}) != original, name


def _without(name: str):
    return lambda arrays: arrays.pop(name)


def _put(name: str, value: np.ndarray):
    return lambda arrays: arrays.update({name: value})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("template"), r"missing arrays \['template'\]"),
        (_without("subset_head"), r"missing arrays \['subset_head'\]"),
        (_without("parents"), r"without \['parents'\]"),
        (_put("hair", np.zeros(3)), r"unknown arrays \['hair'\]"),
        (_put("expression_mirror", np.arange(3)), "go together"),
        (_put("shape_basis", np.zeros((5, 39, 3))), r"shape_basis: expected shape \(S, V = 40, 3\), got \(5, 39, 3\)"),
        (_put("landmark_weights", np.zeros((67, 3))), r"landmark_weights: expected shape .*got \(67, 3\)"),
        (_put("triangles", np.full((60, 3), 40)), r"triangles: expected indices in 0\.\.39, got 40\.\.40"),
        (_put("subset_head", np.array([-1])), r"subset_head: expected indices in 0\.\.39"),
        (_put("triangles", np.zeros((60, 3))), "triangles: expected integers, got float64"),
        (_put("template", np.full((40, 3), np.nan)), "template: expected finite numbers, got 120 others"),
        (_put("template", np.diag([np.inf, *[0.0] * 39])[:, :3]), "template: expected finite numbers, got 1 others"),
        (
            _put("template", np.full((40, 3), 1e300)),
            r"template: expected numbers up to ±10000, got 1e\+300; give metres",
        ),
        (_put("shape_basis", np.full((5, 40, 3), -3e38, np.float32)), "shape_basis: expected numbers up to ±10000"),
        (
            _put("template", np.where(np.arange(40) == 7, 10001.0, 0.0)[:, None] + np.zeros((40, 3))),
            "got 10001; give metres",
        ),
        (_put("subset_eyes", np.zeros(0, np.int64)), "subset_eyes: expected one index or more, got none"),
        (_put("base_mesh_vertices", np.full(40, 2**40)), r"base_mesh_vertices: expected indices in 0\.\.2147483647"),
        (
            _put("base_mesh_vertices", np.arange(-1, 39)),
            r"base_mesh_vertices: expected indices in 0\.\.2147483647, got -1",
        ),
        (_put("parents", np.array([-1, 2, 1, 1])), "parents: expected -1 first"),
        (_put("joint_regressor", np.zeros((3, 40))), r"expected shape \(.*J = [34][,)]"),
        (_put("parents", np.array([-1, 0, 2, 1])), "parents: expected -1 first"),
        (_put("parents", np.array([-1, -1, 1, 1])), "parents: expected -1 first"),
        (_put("parents", np.array([0, 0, 1, 1])), "parents: expected -1 first"),
        (_put("parents", np.array([-2, 0, 1, 1])), r"parents: expected indices in -1\.\."),
        (_put("pose_correctives", np.zeros((9, 40, 3))), r"pose_correctives: expected 9 rows for each joint.*\(27\)"),
        (_put("expression_basis", np.zeros((4, 40, 3))), "expression_names: expected 4"),
    ],
)
def test_a_spoilt_file_is_refused_by_the_name_of_the_array(tmp_path: Path, arrays: Arrays, metadata, spoil, message):
    spoil(arrays)
    header = {"format": "trans3dhead head model 1", "head_model": metadata.to_json()}
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(whole, tmp_path / "spoilt.safetensors", metadata=header)
    with pytest.raises(ValueError, match=message):
        read_head_model(tmp_path / "spoilt.safetensors")
    with pytest.raises(ValueError, match=message):
        write_head_model(tmp_path / "never.safetensors", metadata, arrays)
    assert not (tmp_path / "never.safetensors").exists()


MIRRORED = {
    "mirror": np.arange(40)[::-1],
    "shape_mirror": np.array([1, -1, 1, 1, -1]),
    "expression_mirror": np.arange(3),
}
TEXTURED = {"uvs": np.zeros((7, 2)), "uv_triangles": np.arange(180).reshape(60, 3) % 7}


@pytest.mark.parametrize(
    ("whole", "name", "value", "message"),
    [
        (MIRRORED, "shape_mirror", np.array([1, -1, 0, 1, 1]), "shape_mirror: expected -1 and 1 alone"),
        (MIRRORED, "shape_mirror", np.array([1, -1, 2, 1, 1]), "shape_mirror: expected -1 and 1 alone"),
        (MIRRORED, "expression_mirror", np.arange(1, 4), r"expression_mirror: expected indices in 0\.\.2, got 1\.\.3"),
        (MIRRORED, "mirror", np.arange(1, 41), r"mirror: expected indices in 0\.\.39, got 1\.\.40"),
        (
            TEXTURED,
            "uv_triangles",
            TEXTURED["uv_triangles"] + 1,
            r"uv_triangles: expected indices in 0\.\.6, got 1\.\.7",
        ),
        (TEXTURED, "uvs", np.zeros((7, 3)), r"uvs: expected shape \(T, 2\), got \(7, 3\)"),
        (TEXTURED, "uvs", np.zeros(7), r"uvs: expected shape \(T, 2\), got \(7,\)"),
        (TEXTURED, "uvs", np.zeros((7, 2), int), "uvs: expected floats, got int64"),
    ],
)
def test_optional_arrays_at_fault_are_refused(
    tmp_path: Path, arrays: Arrays, metadata, whole, name, value, message: str
):
    path = tmp_path / "a.safetensors"
    write_head_model(path, metadata, arrays | whole)
    read = read_head_model(path).arrays
    for each in whole:
        np.testing.assert_array_equal(read[each], whole[each])
    with pytest.raises(ValueError, match=message):
        write_head_model(path, metadata, arrays | whole | {name: value})


def test_the_largest_numbers_are_read(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    arrays["template"][3] = [1e4, -1e4, 0.0]
    arrays["base_mesh_vertices"] = np.full(40, 2**31 - 1)
    write_head_model(tmp_path / "a.safetensors", metadata, arrays)
    read = read_head_model(tmp_path / "a.safetensors").arrays
    assert read["template"][3].tolist() == [1e4, -1e4, 0.0]
    assert (read["base_mesh_vertices"] == 2**31 - 1).all()


def test_integers_take_four_bytes_on_disk_and_signs_one(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    write_head_model(tmp_path / "a.safetensors", metadata, arrays | MIRRORED)
    stored = {name: tensor.dtype for name, tensor in read_header(tmp_path / "a.safetensors").tensors.items()}
    assert stored.pop("shape_mirror") == "I8"
    assert {name for name, dtype in stored.items() if dtype == "I32"} == {
        *("triangles", "landmark_triangles", "parents", "subset_head", "mirror", "expression_mirror")
    }


REQUIRED = ("template", "triangles", "shape_basis", "expression_basis", "landmark_triangles", "landmark_weights")


def test_what_a_file_lacks_is_empty(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    bare = replace(metadata, joint_names=(), jaw_joint=None, expression_names=())
    few = {name: arrays[name] for name in (*REQUIRED, "subset_head")}
    write_head_model(tmp_path / "a.safetensors", bare, few)
    content = read_head_model(tmp_path / "a.safetensors")
    empty = {name: array for name, array in content.completed().items() if name not in few}
    assert {name: (array.shape, array.dtype.name) for name, array in empty.items()} == {
        "uvs": ((0, 2), "float32"),
        "uv_triangles": ((0, 3), "int64"),
        "joint_regressor": ((0, 40), "float32"),
        "parents": ((0,), "int64"),
        "skinning_weights": ((40, 0), "float32"),
        "pose_correctives": ((0, 40, 3), "float32"),
        "base_mesh_vertices": ((0,), "int64"),
    }
    assert content.layout == ParametersLayout(5, 3)
    write_head_model(tmp_path / "b.safetensors", metadata, arrays)
    whole = read_head_model(tmp_path / "b.safetensors")
    assert whole.layout == ParametersLayout(5, 3, 3)
    for name, array in whole.arrays.items():
        assert whole.completed()[name] is array


def test_metadata_must_agree_with_the_arrays(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    with pytest.raises(ValueError, match="joint_names: expected 4"):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, joint_names=("root",)), arrays)
    with pytest.raises(ValueError, match="jaw_joint: expected an index into 4 joints, got 4"):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, jaw_joint=4), arrays)
    with pytest.raises(ValueError, match="jaw_joint: expected an index into 4 joints, got -1"):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, jaw_joint=-1), arrays)
    for joint in (0, 3):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, jaw_joint=joint), arrays)


def test_other_files_are_refused(tmp_path: Path, arrays: Arrays):
    with pytest.raises(FileNotFoundError, match="no such head model file"):
        read_head_model(tmp_path / "absent.safetensors")
    (tmp_path / "text.safetensors").write_text("not tensors")
    with pytest.raises(ValueError, match=r"not a readable \.safetensors file"):
        read_head_model(tmp_path / "text.safetensors")
    save_file({"weights": np.zeros(3)}, tmp_path / "network.safetensors")
    with pytest.raises(ValueError, match="expected a file of the format 'trans3dhead head model 1'"):
        read_head_model(tmp_path / "network.safetensors")


def test_metadata_goes_through_json(metadata: HeadModelMetadata):
    assert HeadModelMetadata.from_json(metadata.to_json()) == metadata


WHOLE = {"name": "x", "licence": "x", "source": "x", "source_version": "1"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (WHOLE | {"colour": 1}, r"\$\.colour: expected only known keys"),
        ({"name": "x"}, r"\$: expected the key `licence`, got none"),
        ([], r"\$: expected `object`, got `array`"),
        (WHOLE | {"expression_names": "jawOpen"}, r"\$\.expression_names: expected `array`, got `str`"),
        (WHOLE | {"expression_names": [1]}, r"\$\.expression_names\[0\]: expected `str`, got `int`"),
        (WHOLE | {"expression_bounds": [0]}, r"\$\.expression_bounds: expected `array` of length 2"),
        (WHOLE | {"expression_bounds": ["0", "1"]}, r"\$\.expression_bounds\[0\]: expected `float`, got `str`"),
        (
            WHOLE | {"expression_bounds": [1, 0]},
            "expression_bounds: expected two numbers up to ±10000, the least first",
        ),
        (WHOLE | {"jaw_joint": "jaw"}, r"\$\.jaw_joint: expected `int \| null`, got `str`"),
        (WHOLE | {"frame_pitch": None}, r"\$\.frame_pitch: expected `float`, got `null`"),
        (WHOLE | {"notes": {"seed": 1}}, r"\$\.notes\[\.\.\.\]: expected `str`, got `int`"),
    ],
)
def test_metadata_at_fault_is_named_with_its_file(tmp_path: Path, arrays: Arrays, values, message: str):
    header = {"format": "trans3dhead head model 1", "head_model": json.dumps(values)}
    save_file(arrays, tmp_path / "odd.safetensors", metadata=header)
    with pytest.raises(ValueError, match=rf"odd\.safetensors: metadata: .*{message}"):
        read_head_model(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("text", ["{name", 100_000 * "[", '{"name": NaN}', ""])
def test_metadata_that_is_no_json(text: str):
    with pytest.raises(ValueError, match=r"metadata: \$.*; convert the head model again"):
        HeadModelMetadata.from_json(text)


def test_metadata_of_more_than_a_mebibyte_is_not_read(metadata: HeadModelMetadata):
    text = json.dumps(json.loads(metadata.to_json()) | {"notes": {"a": ""}})
    longest = text.replace('"a": ""', '"a": "' + "x" * ((1 << 20) - len(text)) + '"')
    assert len(HeadModelMetadata.from_json(longest).notes["a"]) == (1 << 20) - len(text)
    with pytest.raises(ValueError, match="expected at most 1048576 bytes of JSON, got 1048577"):
        HeadModelMetadata.from_json(longest + " ")


def test_bounds_and_pitch_are_finite(metadata: HeadModelMetadata):
    for changes in ({"expression_bounds": (0.0, 1e308)}, {"expression_bounds": (math.nan, 1.0)}):
        with pytest.raises(ValueError, match="expression_bounds: expected two numbers up to"):
            replace(metadata, **changes)
    for bounds in ((-1e4 - 1, 0.0), (0.0, 1e4 + 1), (0.1, 0.0)):
        with pytest.raises(ValueError, match=f"got {bounds[0]}, {bounds[1]}"):
            replace(metadata, expression_bounds=bounds)
    for bounds in ((-1e4, 1e4), (0.5, 0.5), None):
        assert replace(metadata, expression_bounds=bounds).expression_bounds == bounds
    with pytest.raises(ValueError, match="frame_pitch: expected degrees, got nan"):
        replace(metadata, frame_pitch=math.nan)


def test_numbers_of_types_that_numpy_lacks_are_refused(tmp_path: Path, random_file: Path):
    content = random_file.read_bytes().replace(b'"F64"', b'"F42"', 1)
    (tmp_path / "odd.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"expected numbers of BOOL, U8, .*, got 'F42'"):
        read_head_model(tmp_path / "odd.safetensors")


def test_a_subset_may_have_any_name_that_has_no_other_meaning(tmp_path: Path, arrays: Arrays, metadata):
    write_head_model(tmp_path / "a.safetensors", metadata, arrays | {"subset_names": np.arange(3)})
    assert HeadModel.load(tmp_path / "a.safetensors").subsets["names"].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"unknown arrays \['subset_a\.b'\]"):
        write_head_model(tmp_path / "b.safetensors", metadata, arrays | {"subset_a.b": np.arange(3)})


def test_an_unknown_shipped_model_is_refused():
    with pytest.raises(ValueError, match=r"asked for 'nobody', which does not ship"):
        HeadModel.shipped("nobody")
