"""`trans3dhead predict` and `trans3dhead models`, with a toy network and, once, with the weights that ship."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

import trans3dhead
from command_line import results_in, run
from glb_files import ParsedGLB
from paths import ASTRONAUT
from trans3dhead.inference import Predictor
from trans3dhead.weights.shipped import network_path


@pytest.fixture
def photographs(tmp_path) -> Path:
    """A folder with the astronaut and a photograph of nothing."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    shutil.copy(ASTRONAUT, folder / "astronaut.jpg")
    cv2.imwrite(str(folder / "wall.png"), np.full((80, 120, 3), 128, np.uint8))
    return folder


def test_a_folder_of_photographs(network, photographs, tmp_path):
    out = tmp_path / "out"
    result = run("predict", photographs, "-o", out, *network, "--format", "glb,obj")
    assert result.exit_code == 0, result.output
    assert "2 photographs, 1 head, 1 without a head" in result.output
    assert "no head" in result.output
    names = results_in(out)
    meshes = {f"astronaut.{ending}" for ending in ("glb", "obj", "mtl", "skin.jpg", "eyes.png")}
    assert names == {"astronaut.json", "astronaut.overlay.png"} | meshes | {
        "wall.json",
        "wall.overlay.png",
    }
    content = json.loads((out / "astronaut.json").read_text())
    assert (content["image"], content["size"], len(content["heads"])) == ("astronaut.jpg", [512, 512], 1)
    assert json.loads((out / "wall.json").read_text()) == {"image": "wall.png", "size": [120, 80], "heads": []}


def test_the_photographs_texture_and_pose(network, photographs, tmp_path):
    files = []
    for texture in ("plain", "photograph"):
        out = tmp_path / texture
        options = ("--texture", texture, "--format", "glb,obj", "--no-overlay", "--posed")
        result = run("predict", photographs / "astronaut.jpg", "-o", out, *network, *options)
        assert result.exit_code == 0, result.output
        files.append(ParsedGLB((out / "astronaut.glb").read_bytes()))
    plain, textured = (parsed.texture("skin").astype(float) for parsed in files)
    assert np.abs(plain - textured).mean() > 5
    lens = files[0].json["cameras"][0]["orthographic"]
    assert lens["xmag"] == pytest.approx(lens["ymag"])  # the photograph is square


def test_the_lens_that_is_given_moves_the_head(network, photographs, tmp_path):
    found = []
    for options in (("--focal-length", "500"), ("--field-of-view", "90")):
        result = run("predict", photographs / "astronaut.jpg", "-o", tmp_path / "out", *network, "--json", *options)
        assert result.exit_code == 0, result.output
        found.append(json.loads(result.stdout)["heads"][0]["perspective"])
    assert [one["focal_length_from"] for one in found] == ["given", "given"]
    assert [one["focal_length"] for one in found] == [500.0, 256.0]  # 512 pixels across
    assert found[0]["translation"][2] > 1.5 * found[1]["translation"][2]


def test_given_boxes_and_several_heads(network, photographs, tmp_path):
    boxes = {"astronaut.jpg": [[170, 30, 110, 150], [300, 200, 80, 90]], "wall.png": []}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    out = tmp_path / "out"
    result = run("predict", photographs, "-o", out, *network, "--boxes", tmp_path / "boxes.json", "--no-overlay")
    assert result.exit_code == 0, result.output
    names = results_in(out)
    assert names == {"astronaut.json", "astronaut-0.glb", "astronaut-1.glb", "wall.json"}


def test_one_bad_file_does_not_stop_the_others(network, photographs, tmp_path):
    (photographs / "broken.jpg").write_bytes(b"no picture")
    out = tmp_path / "out"
    result = run("predict", photographs, tmp_path / "missing.jpg", "-o", out, *network, "--no-overlay")
    assert result.exit_code == 1
    assert (out / "astronaut.json").is_file()
    assert "2 photographs" in result.output
    errors = "".join(result.stderr.split())
    assert "broken.jpg:expectedaJPEG" in errors
    assert "missing.jpg:nosuchphotograph" in errors


def test_with_flip_a_mirrored_photograph_has_the_mirrored_head(tmp_path):
    """Of the network that ships; without the option its angles differ by degrees."""
    photograph = cv2.imread(str(ASTRONAUT))
    boxes = {"plain.png": [[160, 20, 128, 160]], "mirrored.png": [[512 - 160 - 128, 20, 128, 160]]}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    for name, picture in (("plain", photograph), ("mirrored", photograph[:, ::-1])):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    files = [tmp_path / name for name in boxes]
    out = tmp_path / "out"
    result = run("predict", *files, "-o", out, "--boxes", tmp_path / "boxes.json", "--no-overlay", "--flip")
    assert result.exit_code == 0, result.output
    one, other = (json.loads((out / f"{n}.json").read_text())["heads"][0] for n in ("plain", "mirrored"))
    nose, tip = (head["landmarks_2d"][30] for head in (one, other))
    np.testing.assert_allclose([512 - tip[0], tip[1]], nose, atol=0.2)
    angles = [[head["pose"][name] for name in ("pitch", "yaw", "roll")] for head in (one, other)]
    np.testing.assert_allclose(np.multiply(angles[1], [1, -1, -1]), angles[0], atol=0.2)


