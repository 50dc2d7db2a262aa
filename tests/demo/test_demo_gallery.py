"""The page without a server: what its file holds, and that a browser opens it from the disk."""

import json
import re
import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glb_files import ParsedGLB
from paths import ASTRONAUT
from trans3dhead.demo.gallery import write_gallery
from trans3dhead.demo.head_model_file import head_model_file
from trans3dhead.demo.single_page import single_page
from trans3dhead.images import read_photograph, write_picture
from trans3dhead.inference import Predictor
from trans3dhead.inference.output.textures.photograph import photograph_skin

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
ODD = "a#b%20</script><b>.png"


def embedded(page: str, name: str) -> str:
    found = re.search(rf'<script type="[\w/-]+" id="data-{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def gallery(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the example photograph, of a small gray picture, and of the mirrored photograph, large, under an odd name."""
    folder = tmp_path_factory.mktemp("gallery")
    pictures = [ASTRONAUT, folder / "gray.png", folder / "a#b%20'(1).png"]
    write_picture(pictures[1], np.full((40, 60, 3), 127, np.uint8))
    write_picture(pictures[2], np.repeat(np.repeat(read_photograph(ASTRONAUT)[:, ::-1], 3, axis=0), 3, axis=1))
    assert [count for _, count in write_gallery(predictor, pictures, folder / "out")] == [1, 0, 1]
    return folder / "out"


def test_the_page_has_the_predictors_heads_and_small_pictures(gallery: Path, predictor: Predictor):
    page = (gallery / "index.html").read_text()
    pictures = json.loads(embedded(page, "gallery"))["pictures"]
    assert pictures[0]["heads"] == [head.to_json() for head in predictor(ASTRONAUT)]
    assert [picture["size"] for picture in pictures] == [[512, 512], [60, 40], [1536, 1536]]
    assert b64decode(embedded(page, "head-model")) == head_model_file(predictor.head_model)
    files = sorted(file for picture in pictures for file in picture["files"])
    assert files == sorted(path.name for path in gallery.glob("*.glb"))
    assert len(ParsedGLB((gallery / files[0]).read_bytes()).json["materials"]) == 4
    assert b64decode(pictures[0]["skins"][0]["jpeg"]) in (gallery / files[0]).read_bytes()
    assert "astronaut.jpg" in page
    assert str(ASTRONAUT.parent) not in page  # names, not where they were


def test_each_skin_is_made_once_and_the_file_is_the_one_that_saving_writes(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = []

    def counted(*given: Any) -> np.ndarray:
        made.append(given)
        return photograph_skin(*given)

    monkeypatch.setattr("trans3dhead.inference.output.looks.photograph_skin", counted)
    assert [count for _, count in write_gallery(predictor, [ASTRONAUT], tmp_path / "out")] == [1]
    assert len(made) == 1
    predictor(ASTRONAUT)[0].save(tmp_path / "head.glb", photograph=ASTRONAUT)
    assert (tmp_path / "out" / "001_astronaut_1.glb").read_bytes() == (tmp_path / "head.glb").read_bytes()


def test_scripts_import_each_other_by_names_that_are_all_there():
    page = single_page("gallery.js", {})
    found = re.search(r'<script type="importmap">(.*?)</script>', page)
    assert found is not None
    modules = json.loads(found[1])["imports"]
    assert {"gallery.js", "viewer.js", "three.module.min.js", "three.core.min.js"} <= set(modules)
    assert "app.js" not in modules
    for address in modules.values():
        source = b64decode(address.partition(",")[2]).decode()
        assert set(re.findall(r'\bfrom\s*"([^"]*)"', source)) <= set(modules)
        assert 'import("' not in source


def test_no_name_of_a_file_ends_the_element_it_stands_in():
    page = single_page("gallery.js", {"gallery": {"name": ODD}})
    assert "<b>" not in page
    assert json.loads(embedded(page, "gallery")) == {"name": ODD}


def test_the_page_may_ask_nobody(gallery: Path):
    policy = re.search(r'http-equiv="content-security-policy" content="([^"]*)"', (gallery / "index.html").read_text())
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    assert not {"unsafe", "//", "connect-src"} & set(re.findall(r"unsafe|//|connect-src", policy[1].split("sha256")[0]))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium or Chrome on the path")
def test_a_browser_opens_it_from_the_disk(gallery: Path):
    browsers = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
    asked, errors = [], []
    with browsers.sync_playwright() as playwright:
        options = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto((gallery / "index.html").as_uri())
        page.wait_for_selector("body[data-ready]")
        assert page.locator(".box").count() == 1
        page.locator("#source button >> nth=1").click()
        page.locator("#message", has_text="No head").wait_for()
        page.locator("#source button >> nth=2").click()
        page.locator("#message", has_text="One head").wait_for()
        page.locator("#blendshapes input >> nth=0").fill("0")
        saved = {}
        for kind in ("glb", "json", "csv"):
            with page.expect_download() as download:
                page.click(f"#save-{kind}")
            saved[kind] = Path(download.value.path()).read_bytes()
        browser.close()
    assert saved["glb"] == sorted(gallery.glob("003_*.glb"))[0].read_bytes()
    assert len(json.loads(saved["json"])["heads"]) == 1
    assert saved["csv"].startswith(b"head,pitch,yaw,roll,")
    assert errors == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}
