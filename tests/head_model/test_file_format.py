"""Writing, reading and refusing head model files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from trans3dhead.head_model import HeadModel, HeadModelMetadata, read_head_model, write_head_model

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
        (_put("parents", np.array([-1, 2, 1, 1])), "parents: expected -1 first"),
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


def test_metadata_must_agree_with_the_arrays(tmp_path: Path, arrays: Arrays, metadata: HeadModelMetadata):
    with pytest.raises(ValueError, match="joint_names: expected 4"):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, joint_names=("root",)), arrays)
    with pytest.raises(ValueError, match="jaw_joint: expected an index into 4 joints, got 4"):
        write_head_model(tmp_path / "a.safetensors", replace(metadata, jaw_joint=4), arrays)


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
    with pytest.raises(ValueError, match=r"unknown keys \['colour'\]"):
        HeadModelMetadata.from_json('{"colour": 1}')
    with pytest.raises(ValueError, match="missing keys"):
        HeadModelMetadata.from_json('{"name": "x"}')
    with pytest.raises(ValueError, match="metadata: expected JSON"):
        HeadModelMetadata.from_json("{name")
    with pytest.raises(ValueError, match="metadata: expected a JSON object"):
        HeadModelMetadata.from_json("[]")


def test_metadata_at_fault_is_named_with_its_file(tmp_path: Path, arrays: Arrays):
    header = {"format": "trans3dhead head model 1", "head_model": '{"colour": 1}'}
    save_file(arrays, tmp_path / "odd.safetensors", metadata=header)
    with pytest.raises(ValueError, match=r"odd\.safetensors: metadata: unknown keys \['colour'\]"):
        read_head_model(tmp_path / "odd.safetensors")


def test_an_unknown_shipped_model_is_refused():
    with pytest.raises(ValueError, match=r"asked for 'nobody', which does not ship"):
        HeadModel.shipped("nobody")
