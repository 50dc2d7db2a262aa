"""PLY and NPZ files, and what is refused."""

import numpy as np
import pytest
import trimesh

from toy_heads import toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Head


@pytest.fixture
def head(toy: HeadModel) -> Head:
    return toy_head(toy, (10, 10, 50, 60))


def test_trimesh_reads_the_found_face_in_the_head_models_order(tmp_path, head):
    path = tmp_path / "new" / "head.ply"
    head.save(path)
    mesh = trimesh.load(path, process=False)
    np.testing.assert_allclose(mesh.vertices, head.vertices, atol=2e-6)
    np.testing.assert_array_equal(mesh.faces, head.head_model.triangles)


def test_an_npz_holds_everything(tmp_path, head):
    head.save(tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz") as arrays:
        projected = (
            arrays["camera_scale"] * arrays["vertices"] @ arrays["rotation"][:2].T + arrays["camera_translation"]
        )
        np.testing.assert_allclose(projected, arrays["projected"], atol=1e-3)
        np.testing.assert_array_equal(arrays["parameter_shape"], head.parameters.shape)
        assert arrays["landmarks"].shape == (68, 2)
        assert arrays["expression_names"].tolist() == list(head.blendshapes)


@pytest.mark.parametrize("name", ["head.stl", "head", "head.GLTF"])
def test_another_suffix_is_refused_with_the_valid_ones(tmp_path, head, name):
    with pytest.raises(ValueError, match=r"\.glb, \.obj, \.ply, \.npz"):
        head.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path, head, monkeypatch):
    path = tmp_path / "head.ply"
    head.save(path)
    before = path.read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        head.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["head.ply"]
