"""The page's routes: what they answer, what they refuse, and that nothing is kept."""

import base64
import json
import os
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from demo_clients import CAMERA, GRAY, HERE, client_of, error_of
from exif import with_orientation
from glb_files import ParsedGLB
from paths import ASTRONAUT
from trans3dhead.demo import create_app
from trans3dhead.images import encode_jpeg, encode_png, read_photograph
from trans3dhead.inference import Predictor
from trans3dhead.inference.output.head_glb import glb_mesh


@pytest.fixture(scope="module")
def found(client: TestClient) -> dict[str, Any]:
    """What is answered to the example photograph."""
    return client.post("/api/heads", content=ASTRONAUT.read_bytes()).json()


# The page


@pytest.mark.parametrize("path", ["/", "/app.js", "/style.css", "/three/three.module.min.js", "/three/LICENSE"])
def test_the_page_and_its_files_come_with_headers_that_lock_it(client: TestClient, path: str):
    response = client.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "//" not in policy  # no other host
    assert response.headers["x-content-type-options"] == "nosniff"


def test_nothing_beside_the_page_can_be_had(client: TestClient):
    for path in ("/../server.py", "/%2e%2e/server.py", "/three/..%2f..%2fserver.py", "/missing.js"):
        assert client.get(path).status_code == 404


def test_what_never_changes_is_kept_by_the_browser_and_answers_are_not(client: TestClient, found: dict[str, Any]):
    for path in ("/api/head-model", "/app.js", "/three/three.core.min.js"):
        first = client.get(path)
        assert first.headers["cache-control"] == "no-cache"  # kept, and asked for again
        again = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content
    assert found["heads"]
    for answer in (client.post("/api/heads", content=ASTRONAUT.read_bytes()), client.get("/api/about")):
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_is_told_the_limits(client: TestClient):
    assert client.get("/api/about").json()["photograph"] == {"bytes": 25_000_000, "pixels": 50_000_000}


# Photographs


def test_heads_are_those_of_the_predictor(predictor: Predictor, found: dict[str, Any]):
    assert found["size"] == [512, 512]
    assert found["heads"] == [head.to_json() for head in predictor(ASTRONAUT)]


def test_several_heads(client: TestClient, two_people: np.ndarray):
    heads = client.post("/api/heads", content=encode_png(two_people)).json()["heads"]
    assert sorted(head["box"][0] > 512 for head in heads) == [False, True]


def test_no_head_is_no_error(client: TestClient):
    answer = client.post("/api/heads", content=encode_png(GRAY)).json()
    assert (answer["size"], answer["heads"]) == ([96, 64], [])


def test_a_photograph_is_turned_upright(client: TestClient):
    turned = with_orientation(encode_jpeg(GRAY), 6)
    assert client.post("/api/heads", content=turned).json()["size"] == [64, 96]


@pytest.fixture(scope="module")
def upside_down() -> bytes:
    """The example photograph, turned by half a turn."""
    return encode_png(np.ascontiguousarray(read_photograph(ASTRONAUT)[::-1, ::-1]))


def test_heads_on_their_side_are_found_where_they_are_asked_for(
    client: TestClient, predictor: Predictor, upside_down: bytes
):
    (head,) = client.post("/api/heads?any_roll=1", content=upside_down).json()["heads"]
    assert abs(head["pose"]["roll"]) > 150.0
    assert not head["doubtful"]
    without = client.post("/api/heads?any_roll=0", content=upside_down).json()["heads"]
    assert without == [one.to_json() for one in predictor(read_photograph(ASTRONAUT)[::-1, ::-1])] != [head]
    skin = client.post("/api/skin?head=0&any_roll=1", content=upside_down).json()
    assert base64.b64decode(skin["jpeg"]).startswith(b"\xff\xd8")


def test_whether_heads_are_on_their_side_is_asked_by_yes_or_no(client: TestClient):
    for path in ("heads", "skin"):
        refused = client.post(f"/api/{path}?any_roll=perhaps", content=encode_png(GRAY))
        assert error_of(refused, 400) == "any_roll: expected 0 or 1, got 'perhaps'"


