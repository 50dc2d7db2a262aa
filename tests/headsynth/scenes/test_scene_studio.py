"""Scenes: the labels are what was drawn, of everybody, seen or not."""

import numpy as np
import pytest
from labelled import labelled_vertices

from headsynth.dresser import Dresser
from headsynth.photograph import Photograph
from headsynth.rendering.developing import metered
from headsynth.scenes.studio import SceneStudio
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.boxes import bounds

_COUNT = 14


@pytest.fixture(scope="module")
def scene_studio(wardrobe: Wardrobe, dresser: Dresser) -> SceneStudio:
    return SceneStudio(wardrobe, 128, dresser=dresser)


@pytest.fixture(scope="module")
def scenes(scene_studio: SceneStudio) -> list[Photograph]:
    return [scene_studio.photograph(3, index) for index in range(_COUNT)]


@pytest.mark.slow
def test_boxes_are_those_of_the_labelled_heads(scenes: list[Photograph], wardrobe: Wardrobe) -> None:
    heads = [annotation for scene in scenes for annotation in scene.annotations]
    assert len(heads) > _COUNT
    for annotation in heads:
        points = labelled_vertices(wardrobe.head, annotation)[wardrobe.head_rows]
        pixels = annotation.focal * points[:, :2] / points[:, 2:] + annotation.principal_point
        np.testing.assert_allclose(annotation.box, bounds(pixels), atol=0.02 + 1e-3 * annotation.box[2:].max())


@pytest.mark.slow
def test_everybody_is_at_a_human_scale_before_one_camera(scenes: list[Photograph]) -> None:
    for scene in scenes:
        assert len({annotation.focal for annotation in scene.annotations}) <= 1
        assert [int(annotation.attributes["people"]) for annotation in scene.annotations] == [
            len(scene.annotations)
        ] * len(scene.annotations)
        sides = [annotation.box[2:].max() for annotation in scene.annotations]
        assert sides == sorted(sides, reverse=True)
        for annotation in scene.annotations:
            metres = annotation.box[2:].max() * annotation.translation[2] / annotation.focal
            assert 0.17 < metres < 0.45  # near the picture's corner, perspective draws a head out


@pytest.mark.slow
def test_what_lies_outside_of_the_frame_is_not_seen(scenes: list[Photograph]) -> None:
    shares = []
    for scene in scenes:
        for annotation in scene.annotations:
            x, y, w, h = annotation.box
            inside = max(min(x + w, 128.0) - max(x, 0.0), 0.0) * max(min(y + h, 128.0) - max(y, 0.0), 0.0) / (w * h)
            assert annotation.visible is not None
            assert annotation.visible <= min(1.0, 1.35 * inside + 0.05)
            shares.append(annotation.visible)
    assert max(shares) > 0.9
    assert min(shares) < 0.5


@pytest.mark.slow
def test_a_scene_does_not_depend_on_those_before(
    scenes: list[Photograph], scene_studio: SceneStudio, wardrobe: Wardrobe
) -> None:
    alone = SceneStudio(wardrobe, 128, dresser=scene_studio.dresser).photograph(3, _COUNT - 1)
    np.testing.assert_array_equal(alone.image, scenes[-1].image)
    np.testing.assert_array_equal(alone.segmentation, scenes[-1].segmentation)
    assert [head.to_json() for head in alone.annotations] == [head.to_json() for head in scenes[-1].annotations]


@pytest.mark.slow
def test_some_scenes_have_nobody_and_their_pixels_no_person(scene_studio: SceneStudio) -> None:
    found = [scene_studio.photograph(4, index) for index in range(20)]
    empty = [scene for scene in found if not scene.annotations]
    assert empty
    for scene in empty:
        assert scene.image.shape == (128, 128, 3)
        assert not scene.segmentation.any()


def test_metering_brings_the_mean_level_to_the_usual_one(rng: np.random.Generator) -> None:
    dark = rng.uniform(0.001, 0.01, (500, 3)).astype(np.float32)
    bright = 800.0 * dark
    assert metered(dark, 1.0) > 2.0
    assert metered(bright, 1.0) < 0.5
    assert metered(bright, 0.0) == 1.0
    half, whole = (float(metered(bright, share)) for share in (0.5, 1.0))
    assert half == pytest.approx(whole**0.5, rel=1e-5)
