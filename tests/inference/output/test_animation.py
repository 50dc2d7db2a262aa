"""Animated GLB files, read back by hand and compared with the heads that they were made of."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glb_files import ParsedGLB
from toy_heads import toy_head
from trans3dhead.inference import Pose
from trans3dhead.inference.output.animation import animated_glb
from trans3dhead.inference.takes import Take


@pytest.fixture(scope="module")
def heads(toy):
    """Five heads that turn on by 100 degrees each, move and smile."""
    still = toy_head(toy, (200, 150, 90, 110))
    turned = []
    for step in range(5):
        rotation = Rotation.from_euler("yxz", [100 * step, 5 * step, -20], degrees=True).as_matrix()
        camera = replace(still.camera, translation=still.camera.translation + np.array([10.0 * step, 0]))
        expression = np.roll(still.parameters.expression, step)
        turned.append(
            replace(
                still,
                pose=Pose(0.0, 0.0, 0.0, rotation),
                camera=camera,
                parameters=replace(still.parameters, expression=expression),
            )
        )
    return turned


def take_of(heads) -> Take:
    take = Take(heads[0].head_model, (640, 480))
    for step, head in enumerate(heads):
        take.add(head, 0.5 + step / 25)
    return take


def tracks(parsed: ParsedGLB) -> dict[str, np.ndarray]:
    (animation,) = parsed.json["animations"]
    found = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        assert (channel["target"]["node"], sampler["interpolation"]) == (0, "LINEAR")
        found["times"] = parsed.accessor(sampler["input"])[:, 0]
        assert {"min", "max"} <= set(parsed.json["accessors"][sampler["input"]])
        entry = parsed.json["accessors"][sampler["output"]]
        assert "target" not in parsed.json["bufferViews"][entry["bufferView"]]
        values = parsed.accessor(sampler["output"])
        found[channel["target"]["path"]] = values / 65535 if entry.get("normalized") else values
    return found


def test_the_animation_shows_each_head_as_it_was(heads):
    found = tracks(parsed := ParsedGLB(animated_glb(take_of(heads))))
    np.testing.assert_allclose(found["times"], 0.5 + np.arange(5) / 25, rtol=1e-6)
    weights = found["weights"].reshape(5, -1)
    (mesh,) = parsed.json["meshes"]
    assert weights.shape[1] == len(mesh["primitives"][0]["targets"]) == len(mesh["weights"])
    for key, head in enumerate(heads):
        np.testing.assert_allclose(weights[key], head.parameters.expression, atol=1e-5)
        # A point of the head where the node puts it, scaled to pixels about the frame's centre, y up.
        point = np.array([0.01, 0.02, 0.09])
        placed = Rotation.from_quat(found["rotation"][key]).apply(point) + found["translation"][key]
        pixels = np.array([320, 240]) + head.camera.scale * placed[:2] * [1, -1]
        np.testing.assert_allclose(pixels, head.project(point), atol=1e-2)
    assert (np.einsum("ki,ki->k", found["rotation"][1:], found["rotation"][:-1]) > 0).all()  # no long way round
    np.testing.assert_allclose(parsed.json["nodes"][0]["rotation"], found["rotation"][0], atol=1e-6)


def test_the_person_has_one_shape_the_mean(heads):
    shapes = [head.parameters.shape + step for step, head in enumerate(heads)]
    others = [
        replace(head, parameters=replace(head.parameters, shape=shape))
        for head, shape in zip(heads, shapes, strict=True)
    ]
    parsed = ParsedGLB(animated_glb(take_of(others)))
    parts = parsed.mesh["primitives"]
    positions = np.concatenate([parsed.accessor(part["attributes"]["POSITION"]) for part in parts])
    model = heads[0].head_model
    mean = model.template + np.tensordot(np.mean(shapes, axis=0), model.shape_basis, 1)
    np.testing.assert_allclose(positions.min(axis=0), mean.min(axis=0), atol=1e-6)


def test_a_second_takes_few_bytes(heads):
    long = [heads[step % 5] for step in range(250)]
    grown = len(animated_glb(take_of(long))) - len(animated_glb(take_of(heads[:1])))
    assert grown / 249 < 2 * 5 + 4 * (1 + 4 + 3) + 1  # bytes a frame: weights, time, rotation, translation


def test_weights_beyond_one_are_kept_whole(heads):
    wide = [
        replace(head, parameters=replace(head.parameters, expression=3 * head.parameters.expression - 1))
        for head in heads
    ]
    found = tracks(ParsedGLB(animated_glb(take_of(wide))))
    expected = np.concatenate([head.parameters.expression for head in wide])
    np.testing.assert_allclose(found["weights"][:, 0], expected, rtol=1e-6)
