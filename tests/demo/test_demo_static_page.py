"""The page whose networks run in the browser: the files of its folder, and what a real browser finds with them."""

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from glb_files import ParsedGLB
from paths import ASTRONAUT
from trans3dhead.demo.static_page import write_static_page
from trans3dhead.images import encode_jpeg, read_photograph, write_picture
from trans3dhead.inference import Head, Predictor
from trans3dhead.inference.output.surface import surface_of
from trans3dhead.weights.shipped import shipped_folder

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
# Of dist/ort-wasm-simd-threaded.wasm in the npm package onnxruntime-web 1.30.0.
RUNTIME = "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static") / "page"
    written = write_static_page(folder)
    assert written[-1] == folder / "index.html"
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    return folder


def files_of_networks(about: dict, folder: Path) -> set[str]:
    """The names of the networks, whose files are those that ship."""
    graphs = [about[name] for name in ("detector", "network", "reader") if about[name]]
    for graph in graphs:
        for name in (graph["graph"], *graph["weights"]):
            assert (folder / "networks" / name).read_bytes() == (shipped_folder() / name).read_bytes()
    return {Path(graph["graph"]).stem for graph in graphs}


def test_the_closer_look_is_that_of_the_predictor(tmp_path: Path):
    for options, expected in ((("small",), {"small", "face"}), (("tiny", "face"), {"tiny", "face"})):
        write_static_page(tmp_path / "page", *options)
        about = json.loads((tmp_path / "page" / "about.json").read_text())
        assert files_of_networks(about, tmp_path / "page") == {"detector", *expected}


def test_every_file_that_scripts_and_networks_name_is_there(folder: Path):
    about = json.loads((folder / "about.json").read_text())
    assert about["reader"] is None
    assert files_of_networks(about, folder) == {"detector", "tiny"}
    for script in folder.glob("*.js"):
        for name in re.findall(r'\bfrom\s*"\./([^"]*)"', script.read_text()):
            assert (folder / name).is_file(), (script, name)
    page = (folder / "index.html").read_text()
    for name in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert (folder / name).is_file(), name


def test_the_runtime_is_the_one_that_was_published(folder: Path):
    runtime = (folder / "onnxruntime" / "ort-wasm-simd-threaded.wasm").read_bytes()
    assert hashlib.sha256(runtime).hexdigest() == RUNTIME


def test_the_page_may_ask_its_own_host_alone(folder: Path):
    policy = re.search(r'http-equiv="content-security-policy" content="([^"]*)"', (folder / "index.html").read_text())
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert not re.search(r"//|\*|'unsafe", policy[1])


