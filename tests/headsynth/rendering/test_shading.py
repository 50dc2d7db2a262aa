from dataclasses import replace

import numpy as np
import pytest

from headsynth.rendering.environment import Environment, Lamp, PlacedEnvironment, procedural
from headsynth.rendering.light import Light
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part, Scene, mean_alpha
from headsynth.rendering.shading import Film, _representatives, shade
from headsynth.rendering.textures import Texture, to_linear
from srgb import to_srgb_bytes
from trans3dhead.data.segments import Segment

UVS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)  # their normals point to the camera


def _plate(z: float, half: float, cutout: Texture | None = None, name: str = "plate", **extra) -> Part:
    corners = np.array([[-half, half, z], [half, half, z], [half, -half, z], [-half, -half, z]], np.float32)
    colour = Plain(np.full(3, 0.5, np.float32), shine=0.0)
    return Part(name, corners, TRIANGLES, UVS, TRIANGLES, colour, Segment.ACCESSORY, cutout, **extra)


def _uniform(level: float = 1.0) -> PlacedEnvironment:
    return PlacedEnvironment.turned(Environment.of("grey", np.full((64, 128, 3), level, np.float32)), 0.7, 0.1)


def _forward(count: int) -> np.ndarray:
    return np.tile(np.array([[0.0, 0.0, 1.0]], np.float32), (count, 1))


def test_bytes_survive_linear_light() -> None:
    levels = np.arange(256)
    assert np.abs(to_srgb_bytes(to_linear(levels / 255.0)).astype(int) - levels).max() <= 1


def test_a_grey_plate_under_uniform_light_shows_its_albedo() -> None:
    scene = Scene([_plate(1.0, 0.2)])
    rays = _forward(50)
    hits = scene.trace(rays, np.random.default_rng(0))
    light = Light(_uniform(), np.ones(3, np.float32), [])
    seen = shade(scene, hits, Film(rays, np.arange(50), 8), light, np.random.default_rng(0))
    # A floor of 5 % stands for light by detours; the directions integrate the sphere to a few percent.
    np.testing.assert_allclose(seen, 0.5 * 1.05, rtol=0.12)


def test_a_lamp_follows_the_cosine_and_casts_shadows() -> None:
    rays = _forward(40)
    dark = Light(_uniform(), np.full(3, 1e-6, np.float32), [])

    def seen(scene: Scene, direction: list[float]) -> float:
        lamp = Lamp(np.array(direction) / np.linalg.norm(direction), np.ones(3, np.float32), 0.001)
        hits = scene.trace(rays, np.random.default_rng(0))
        light = Light(dark.surroundings, dark.fill, [lamp])
        return float(shade(scene, hits, Film(rays, np.arange(40), 8), light, np.random.default_rng(0)).mean())

    open_scene = Scene([_plate(1.0, 0.2)])
    head_on = seen(open_scene, [0, 0, -1])
    assert seen(open_scene, [0, -1, -1]) == pytest.approx(head_on * np.sqrt(0.5), rel=0.08)
    assert seen(open_scene, [0, 0, 1]) < 0.05 * head_on
    blocker = _plate(0.6, 0.1, name="blocker")
    moved = replace(blocker, vertices=blocker.vertices + np.float32([0, -0.4, 0]))
    assert seen(Scene([_plate(1.0, 0.2), moved]), [0, -1, -1]) < 0.1 * head_on


def test_a_cutout_lets_pass_its_share_of_rays() -> None:
    half = Texture(np.full((4, 4, 3), 90, np.uint8), np.full((4, 4), 128, np.uint8))
    scene = Scene([_plate(1.0, 0.2, name="behind"), _plate(0.8, 0.2, half)])
    hits = scene.trace(_forward(4000), np.random.default_rng(0))
    assert (hits.distance < 0.9).mean() == pytest.approx(0.5, abs=0.04)
    assert (hits.triangles >= 0).all()
    np.testing.assert_allclose(mean_alpha(half, UVS, TRIANGLES), 128 / 255, rtol=1e-5)


def test_a_lens_tints_what_is_behind_it() -> None:
    scene = Scene([_plate(1.0, 0.2, name="behind"), _plate(0.8, 0.2, tint=(0.5, 0.25, 0.125))])
    hits = scene.trace(_forward(10), np.random.default_rng(0))
    np.testing.assert_allclose(hits.distance, 1.0, atol=1e-4)
    np.testing.assert_allclose(hits.filter, np.tile([0.5, 0.25, 0.125], (10, 1)))


def test_the_brightest_lamp_of_a_map_is_found_in_camera_space() -> None:
    image = np.full((64, 128, 3), 0.1, np.float32)
    image[10:14, 30:34] = 200.0
    placed = PlacedEnvironment.turned(Environment.of("lamp", image), 1.1, 0.2)
    towards = placed.lamp_direction.astype(np.float32)
    assert placed.look(placed.environment.sharp, towards[None]).max() > 5.0
    assert placed.look(placed.environment.fill, towards[None]).max() < 1.0
    assert placed.environment.lamp_irradiance.min() > 0.5


def test_procedural_surroundings_are_finite_and_varied() -> None:
    maps = [procedural(np.random.default_rng(seed)) for seed in range(5)]
    assert all(np.isfinite(m.picture).all() and m.picture.min() >= 0 for m in maps)
    assert np.std([m.picture.std() for m in maps]) > 0.01


def test_textures_interpolate_and_repeat(rng: np.random.Generator) -> None:
    colours = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    texture = Texture(colours, np.full((8, 8), 255, np.uint8))
    column, row = np.meshgrid(np.arange(8), np.arange(8))
    uv = np.stack(((column + 0.5) / 8, 1 - (row + 0.5) / 8), axis=-1).reshape(-1, 2).astype(np.float32)
    expected = to_linear(colours.reshape(-1, 3) / 255.0)
    np.testing.assert_allclose(texture.linear(uv), expected, atol=1e-6)
    np.testing.assert_allclose(texture.linear(uv + np.float32([1, -2])), expected, atol=1e-6)


def _dots(points: list[list[float]], normals: list[list[float]]) -> Part:
    vertices, triangles = np.array(points, np.float32), np.zeros((1, 3), np.int32)
    look = Plain(np.full(3, 0.5, np.float32))
    return Part(
        "dots",
        vertices,
        triangles,
        vertices[:, :2],
        triangles,
        look,
        Segment.SKIN,
        normals=np.array(normals, np.float32),
    )


def test_neighbours_look_around_for_each_other_unless_they_face_elsewhere_or_belong_to_another_part() -> None:
    near, beside, far = [0.0011, 0.0011, 1.0011], [0.0013, 0.0012, 1.0012], [0.0311, 0.0011, 1.0011]
    front, back = [0.1, 0.1, -1.0], [0.1, 0.1, 1.0]
    skin = _dots([near, beside, beside, far], [front, front, back, front])
    cloth = _dots([near, near], [front, front])
    first, shared = _representatives(Scene([skin, cloth]), np.arange(6))
    assert len(first) == 4
    assert shared[0] == shared[1]
    assert shared[4] == shared[5]
    assert len(set(shared[[0, 2, 3, 4]])) == 4
