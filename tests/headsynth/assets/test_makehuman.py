import os
from pathlib import Path

import numpy as np
import pytest

from headsynth.assets.makehuman import AssetFolder, load_asset, parse_mhclo, parse_mhmat, parse_obj
from toy_makehuman import MHCLO, OBJ


def test_a_binding_is_read_past_keywords_among_its_vertices() -> None:
    binding, header = parse_mhclo(MHCLO)
    np.testing.assert_array_equal(binding.vertices, [[1, 2, 3], [4, 4, 4], [12, 13, 14]])
    np.testing.assert_allclose(binding.weights, [[0.5, 0.25, 0.25], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(binding.offsets[:2], [[0.1, -0.2, 0.3], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(binding.scale_vertices, [[5, 6], [7, 8], [9, 10]])
    np.testing.assert_allclose(binding.scale_lengths, [2.0, 1.0, 4.0])
    assert header["material"] == "cap.mhmat"


def test_a_binding_without_vertices_or_scale_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="vertex lines after 'verts 0'"):
        parse_mhclo(MHCLO.split("verts 0")[0])
    with pytest.raises(ValueError, match="y_scale"):
        parse_mhclo(MHCLO.replace("y_scale 7 8 1.0\n", ""))


def test_polygons_become_triangles_with_their_uvs() -> None:
    mesh = parse_obj(OBJ)
    np.testing.assert_array_equal(mesh.triangles, [[0, 1, 2], [0, 1, 2], [0, 2, 0]])
    np.testing.assert_array_equal(mesh.uv_triangles, [[0, 1, 2], [0, 1, 2], [0, 2, 3]])
    assert mesh.uvs.shape == (4, 2)


@pytest.mark.parametrize("corner", ["1", "1//3", "1/", "1/1/2"])
def test_corners_in_every_form_of_the_format(corner: str) -> None:
    np.testing.assert_array_equal(parse_obj(f"f {corner} {corner} {corner}").triangles, [[0, 0, 0]])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("vt 0.5", "expected 2 finite numbers"),
        ("vt 0 nan", "expected 2 finite numbers"),
        ("vt 0 1e99", "expected 2 finite numbers"),
        ("f 1 2 99999999999999999999", "the number of a vertex or UV"),
        ("f 1 2 4294967295", "the number of a vertex or UV"),
        ("f 1 2 -1", "the number of a vertex or UV"),
        ("f 1 2 ²", "the number of a vertex or UV"),
        ("f 0 1 2", "counted from 1"),
        ("f 1/1 2/2 3/9", "has 4 UVs, its faces use 9"),
    ],
)
def test_a_line_that_is_no_mesh_s_is_refused(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"obj: .*{words}"):
        parse_obj(OBJ + line)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (" 1 2 3 0.5", "-1 2 3 0.5", "the number of a vertex"),
        (" 1 2 3 0.5", " 1 2 1e30 0.5", "the number of a vertex"),
        ("0.25 0.1", "0.25 inf", "expected 6 finite numbers"),
        ("x_scale 5 6 2.0", "x_scale 5 99999999999 2.0", "x_scale: expected the number of a vertex"),
        ("x_scale 5 6 2.0", "x_scale 5 6 nan", "x_scale: expected 1 finite numbers"),
    ],
)
def test_a_line_that_is_no_binding_s_is_refused(before: str, after: str, words: str) -> None:
    assert before in MHCLO
    with pytest.raises(ValueError, match=f"mhclo: .*{words}"):
        parse_mhclo(MHCLO.replace(before, after))


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "gone", "x" * 300, "nul\0"])
def test_a_mesh_that_is_no_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "cap.mhclo").write_text(MHCLO.replace("cap.obj", name))
    with pytest.raises(ValueError, match=r"cap\.mhclo: "):
        load_asset(tmp_path / "cap.mhclo")


def test_a_material_keeps_the_first_of_equal_keys() -> None:
    assert parse_mhmat("// note\ndiffuseTexture a b.png\ndiffuseTexture c.png\nlone\n") == {"diffuseTexture": "a b.png"}


def test_an_asset_that_its_binding_does_not_cover_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cap.mhclo").write_text(MHCLO)
    (tmp_path / "cap.obj").write_text(OBJ)
    assert load_asset(tmp_path / "cap.mhclo").texture is None
    (tmp_path / "cap.obj").write_text("f 1 2 9\n")
    with pytest.raises(ValueError, match=r"cap\.mhclo: binds 3 vertices, its mesh uses 9"):
        load_asset(tmp_path / "cap.mhclo")


def test_a_folder_without_assets_is_refused_and_none_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected the folders 'makehuman' and 'hdri'"):
        AssetFolder.load(tmp_path)
    with pytest.raises(ValueError, match="absent: no such assets folder"):
        AssetFolder.load(tmp_path / "absent")
    assert AssetFolder.load(None).hashes() == {}


def test_hashes_change_with_a_file(tmp_path: Path) -> None:
    skins = tmp_path / "makehuman" / "skins" / "textures"
    skins.mkdir(parents=True)
    (skins / "young_diffuse.jpg").write_bytes(b"one")
    before = AssetFolder.load(tmp_path).hashes()
    (skins / "young_diffuse.jpg").write_bytes(b"two")
    assert before.keys() == {"makehuman/skins/textures/young_diffuse.jpg"}
    assert AssetFolder.load(tmp_path).hashes() != before


def test_the_real_assets_are_all_found(shared: Path) -> None:
    folder = AssetFolder.load(shared / "assets")
    counts = {name: len(getattr(folder, name)) for name in AssetFolder.__dataclass_fields__}
    assert counts == {
        "skins": 14,
        "environments": 18,
        "hair": 10,
        "brows": 12,
        "lashes": 4,
        "teeth": 1,
        "clothes": 10,
        "hats": 2,
    }
    plain = {asset.name for asset in (*folder.hair, *folder.clothes, *folder.hats) if asset.texture is None}
    assert plain == {"afro01", "bob01", "fedora", "fedora_cocked"}
