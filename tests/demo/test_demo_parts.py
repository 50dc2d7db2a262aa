"""What the page's server is made of: the head model's file, and the time that a request may take."""

import asyncio
import copy
import hashlib
import json
import re
import threading
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest
from safetensors.numpy import load
from starlette.exceptions import HTTPException
from starlette.requests import Request

from paths import ASTRONAUT, REPOSITORY
from trans3dhead.demo.guard import hosts_of
from trans3dhead.demo.head_model_file import head_model_file
from trans3dhead.demo.limits import Door, Limits, Worker, body_within
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Predictor
from trans3dhead.inference.output.head_glb import glb_mesh
from trans3dhead.inference.output.surface import surface_of, surface_points


def told_by(file: bytes) -> dict[str, Any]:
    """What the head model's file says in its metadata."""
    length = int.from_bytes(file[:8], "little")
    return json.loads(json.loads(file[8 : 8 + length])["__metadata__"]["page"])


def test_the_file_makes_the_mesh_of_any_head(predictor: Predictor, two_people: np.ndarray):
    arrays = load(head_model_file(predictor.head_model))
    for head in predictor(two_people):
        vertices = arrays["template"].copy()
        for name in ("shape", "expression"):
            weights = getattr(head.parameters, name) * arrays[f"{name}_scale"]
            vertices += np.tensordot(weights, arrays[f"{name}_basis"].astype(np.float32), axes=1)
        np.testing.assert_allclose(vertices, head.vertices, atol=1e-5)  # metres


def test_the_same_head_model_makes_the_same_bytes(predictor: Predictor):
    assert head_model_file(predictor.head_model) == head_model_file(predictor.head_model)  # so that a browser keeps it


def test_the_file_holds_the_lines_that_are_drawn(predictor: Predictor):
    model = predictor.head_model
    file = head_model_file(model)
    arrays = load(file)
    assert tuple(told_by(file)["expression_names"]) == model.expression_names
    np.testing.assert_array_equal(arrays["triangles"][: len(model.triangles)], model.triangles)
    sides = {tuple(sorted(side)) for a, b, c in model.triangles.tolist() for side in ((a, b), (b, c), (c, a))}
    drawn = [tuple(edge) for edge in arrays["edges"].tolist()]
    assert len(drawn) == len(set(drawn)) > 5000
    assert set(drawn) < sides


def test_the_file_looks_as_the_glb_does(predictor: Predictor):
    """Part by part the same triangles, places in the texture, textures and materials."""
    model, parameters = predictor.head_model, predictor(ASTRONAUT)[0].parameters
    file = head_model_file(model)
    arrays = load(file)
    expected = glb_mesh(model, parameters).primitives
    for part, primitive in zip(told_by(file)["parts"], expected, strict=True):
        mine = arrays["corner_triangles"][part["first"] : part["first"] + part["count"]]
        material = primitive.material
        assert (part["name"], part["roughness"]) == (material.name, material.roughness)
        if material.texture is None:  # the teeth
            assert part["texture"] is None
            np.testing.assert_array_equal(arrays["corner_colours"][mine], primitive.colours[primitive.triangles])
        else:
            uvs = primitive.uvs * (1, -1) + (0, 1)  # v down
            np.testing.assert_allclose(arrays["corner_uvs"][mine], uvs[primitive.triangles], atol=1e-6)
            assert arrays[f"texture_{part['texture']}"].tobytes() == material.texture
        mean = surface_points(model, model.template, np.zeros(model.layout.shape), np.zeros(model.layout.expression))
        positions = mean[arrays["corners"][mine]]
        neutral = mean[surface_of(model).parts[part["name"]].vertices]
        np.testing.assert_array_equal(positions, neutral[primitive.triangles])
    assert arrays["corner_colours"].shape == (len(arrays["corners"]), 3)


