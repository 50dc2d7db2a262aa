"""What the page's server is made of: the head model's file, and the time that a request may take."""

import hashlib
import json
import re
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest
from safetensors.numpy import load
from starlette.exceptions import HTTPException
from starlette.requests import Request

from paths import REPOSITORY
from trans3dhead.demo.guard import hosts_of
from trans3dhead.demo.head_files import head_model_file
from trans3dhead.demo.limits import body_within
from trans3dhead.inference import Predictor


def test_the_file_makes_the_mesh_of_any_head(predictor: Predictor, two_people: np.ndarray):
    arrays = load(head_model_file(predictor.head_model))
    for head in predictor(two_people):
        vertices = arrays["template"] + np.tensordot(head.parameters.shape, arrays["shape_basis"], axes=1)
        vertices += np.tensordot(head.parameters.expression, arrays["expression_basis"], axes=1)
        np.testing.assert_allclose(vertices, head.vertices, atol=1e-6)


def test_the_file_holds_what_is_drawn(predictor: Predictor):
    model = predictor.head_model
    file = head_model_file(model)
    arrays = load(file)
    length = int.from_bytes(file[:8], "little")
    names = json.loads(json.loads(file[8 : 8 + length])["__metadata__"]["expression_names"])
    assert tuple(names) == model.expression_names
    np.testing.assert_array_equal(arrays["triangles"], model.triangles)
    assert arrays["colours"].shape == model.template.shape
    sides = {tuple(sorted(side)) for a, b, c in model.triangles.tolist() for side in ((a, b), (b, c), (c, a))}
    drawn = [tuple(edge) for edge in arrays["edges"].tolist()]
    assert len(drawn) == len(set(drawn)) > 5000
    assert set(drawn) < sides


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


def test_only_a_local_address_is_asked_for_by_local_names_alone():
    assert "localhost" in hosts_of("127.0.0.1")
    assert hosts_of("0.0.0.0") == hosts_of("192.168.0.2") == ()


def test_three_js_is_as_its_page_says():
    folder = REPOSITORY / "src" / "trans3dhead" / "demo" / "static" / "three"
    said = dict(re.findall(r"\| `([\w.]+)` \| `(\w{64})` \|", (folder / "README.md").read_text()))
    assert said == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.js")}
