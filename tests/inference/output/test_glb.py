"""The writer of GLB files."""

import numpy as np
import pytest

from glb_files import ParsedGLB
from trans3dhead.images import encode_jpeg, encode_png
from trans3dhead.inference.output.glb import Material, Mesh, Primitive, Stage, Target, write_glb
from trans3dhead.inference.output.glb_motion import Motion

TRIANGLE = np.array([[0, 1, 2]])
PLAIN = Material("plain", 0.5)


def test_a_mesh_without_uvs_colours_or_targets():
    parsed = ParsedGLB(write_glb(Mesh("triangle", [Primitive(np.eye(3), np.eye(3), TRIANGLE, PLAIN)])))
    (primitive,) = parsed.mesh["primitives"]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL"}
    assert "weights" not in parsed.mesh
    assert "textures" not in parsed.json
    np.testing.assert_array_equal(parsed.accessor(primitive["attributes"]["POSITION"]), np.eye(3))


def test_targets_come_back_sparse_and_in_order():
    offset = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0, 0]], np.float32)
    targets = [Target(offset, -offset), Target(0 * offset)]
    part = Primitive(np.eye(3), np.eye(3), TRIANGLE, PLAIN, targets=targets)
    parsed = ParsedGLB(write_glb(Mesh("triangle", [part, part], ["moved", "still"], {"still": 0.25})))
    assert parsed.mesh["weights"] == [0.0, 0.25]
    assert parsed.mesh["extras"]["targetNames"] == ["moved", "still"]
    moved, still = parsed.mesh["primitives"][1]["targets"]
    np.testing.assert_array_equal(parsed.accessor(moved["POSITION"]), offset)
    np.testing.assert_array_equal(parsed.accessor(moved["NORMAL"]), -offset)
    assert parsed.json["accessors"][moved["NORMAL"]]["sparse"]["count"] == 1
    assert set(still) == {"POSITION"}
    assert "sparse" not in parsed.json["accessors"][still["POSITION"]]


@pytest.mark.parametrize("encode", [encode_png, encode_jpeg])
def test_a_texture_is_in_the_file_once_and_v_runs_down(encode):
    picture = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    materials = [Material(name, 0.5, texture=encode(picture)) for name in ("first", "second")]
    uvs = np.array([[0.0, 0.0], [1.0, 0.0], [0.25, 0.75]])
    parts = [Primitive(np.eye(3), np.eye(3), TRIANGLE, material, uvs) for material in (*materials, PLAIN)]
    parsed = ParsedGLB(write_glb(Mesh("triangle", parts)))
    assert len(parsed.json["images"]) == 1
    for name in ("first", "second"):
        np.testing.assert_allclose(parsed.texture(name), picture, atol=2)
    given = parsed.accessor(parsed.parts["first"]["attributes"]["TEXCOORD_0"])
    np.testing.assert_allclose(given, [[0.0, 1.0], [1.0, 1.0], [0.25, 0.25]])
    assert "baseColorTexture" not in parsed.json["materials"][2]["pbrMetallicRoughness"]


def test_a_stage_and_a_motion_are_refused():
    motion = Motion(np.zeros(1), np.array([[0.0, 0.0, 0.0, 1.0]]), np.zeros((1, 3)), np.zeros((1, 0)))
    stage = Stage(np.eye(3), np.zeros(3), 1.0, 1.0)
    mesh = Mesh("triangle", [Primitive(np.eye(3), np.eye(3), TRIANGLE, PLAIN)])
    with pytest.raises(ValueError, match="a stage or a motion, got both"):
        write_glb(mesh, stage, motion)


def test_what_is_no_png_or_jpeg_and_missing_targets_are_refused():
    part = Primitive(np.eye(3), np.eye(3), TRIANGLE, Material("skin", 0.5, texture=b"GIF89a"))
    with pytest.raises(ValueError, match="PNG or JPEG file, got a file that begins with b'GIF89a'"):
        write_glb(Mesh("triangle", [part]))
    with pytest.raises(ValueError, match="skin: expected 1 targets, one a name, got 0"):
        write_glb(Mesh("triangle", [part], ["moved"]))