def test_a_network_that_does_not_ship_is_refused(tmp_path: Path):
    (tmp_path / "mine.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="expected the name of a network that ships"):
        write_static_page(tmp_path / "page", str(tmp_path / "mine.safetensors"))
    assert not (tmp_path / "page").exists()


def test_a_reader_of_faces_is_refused(tmp_path: Path):
    for wrong in ("face", "detector"):
        with pytest.raises(ValueError, match=rf"--static: expected a network that aligns heads, .*, got {wrong}"):
            write_static_page(tmp_path / "page", wrong)
    for wrong in ("tiny", "detector"):
        with pytest.raises(ValueError, match=rf"--static: expected a closer look that reads faces, .*; got {wrong}"):
            write_static_page(tmp_path / "page", "tiny", wrong)
    assert not (tmp_path / "page").exists()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Where a plain server of files has a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield address


@pytest.fixture(scope="module")
def page(address: str, tmp_path_factory: pytest.TempPathFactory):
    """The page in Chromium with a fake camera. At its end nobody else was asked, and no script has failed."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium or Chrome on the path")
    browsers = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
    photograph = read_photograph(ASTRONAUT)[:320, 60:380]
    clip = tmp_path_factory.mktemp("camera") / "moving.mjpeg"
    clip.write_bytes(b"".join(encode_jpeg(np.roll(photograph, shift, axis=1)) for shift in (0, 6, 12, 6)))
    asked, errors = set(), []
    with browsers.sync_playwright() as playwright:
        options = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-fake-device-for-media-stream"]
        options += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={clip}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(300_000)
        page.on("request", lambda request: asked.add(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        yield page
        browser.close()
    assert errors == []
    assert {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("blob", "data")} == {
        urlsplit(address).netloc
    }


def test_while_networks_load_the_page_says_so(page, address: str):
    tab, held, waited = page.context.browser.new_page(), [], []
    tab.route("**/networks/*.onnx", lambda request: request.continue_() if waited else held.append(request))
    tab.goto(address)
    tab.locator("#working", has_text="Loading the networks").wait_for(state="attached")
    tab.wait_for_timeout(500)
    assert held
    assert tab.locator("#working").text_content() == "Loading the networks"
    waited.append(True)
    for request in held:
        request.continue_()
    tab.locator("#working", has_text="Looking for heads").wait_for(state="attached")
    tab.close()


def heads_on(page, photograph: Path) -> list[dict]:
    """What the page's JSON file says of a photograph."""
    page.evaluate("document.getElementById('message').textContent = ''")  # it may be that of the one before
    page.set_input_files("#file", photograph)
    page.locator("#message", has_text="seconds").wait_for()
    with page.expect_download() as download:
        page.click("#save-json")
    return json.loads(Path(download.value.path()).read_text())["heads"]


def assert_same(told: dict, head: Head) -> None:
    expected = head.to_json()
    assert set(told) | {"perspective"} == set(expected)
    for angle in ("pitch", "yaw", "roll"):
        assert told["pose"][angle] == pytest.approx(expected["pose"][angle], abs=0.2)
    size = np.sqrt(np.prod(expected["box"][2:]))
    np.testing.assert_allclose(told["landmarks_2d"], expected["landmarks_2d"], atol=0.003 * size)
    np.testing.assert_allclose(told["landmarks_3d"], expected["landmarks_3d"], atol=0.0005)
    np.testing.assert_allclose(told["box"], expected["box"], atol=0.005 * size)
    np.testing.assert_allclose(told["pose"]["rotation_matrix"], expected["pose"]["rotation_matrix"], atol=0.005)
    np.testing.assert_allclose(told["camera"]["translation"], expected["camera"]["translation"], atol=0.003 * size)
    assert told["camera"]["scale"] == pytest.approx(expected["camera"]["scale"], rel=0.003)
    for name in ("score", "agreement", "detector_score"):
        assert told[name] == pytest.approx(expected[name], abs=0.01)
    assert told["rotation_check"] == pytest.approx(expected["rotation_check"], abs=0.5)
    assert list(told["blendshapes"]) == list(expected["blendshapes"])
    np.testing.assert_allclose(*(list(x["blendshapes"].values()) for x in (told, expected)), atol=0.02)


@pytest.mark.slow
def test_it_finds_what_the_predictor_finds_at_every_size(page, tmp_path: Path):
    photograph = read_photograph(ASTRONAUT)
    pictures = {
        "as it is": photograph,
        "odd and large": np.repeat(np.repeat(photograph, 3, axis=0), 3, axis=1)[:1200, :1151],
        "two": np.concatenate((photograph, photograph[:, ::-1]), axis=1),
    }
    predictor = Predictor("tiny", threads=1)
    for name, picture in pictures.items():
        write_picture(tmp_path / f"{name}.png", picture)
        expected = predictor(picture)
        told = heads_on(page, tmp_path / f"{name}.png")
        assert len(told) == len(expected) > 0
        for one, other in zip(told, expected, strict=True):
            assert_same(one, other)


@pytest.mark.slow
def test_it_looks_closer_as_the_predictor_does(page, tmp_path: Path):
    photograph = read_photograph(ASTRONAUT)
    turn = cv2.getRotationMatrix2D((220, 120), 20, 1.0)
    pictures = {
        "as it is": photograph,
        "large and turned": cv2.warpAffine(photograph, 2 * turn, (900, 700)),
        "cut off": photograph[80:, 200:],
        "two": np.concatenate((photograph, photograph[:, ::-1]), axis=1),
    }
    folder = tmp_path / "page"
    write_static_page(folder, "tiny", "face")
    predictor, moved = Predictor("tiny", threads=1, closer_look="face"), 0.0
    with served(folder) as address:
        tab = page.context.browser.new_page()
        tab.set_default_timeout(300_000)
        tab.goto(address)
        tab.wait_for_selector("body[data-ready]")
        for name, picture in pictures.items():
            write_picture(tmp_path / f"{name}.png", picture)
            expected = predictor(picture)
            assert expected, name
            told = heads_on(tab, tmp_path / f"{name}.png")
            assert len(told) == len(expected), name
            for one, other in zip(told, expected, strict=True):
                assert_same(one, other)
            once = Predictor("tiny", threads=1)(picture)[0].landmarks
            moved = max(moved, np.abs(once - expected[0].landmarks).max())
        tab.close()
    assert moved > 2.0  # pixels: somebody did look closer


@pytest.mark.slow
def test_its_glb_is_the_one_of_the_package(page, tmp_path: Path):
    page.set_input_files("#file", ASTRONAUT)
    page.locator("#message", has_text="One head").wait_for()
    assert not any(page.locator(switch).is_visible() for switch in ("#own-skin", "#any-roll"))  # the server's alone
    with page.expect_download() as download:
        page.click("#save-glb")
    told = ParsedGLB(Path(download.value.path()).read_bytes())
    head = Predictor("tiny", threads=1)(ASTRONAUT)[0]
    head.save(tmp_path / "head.glb")
    expected = ParsedGLB((tmp_path / "head.glb").read_bytes())
    mesh, other = told.json["meshes"][0], expected.json["meshes"][0]
    assert mesh["extras"]["targetNames"] == other["extras"]["targetNames"]
    assert [material["name"] for material in told.json["materials"]] == list(surface_of(head.head_model).parts)
    for part, wanted in zip(mesh["primitives"], other["primitives"], strict=True):
        assert list(part["attributes"]) == list(wanted["attributes"])
        for name in part["attributes"]:
            found, given = (file.accessor(p["attributes"][name]) for file, p in ((told, part), (expected, wanted)))
            np.testing.assert_allclose(found, given, atol=0.02 if name == "NORMAL" else 5e-4)


@pytest.mark.slow
def test_the_camera_is_followed(page):
    page.click("#camera")
    page.locator("#rate", has_text="frames a second").wait_for()
    page.wait_for_selector(".box")
    page.click("#stop")
    page.wait_for_selector("#stop", state="hidden")
    assert page.get_attribute(".box >> nth=0", "aria-label").startswith("Head 1,")


@pytest.mark.slow
def test_a_head_is_followed_from_frame_to_frame_and_found_again(page):
    photograph = read_photograph(ASTRONAUT)[:320, 60:380]
    shifts = (0, 6, 12, 24, 30, 70, 24, 12)
    seen = [np.roll(photograph, shift, axis=1) for shift in shifts]
    frames = [*seen, np.full_like(photograph, 127), photograph]
    answers = page.evaluate(
        """async (frames) => {
            const { Frames } = await import(new URL("api.js", document.baseURI));
            const run = await Frames.open();
            const answers = [];
            for (const bytes of frames) answers.push((await run.send(new Blob([new Uint8Array(bytes)]))).heads);
            run.close();
            return answers;
        }""",
        [list(encode_jpeg(frame)) for frame in frames],
    )
    assert [[head["id"] for head in heads] for heads in answers] == [[0]] * len(seen) + [[], [0]]
    predictor = Predictor("tiny")
    for frame, (head,) in zip(seen, answers, strict=False):
        (expected,) = predictor(frame)
        size = np.sqrt(np.prod(expected.box[2:]))
        apart = np.linalg.norm(np.array(head["landmarks_2d"]) - expected.landmarks, axis=1).mean()
        assert apart < 0.08 * size
        assert head["pose"]["yaw"] == pytest.approx(expected.pose.yaw, abs=8.0)


@pytest.mark.slow
def test_no_picture_and_no_head_are_said(page, tmp_path: Path):
    write_picture(tmp_path / "gray.png", np.full((60, 80, 3), 127, np.uint8))
    page.set_input_files("#file", tmp_path / "gray.png")
    page.locator("#message", has_text="No head was found").wait_for()
    (tmp_path / "words.jpg").write_text("no picture")
    page.set_input_files("#file", tmp_path / "words.jpg")
    page.locator("#message", has_text="Expected a picture").wait_for()