def test_a_look_from_all_sides_counts_as_four(predictor: Predictor):
    client = client_of(predictor, requests_in_a_burst=5, requests_a_second=0.01)
    statuses = [client.post("/api/heads?any_roll=1", content=encode_png(GRAY)).status_code for _ in range(2)]
    assert statuses == [200, 429]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"no picture at all", b"<svg/>"])
def test_what_is_no_picture_is_refused(client: TestClient, content: bytes):
    assert "expected a picture (JPEG, PNG" in error_of(client.post("/api/heads", content=content), 415)


def test_half_a_picture_is_refused(client: TestClient):
    whole = encode_png(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    words = error_of(client.post("/api/heads", content=whole[: len(whole) // 2]), 415)
    assert "expected a whole picture" in words


def test_too_many_bytes_are_refused_whether_announced_or_not(predictor: Predictor):
    client = client_of(predictor, photograph_bytes=1000)
    assert "at most 0.001 MB" in error_of(client.post("/api/heads", content=b"x" * 1001), 413)
    chunks: Iterator[bytes] = (b"x" * 600 for _ in range(2))
    assert "at most 0.001 MB" in error_of(client.post("/api/heads", content=chunks), 413)


def test_too_many_pixels_are_refused_before_they_are_decoded(client: TestClient):
    picture = bytearray(encode_png(GRAY))
    picture[16:24] = (60_000).to_bytes(4, "big") * 2  # width and height of its header
    picture[29:33] = zlib.crc32(bytes(picture[12:29])).to_bytes(4, "big")
    assert "at most 50 million pixels" in error_of(client.post("/api/heads", content=bytes(picture)), 413)


def test_who_comes_too_fast_is_told(predictor: Predictor):
    client = client_of(predictor, requests_in_a_burst=2, requests_a_second=0.01)
    assert [client.post("/api/glb", content=b"{}").status_code for _ in range(2)] == [400, 400]
    refused = client.post("/api/heads", content=encode_png(GRAY))
    assert "at most 0.01 requests a second" in error_of(refused, 429)
    assert refused.headers["retry-after"] == "1"
    assert client.get("/api/about").status_code == 200  # reading the page is free


def test_a_failure_of_the_server_tells_nothing_of_it(predictor: Predictor):
    class Failing:
        head_model = predictor.head_model

        def __call__(self, *_: object) -> list[object]:
            raise RuntimeError("/somewhere/secret.py")

    client = TestClient(create_app(Failing()), base_url=HERE, raise_server_exceptions=False)  # type: ignore[arg-type]
    response = client.post("/api/heads", content=encode_png(GRAY))
    assert error_of(response, 500) == "the server failed; its log says how"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_who_waits_for_too_long_is_told(predictor: Predictor):
    begun, end = threading.Event(), threading.Event()

    class Slow:
        head_model = predictor.head_model

        def __call__(self, *_: object) -> list[object]:
            begun.set()
            end.wait(30)
            return []

    with client_of(Slow(), seconds_to_wait=0.05) as client:  # type: ignore[arg-type]
        first = threading.Thread(target=client.post, args=("/api/heads",), kwargs={"content": encode_png(GRAY)})
        first.start()
        begun.wait(30)
        try:
            assert "busy" in error_of(client.post("/api/heads", content=encode_png(GRAY)), 503)
        finally:
            end.set()
            first.join()


def test_nothing_is_written(client: TestClient):
    written: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(str(arguments[0]))

    sys.addaudithook(watch)  # it stays for the process's life, and is told to look away
    try:
        head = client.post("/api/heads", content=ASTRONAUT.read_bytes()).json()["heads"][0]
        client.post("/api/glb", json=head["parameters"])
        with client.websocket_connect(CAMERA) as camera:
            camera.send_bytes(ASTRONAUT.read_bytes())
            camera.receive_json()
    finally:
        watching = False
    assert written == []


# Files


def test_the_glb_is_the_head_with_the_expression_that_is_asked_for(
    client: TestClient, predictor: Predictor, found: dict[str, Any]
):
    parameters = found["heads"][0]["parameters"]
    parameters = parameters | {"expression": [0.0] * 51 + [1.0]}
    response = client.post("/api/glb", json=parameters)
    assert response.headers["content-type"] == "model/gltf-binary"
    glb = ParsedGLB(response.content)
    mesh = glb.json["meshes"][0]
    assert mesh["weights"] == parameters["expression"]
    expected = glb_mesh(predictor.head_model, predictor(ASTRONAUT)[0].parameters)
    for part, described in zip(expected.primitives, mesh["primitives"], strict=True):
        positions = glb.accessor(described["attributes"]["POSITION"])
        np.testing.assert_allclose(positions, part.positions, atol=1e-5)  # metres; JSON has five decimals


def test_the_skin_is_that_of_the_glb_with_the_photograph(client: TestClient, predictor: Predictor, tmp_path: Path):
    told = client.post("/api/skin?head=0", content=ASTRONAUT.read_bytes()).json()
    predictor(ASTRONAUT)[0].save(tmp_path / "head.glb", photograph=ASTRONAUT)
    glb = (tmp_path / "head.glb").read_bytes()
    assert base64.b64decode(told["jpeg"]) in glb
    factors = [material["pbrMetallicRoughness"]["baseColorFactor"][:3] for material in ParsedGLB(glb).json["materials"]]
    assert any(np.allclose(told["eyes"], factor, atol=1e-4) for factor in factors)


@pytest.mark.parametrize("head", ["", "?head=1", "?head=-1", "?head=x"])
def test_the_skin_of_a_head_that_is_not_there_is_refused(client: TestClient, head: str):
    answer = client.post(f"/api/skin{head}", content=ASTRONAUT.read_bytes())
    assert "expected the place of one, 0 to 0" in error_of(answer, 400)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": [0.0]}, "$.shape: expected 150 numbers, got 1"),
        ({"expression": ["much"] * 52}, "`float`, got `str`"),
        ({"expression": [True] * 52}, "`float`, got `bool`"),
        ({"scale": None}, "`array`, got `null`"),
        ({"scale": 1.0}, "`array`, got `float`"),
        ({"rotation": [float("1e999")] * 6}, "without NaN and Infinity"),
        ({"rotation": [float("nan")] * 6}, "without NaN and Infinity"),
        ({"shape": [10**400] * 150}, "parameters: $"),
        ({"shape": [-1e38] * 150}, "`float` >= -1000000.0"),
        ({"scale": [[[[1.0]]]]}, "`float`, got `array`"),
    ],
)
def test_wrong_parameters_are_named(client: TestClient, found: dict[str, Any], change: dict[str, Any], words: str):
    body = json.dumps(found["heads"][0]["parameters"] | change)
    error = error_of(client.post("/api/glb", content=body), 400)
    assert words in error
    assert "send the" in error


def test_the_largest_parameters_that_are_taken_make_a_file_of_numbers(client: TestClient, found: dict[str, Any]):
    largest = {name: [1e6] * len(numbers) for name, numbers in found["heads"][0]["parameters"].items()}
    glb = ParsedGLB(client.post("/api/glb", json=largest).content)
    for primitive in glb.json["meshes"][0]["primitives"]:
        assert all(np.isfinite(glb.accessor(number)).all() for number in primitive["attributes"].values())


@pytest.mark.parametrize("body", [b"", b"[1, 2]", b"{}", b"\xff", b"[" * 99_999, b'{"shape": ' + b"[" * 9_999])
def test_what_are_no_parameters_is_refused(client: TestClient, body: bytes):
    error_of(client.post("/api/glb", content=body), 400)


# Others


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": "null"},
        {"host": "elsewhere.example:8000"},
        {"host": "[::1"},
    ],
)
def test_other_pages_and_foreign_names_are_turned_away(client: TestClient, headers: dict[str, str]):
    assert "own page" in error_of(client.get("/api/about", headers=headers), 403)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(CAMERA, headers=headers):
        pass


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"])
def test_local_names_are_let_in(client: TestClient, host: str):
    headers = {"host": host, "origin": f"http://{host}"}
    assert client.get("/api/about", headers=headers).status_code == 200


def test_a_server_for_others_answers_under_any_name(predictor: Predictor):
    client = TestClient(create_app(predictor, address="0.0.0.0"), base_url="http://studio.example:8000")
    assert client.get("/api/about").status_code == 200
    assert client.get("/api/about", headers={"origin": "http://elsewhere.example"}).status_code == 403
