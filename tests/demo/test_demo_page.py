"""The page in a real browser, served by the real command: nothing of it asks another host."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from glb_files import ParsedGLB
from paths import ASTRONAUT
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.images import encode_jpeg, read_photograph, write_picture
from trans3dhead.inference import Head, Predictor
from trans3dhead.inference.output.surface import surface_of, surface_points

browsers = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium or Chrome on the path"),
]
PATIENCE = 120_000  # milliseconds, for a machine that has much else to do
OPTIONS = (
    "--no-sandbox",  # which root must do without, as in many containers
    "--enable-unsafe-swiftshader",  # WebGL without a GPU
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where `trans3dhead demo` serves the page; Ctrl-C ends it at the end, without complaint."""
    command = [sys.executable, "-m", "trans3dhead", "demo", "--port", "0", "--threads", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as run:
        assert run.stdout is not None
        try:
            yield run.stdout.readline().split()[0]
        finally:
            run.send_signal(2)
            run.wait(60)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a head that moves to and fro, as the fake camera takes them: JPEGs one after the other."""
    photograph = read_photograph(ASTRONAUT)[:320, 60:380]
    path = tmp_path_factory.mktemp("camera") / "moving.mjpeg"
    shifts = (20 * np.sin(2 * np.pi * np.arange(60) / 60)).round().astype(int)
    path.write_bytes(b"".join(encode_jpeg(np.roll(photograph, shift, axis=1)) for shift in shifts))
    return path


@pytest.fixture(scope="module")
def browser(clip: Path) -> Iterator["browsers.Browser"]:
    with browsers.sync_playwright() as playwright:
        options = [*OPTIONS, f"--use-file-for-fake-video-capture={clip}"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "browsers.Browser", address: str) -> Iterator["browsers.Page"]:
    """The page, ready. At its end nobody may have asked another host, and no script may have failed."""
    asked, errors = set(), []
    with browser.new_context(viewport={"width": 1280, "height": 860}) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("request", lambda request: asked.add(request.url))
        page.on("websocket", lambda websocket: asked.add(websocket.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        yield page
        hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("blob", "data")}
        assert hosts == {urlsplit(address).netloc}
    assert errors == []


def pixels_of(page: "browsers.Page", canvas: str) -> np.ndarray:
    """What a canvas shows, (H, W, 3) uint8 RGB."""
    return cv2.imdecode(np.frombuffer(page.locator(canvas).screenshot(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """The share of pixels that differ visibly."""
    return float((np.abs(before.astype(int) - after).max(axis=2) > 24).mean())


def settled(page: "browsers.Page") -> None:
    """Let what was asked for be drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def downloaded(page: "browsers.Page", button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_photograph_becomes_a_head_that_can_be_turned_changed_and_taken_along(page: "browsers.Page"):
    page.set_input_files("#file", ASTRONAUT)
    page.wait_for_selector(".box")
    assert "One head" in page.inner_text("#message")
    settled(page)
    shown = pixels_of(page, "#viewer")
    assert (shown.reshape(-1, 3) < 60).all(axis=1).mean() > 0.0005  # pupils and brows: it has the textures
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 500  # shades of a head, not the plain ground

    middle = page.locator("#viewer").bounding_box()
    assert middle is not None
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=4)
    page.mouse.up()
    settled(page)
    turned = pixels_of(page, "#viewer")
    assert changed(shown, turned) > 0.05
    page.click("#front")
    settled(page)
    assert changed(shown, pixels_of(page, "#viewer")) < 0.01

    page.check("#own-skin")
    for _ in range(300):
        if changed(shown, pixels_of(page, "#viewer")) > 0.05:
            break
        page.wait_for_timeout(200)
    assert changed(shown, pixels_of(page, "#viewer")) > 0.05
    page.uncheck("#own-skin")
    settled(page)
    assert changed(shown, pixels_of(page, "#viewer")) < 0.01

    page.check("#all")
    page.locator("#blendshape-jawOpen").fill("1")
    settled(page)
    assert changed(shown, pixels_of(page, "#viewer")) > 0.01

    name, glb = downloaded(page, "#save-glb")
    mesh = ParsedGLB(glb).json["meshes"][0]
    weights = dict(zip(mesh["extras"]["targetNames"], mesh["weights"], strict=True))
    assert (name, weights["jawOpen"]) == ("astronaut.glb", 1.0)
    name, told = downloaded(page, "#save-json")
    assert name == "astronaut.json"
    (head,) = json.loads(told)["heads"]
    assert head["blendshapes"]["jawOpen"] < 0.5  # as it was found
    name, table = downloaded(page, "#save-csv")
    assert name == "astronaut.csv"
    (row,) = csv.DictReader(table.decode().splitlines())
    assert list(row) == ["head", "pitch", "yaw", "roll", *head["blendshapes"]]
    assert [float(row[angle]) for angle in ("pitch", "yaw", "roll")] == [
        head["pose"][a] for a in ("pitch", "yaw", "roll")
    ]
    assert [float(value) for value in list(row.values())[4:]] == head["parameters"]["expression"]


def surface_of_head(head: Head) -> np.ndarray:
    return surface_points(head.head_model, head.vertices, head.parameters.shape, head.parameters.expression)


def test_the_mesh_on_the_page_is_the_predictors(page: "browsers.Page", predictor: Predictor):
    head = predictor(ASTRONAUT)[0]
    script = """async (head) => {
        const { headModel } = await import("./api.js");
        const { HeadModel, project } = await import("./head_model.js");
        const vertices = new HeadModel(await headModel()).found(head);
        return [[...vertices], [...project(vertices, head, new Float32Array(vertices.length / 3 * 2))]];
    }"""
    vertices, projected = map(np.array, page.evaluate(script, head.to_json()))
    expected = surface_of_head(head)
    np.testing.assert_allclose(vertices.reshape(-1, 3), expected, atol=1e-4)  # metres
    np.testing.assert_allclose(projected.reshape(-1, 2)[: len(head.projected)], head.projected, atol=0.1)  # pixels


def test_the_normals_on_the_page_are_those_of_the_files(page: "browsers.Page", predictor: Predictor):
    head = predictor(ASTRONAUT)[0]
    surface, vertices = surface_of(head.head_model), surface_of_head(head)
    script = """async ([vertices, triangles]) => {
        const { normalsOf } = await import("./head_model.js");
        return [...normalsOf(vertices, triangles, new Float64Array(vertices.length))];
    }"""
    given = [vertices.ravel().tolist(), surface.triangles.ravel().tolist()]
    normals = np.array(page.evaluate(script, given)).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    np.testing.assert_allclose(normals, vertex_normals(vertices, surface.triangles), atol=1e-4)


def test_one_of_several_heads_is_chosen_by_a_click_or_the_keyboard(
    page: "browsers.Page", two_people: np.ndarray, tmp_path: Path
):
    write_picture(tmp_path / "two.png", two_people)
    page.set_input_files("#file", tmp_path / "two.png")
    page.wait_for_selector(".box >> nth=1")
    boxes = page.locator(".box")
    assert [boxes.nth(i).get_attribute("aria-pressed") for i in (0, 1)] == ["true", "false"]
    yaw = page.inner_text(".dial >> nth=0")
    boxes.nth(1).click()
    assert [boxes.nth(i).get_attribute("aria-pressed") for i in (0, 1)] == ["false", "true"]
    assert page.inner_text(".dial >> nth=0") != yaw or abs(float(yaw.split("°")[0].replace("−", "-"))) < 1
    boxes.nth(0).press("Enter")
    assert boxes.nth(0).get_attribute("aria-pressed") == "true"


def test_a_head_that_is_upside_down_is_found_once_it_is_asked_for(page: "browsers.Page", tmp_path: Path):
    write_picture(tmp_path / "over.png", np.ascontiguousarray(read_photograph(ASTRONAUT)[::-1, ::-1]))
    page.set_input_files("#file", tmp_path / "over.png")
    page.wait_for_selector("#stage[data-state=done]")
    with page.expect_response("**/api/heads?any_roll=1"):
        page.check("#any-roll")
    page.locator("#message", has_text="One head").wait_for()
    page.wait_for_selector(".box")
    assert "doubtful" not in (page.get_attribute(".box", "aria-label") or "")
    roll = page.locator(".dial svg >> nth=2").get_attribute("aria-label") or ""
    assert abs(int(roll.split()[1])) > 150  # "Roll 178 degrees clockwise"
    with page.expect_response("**/api/skin?head=0&any_roll=1") as skin:
        page.check("#own-skin")
    assert skin.value.ok
    with page.expect_response("**/api/heads?any_roll=0"):
        page.uncheck("#any-roll")
    page.click("#camera")
    page.locator("#rate", has_text="frames a second").wait_for()
    assert page.locator("#any-roll").is_disabled()
    page.click("#stop")
    page.wait_for_selector("#stop", state="hidden")
    assert page.locator("#any-roll").is_enabled()


def test_no_head_and_no_picture_are_said(page: "browsers.Page", tmp_path: Path):
    write_picture(tmp_path / "gray.png", np.full((60, 80, 3), 127, np.uint8))
    page.set_input_files("#file", tmp_path / "gray.png")
    page.locator("#message", has_text="No head was found").wait_for()
    assert page.locator("#save-glb").is_disabled()
    (tmp_path / "words.jpg").write_text("no picture")
    page.set_input_files("#file", tmp_path / "words.jpg")
    page.locator("#message", has_text="Expected a picture").wait_for()
    assert "bad" in (page.get_attribute("#message", "class") or "")


def test_the_camera_shows_frames_and_the_head_follows(page: "browsers.Page"):
    page.click("#camera")
    page.locator("#rate", has_text="frames a second").wait_for()
    page.wait_for_selector(".box")
    places = set()
    for _ in range(200):
        places.add(page.locator(".box >> nth=0").get_attribute("style"))
        if len(places) >= 3:
            break
        page.wait_for_timeout(100)
    assert len(places) >= 3
    assert page.locator("#blendshapes input >> nth=0").is_disabled()
    page.click("#stop")
    page.wait_for_selector("#stop", state="hidden")
    assert page.locator("#blendshapes input >> nth=0").is_enabled()  # the last frame stays, and can be changed
    name, glb = downloaded(page, "#save-glb")
    assert name == "camera.glb"
    ParsedGLB(glb)
    rows = list(csv.DictReader(downloaded(page, "#save-csv")[1].decode().splitlines()))
    times = [float(row["time"]) for row in rows]
    assert len(set(times)) >= 2  # a row for each frame
    assert times == sorted(times)
    assert times[0] < 60  # seconds since the first frame, not since the browser's start


def test_a_clip_is_played_and_a_photograph_ends_it(page: "browsers.Page", tmp_path: Path):
    photograph = read_photograph(ASTRONAUT)
    writer = cv2.VideoWriter(str(tmp_path / "clip.webm"), cv2.VideoWriter.fourcc(*"VP80"), 10, (512, 512))
    if not writer.isOpened():
        pytest.skip("needs an OpenCV that writes VP8")
    for shift in range(20):
        writer.write(np.ascontiguousarray(np.roll(photograph, 2 * shift, axis=1)[..., ::-1]))
    writer.release()
    page.set_input_files("#file", tmp_path / "clip.webm")
    page.locator("#rate", has_text="frames a second").wait_for()
    page.wait_for_selector(".box")
    page.set_input_files("#file", ASTRONAUT)
    page.locator("#message", has_text="One head").wait_for()
    assert page.locator("#stop").is_hidden()