def test_a_head_model_without_texture_coordinates_has_colours(toy: HeadModel):
    plain = copy.copy(toy.numpy())
    plain.uvs, plain.uv_triangles = np.zeros((0, 2)), np.zeros((0, 3), np.int64)
    file = head_model_file(plain)
    skin = told_by(file)["parts"][0]
    assert (skin["name"], skin["texture"]) == ("skin", None)
    colours = load(file)["corner_colours"][load(file)["corner_triangles"][: skin["count"]]]
    assert (colours < 255).all()


def test_a_jaw_that_the_page_cannot_turn_is_refused():
    model: Any = SimpleNamespace(layout=SimpleNamespace(jaw=3), name="flame")
    with pytest.raises(ValueError, match="without a jaw joint, such as anny's, got 'flame'"):
        head_model_file(model)


def test_a_body_that_does_not_come_is_not_waited_for():
    async def nothing() -> Any:
        await anyio.sleep_forever()

    request = Request({"type": "http", "headers": [], "method": "POST"}, nothing)
    with pytest.raises(HTTPException, match=r"within 0\.01 seconds") as refused:
        anyio.run(body_within, request, 100, 0.01)
    assert refused.value.status_code == 408


def test_one_address_may_come_in_a_burst_and_then_at_its_rate():
    now = [0.0]
    door = Door(Limits(requests_a_second=2.0, requests_in_a_burst=3), clock=lambda: now[0])

    def entered(address: str = "here") -> int:
        try:
            with door.inside(address):
                return 200
        except HTTPException as refused:
            return refused.status_code

    assert [entered() for _ in range(5)] == [200, 200, 200, 429, 429]
    assert entered("there") == 200
    now[0] += 0.5
    assert [entered() for _ in range(2)] == [200, 429]
    now[0] += 100.0
    assert [entered() for _ in range(4)] == [200, 200, 200, 429]  # no more than a burst is saved up


def test_a_request_may_count_as_several():
    now = [0.0]
    door = Door(Limits(requests_a_second=1.0, requests_in_a_burst=3), clock=lambda: now[0])
    with door.inside("here", counts=2):
        pass
    with pytest.raises(HTTPException, match="at most 1 requests a second"), door.inside("here", counts=2):
        pass
    now[0] += 3.0
    with door.inside("here", counts=5):  # more than are ever saved up: it takes them all
        pass
    with pytest.raises(HTTPException, match="at most 1 requests a second"), door.inside("here"):
        pass


def test_addresses_of_long_ago_are_forgotten():
    now = [0.0]
    door = Door(Limits(), clock=lambda: now[0])
    for number in range(5000):
        now[0] += 1.0
        with door.inside(str(number)):
            pass
    assert len(door._left) <= 1000


def test_no_more_requests_are_inside_than_allowed():
    door = Door(Limits(requests=2))
    with door.inside("a"), door.inside("b"):
        with pytest.raises(HTTPException, match="2 requests are here already") as refused, door.inside("c"):
            pass
        assert refused.value.status_code == 503
    with door.inside("c"), door.inside("d"):  # those before have gone
        pass


def test_who_waits_when_the_server_is_stopped_is_told():
    async def stopped_while_one_waits() -> None:
        worker, first_is_in, release = Worker(60.0), threading.Event(), threading.Event()

        def first() -> None:
            first_is_in.set()
            release.wait(60.0)

        tasks = [asyncio.create_task(worker(first)), asyncio.create_task(worker(lambda: None))]
        await asyncio.to_thread(first_is_in.wait, 60.0)
        tasks[1].cancel()
        with pytest.raises(HTTPException, match="the server is being stopped"):
            await tasks[1]
        release.set()
        await tasks[0]

    asyncio.run(stopped_while_one_waits())


def test_only_a_local_address_is_asked_for_by_local_names_alone():
    assert "localhost" in hosts_of("127.0.0.1")
    assert hosts_of("0.0.0.0") == hosts_of("192.168.0.2") == ()


def test_three_js_is_as_its_page_says():
    folder = REPOSITORY / "src" / "trans3dhead" / "demo" / "static" / "three"
    said = dict(re.findall(r"\| `([\w.]+)` \| `(\w{64})` \|", (folder / "README.md").read_text()))
    assert said == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.js")}