def test_equal_stems_do_not_overwrite_each_other(network, photographs, tmp_path):
    cv2.imwrite(str(photographs / "wall.jpg"), np.full((80, 120, 3), 128, np.uint8))
    (tmp_path / "other").mkdir()
    shutil.copy(photographs / "wall.jpg", tmp_path / "other" / "wall.jpg")
    out = tmp_path / "out"
    walls = [photographs / "wall.png", photographs / "wall.jpg", tmp_path / "other" / "wall.jpg"]
    assert run("predict", *walls, "-o", out, *network, "--no-overlay").exit_code == 0
    assert results_in(out) == {"wall.png.json", "wall.jpg.json", "wall.jpg.2.json"}


def test_meshes_of_several_heads_do_not_overwrite_another_photograph(network, photographs, tmp_path):
    shutil.copy(ASTRONAUT, photographs / "astronaut-1.jpg")
    boxes = {"astronaut.jpg": [[170, 30, 110, 150]] * 2, "astronaut-1.jpg": [[170, 30, 110, 150]], "wall.png": []}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    out = tmp_path / "out"
    result = run("predict", photographs, "-o", out, *network, "--boxes", tmp_path / "boxes.json", "--no-overlay")
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.glob("*.glb")} == {"astronaut-0.glb", "astronaut-1.glb", "astronaut-1.jpg.glb"}


def test_folders_inside_of_folders_keep_their_places(network, photographs, tmp_path):
    inner = photographs / "wedding" / "guests"
    inner.mkdir(parents=True)
    shutil.copy(photographs / "wall.png", inner / "wall.png")
    out = tmp_path / "out"
    assert run("predict", photographs, "-o", out, *network, "--no-overlay").exit_code == 0
    assert not (out / "wedding").exists()
    result = run("predict", photographs, "-r", "-o", out, *network, "--no-overlay")
    assert "3 photographs, 1 head, 2 without a head" in result.output
    written = {str(path.relative_to(out)) for path in out.rglob("*.json")}
    assert written == {"astronaut.json", "wall.json", "wedding/guests/wall.json"}


def test_what_failed_is_counted_and_named(network, photographs, tmp_path):
    (photographs / "broken.jpg").write_bytes(b"no picture")
    boxes = {"astronaut.jpg": [[170, 30, 110, 150]], "wall.png": [[900, 900, 10, 10]], "broken.jpg": []}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    result = run("predict", photographs, "-o", tmp_path / "out", *network, "--boxes", tmp_path / "boxes.json")
    assert result.exit_code == 1
    assert "1 photograph, 1 head, 0 without a head, 2 failed" in result.output
    assert re.search(r"has no area inside of \S*wall\.png", result.output)
    result = run("predict", "https://example.org/face.jpg", "-o", tmp_path / "out", *network)
    assert "face.jpg: no such photograph; download it first" in result.output


def test_json_lines_go_to_standard_output_and_nothing_to_the_disk(network, photographs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (photographs / "broken.jpg").write_bytes(b"no picture")
    result = run("predict", photographs, "--json", *network)
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["image"], len(line["heads"])) for line in lines] == [("astronaut.jpg", 1), ("wall.png", 0)]
    assert "broken.jpg" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_photograph_may_come_from_standard_input(network, tmp_path):
    program = [sys.executable, "-c", "from trans3dhead.cli import app; app()", "predict", "-"]
    with ASTRONAUT.open("rb") as photograph:
        command = [*program, "--json", *network]
        done = subprocess.run(command, stdin=photograph, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    piped = json.loads(done.stdout)
    assert (piped["image"], piped["size"]) == ("-", [512, 512])
    assert piped["heads"] == json.loads(run("predict", ASTRONAUT, "--json", *network).stdout)["heads"]
    refused = subprocess.run([*program, *network], input=b"no picture", capture_output=True, text=False, check=False)
    assert refused.returncode == 1
    assert b"error: standard input: expected an image file, got 10 bytes" in refused.stderr


def test_the_overlay_shows_what_is_asked_for(network, photographs, tmp_path):
    pictures = {}
    for parts in ("landmarks,box", "box", "mesh,landmarks,axes,box"):
        assert run("predict", ASTRONAUT, "-o", tmp_path, *network, "--overlay", parts).exit_code == 0
        pictures[parts] = cv2.imread(str(tmp_path / "astronaut.overlay.png")).astype(int)
    photograph = cv2.resize(cv2.imread(str(ASTRONAUT)), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    changed = {parts: (np.abs(picture - photograph).max(axis=2) > 8).sum() for parts, picture in pictures.items()}
    assert 0 < changed["box"] < changed["landmarks,box"] < changed["mesh,landmarks,axes,box"]


def test_the_json_is_a_line_for_each_list(network, tmp_path):
    assert run("predict", ASTRONAUT, "-o", tmp_path, *network, "--no-overlay", "--threads", "1").exit_code == 0
    text = (tmp_path / "astronaut.json").read_text()
    assert [line.strip().startswith('"landmarks_2d": [[') for line in text.splitlines()].count(True) == 1
    assert len(text.splitlines()) < 60  # blendshapes have one each


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "stl"], "expectedglb,obj,ply,npz"),
        (["--overlay", "mask"], "--overlay:expectedwireframe,mesh,dense,landmarks,axes,box,comma-separated,gotmask"),
        (["--detector", "none"], "expected'heads'"),
        (["--model", "huge"], "expectedacheckpoint'spath"),
    ],
)
def test_bad_options_are_one_red_line(network, tmp_path, options, message):
    result = run("predict", ASTRONAUT, "-o", tmp_path / "out", *network, *options)
    assert result.exit_code == 1
    assert message in "".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_boxes_that_lack_a_photograph_are_refused(network, tmp_path):
    (tmp_path / "boxes.json").write_text("{}")
    result = run("predict", ASTRONAUT, "-o", tmp_path, *network, "--boxes", tmp_path / "boxes.json")
    assert result.exit_code == 1
    assert "itlacksastronaut.jpg" in "".join(result.stderr.split())


@pytest.mark.parametrize("rows", [[[1, 2, 30, 40, 0.9, 0], [5, 6, 30, 40, 0.8, 0]], [1, 2, 30, 40], [[1, 2], [3]]])
def test_boxes_of_another_form_are_refused(network, tmp_path, rows):
    (tmp_path / "boxes.json").write_text(json.dumps({"astronaut.jpg": rows}))
    result = run("predict", ASTRONAUT, "-o", tmp_path, *network, "--boxes", tmp_path / "boxes.json")
    assert result.exit_code == 1
    assert '{"photo.jpg": [[x, y, w, h], ...]}' in result.stderr


def test_the_help_shows_the_form_of_the_boxes():
    words = "".join(run("predict", "--help").output.replace("│", " ").split())
    assert '{"photo.jpg":[[x,y,w,h],...]}' in words


def test_the_version_is_the_packages():
    assert run("--version").output == f"trans3dhead {trans3dhead.__version__}\n"


def test_models_lists_what_ships():
    result = run("models")
    assert result.exit_code == 0, result.output
    assert "anny" in result.output
    assert "head model" in result.output
    assert str(network_path("small")) in run("models", columns=40).output.splitlines()[6]  # whole, in a narrow window


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, trans3dhead.cli; sys.exit(any(m in sys.modules for m in ('torch', 'cv2', 'numpy', 'trimesh')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_the_shipped_weights_on_the_example_photograph(tmp_path):
    """The README's command, in a process of its own."""
    command = [sys.executable, "-c", "from trans3dhead.cli import app; app()", "predict", ASTRONAUT, "-o", tmp_path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 photograph, 1 head, 0 without a head" in done.stdout
    text = (tmp_path / "astronaut.json").read_text()
    (head,) = json.loads(text, parse_constant=pytest.fail)["heads"]  # parse_constant: NaN, Infinity
    assert abs(head["pose"]["yaw"]) < 30
    assert abs(head["pose"]["pitch"]) < 30
    assert abs(head["pose"]["roll"]) < 20
    landmarks = np.array(head["landmarks_2d"])
    nose, chin = landmarks[30], landmarks[8]
    assert np.hypot(*(nose - [224, 126])) < 15  # pixels, read off the photograph
    assert np.hypot(*(chin - [223, 178])) < 20
    assert len(head["blendshapes"]) == 52
    assert all(0 <= weight <= 1 for weight in head["blendshapes"].values())
    mesh = trimesh.load(tmp_path / "astronaut.glb", force="mesh", process=False)
    assert len(mesh.faces) > 9000
    assert 0.2 < np.ptp(mesh.vertices[:, 1]) < 0.35  # metres, y up, neck included
    assert cv2.imread(str(tmp_path / "astronaut.overlay.png")).shape == (1024, 1024, 3)


@pytest.mark.slow
def test_the_closer_look_is_taken_unless_told_otherwise():
    landmarks = {}
    for options, closer_look in (((), "auto"), (("--closer-look", "none"), "none")):
        result = run("predict", ASTRONAUT, "--json", *options)
        assert result.exit_code == 0, result.output
        (head,) = json.loads(result.stdout)["heads"]
        expected = Predictor(closer_look=closer_look)(ASTRONAUT)[0].landmarks
        landmarks[closer_look] = np.array(head["landmarks_2d"])
        np.testing.assert_allclose(landmarks[closer_look], expected, atol=0.01)  # pixels, as they are rounded
    assert np.abs(landmarks["auto"] - landmarks["none"]).max() > 0.5
