"""The overlay: its size, where it draws, and that it survives heads at the edge."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from toy_heads import toy_head
from trans3dhead.inference.output.overlay import DEFAULT_PARTS, OVERLAY_PARTS, draw_overlay


def only(part: str, image: np.ndarray, *heads) -> np.ndarray:
    """The overlay with one of its parts."""
    return draw_overlay(image, heads, **{name: name == part for name in OVERLAY_PARTS})


def test_the_default_parts_are_the_default(toy):
    image, head = np.full((900, 900, 3), 90, np.uint8), toy_head(toy, (200, 150, 300, 400))
    named = draw_overlay(image, [head], **{name: name in DEFAULT_PARTS for name in OVERLAY_PARTS})
    np.testing.assert_array_equal(draw_overlay(image, [head]), named)


@pytest.mark.parametrize(("size", "factor"), [((400, 300), 3), ((512, 512), 2), ((300, 2000), 1), ((100, 90), 4)])
def test_small_photographs_are_enlarged_by_a_whole_factor(toy, size, factor):
    width, height = size
    image = np.full((height, width, 3), 90, np.uint8)
    head = toy_head(toy, (width / 4, height / 4, width / 3, height / 3))
    picture = draw_overlay(image, [head])
    assert picture.shape == (factor * height, factor * width, 3)
    assert picture.dtype == np.uint8


def test_the_photograph_is_not_written_to_and_far_pixels_stay(toy):
    image = np.random.default_rng(0).integers(0, 255, (900, 1200, 3), dtype=np.uint8)
    before = image.copy()
    picture = draw_overlay(image, [toy_head(toy, (500, 300, 200, 260))])
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(picture[:, :350], image[:, :350])
    assert (picture[300:560, 500:700] != image[300:560, 500:700]).any(axis=2).mean() > 0.05


def test_the_mesh_covers_the_projected_head(toy):
    image = np.zeros((800, 800, 3), np.uint8)
    head = toy_head(toy, (200, 150, 300, 400))
    drawn = only("mesh", image, head).any(axis=2)
    rows, columns = np.nonzero(drawn)
    x, y, w, h = head.box
    np.testing.assert_allclose([columns.min(), rows.min(), columns.max()], [x, y, x + w], atol=2)
    assert y + 0.9 * h < rows.max() < y + h + 2  # the open rim below is seen from behind in part


def test_the_wireframe_leaves_most_of_the_face_as_it_is(toy):
    image = np.zeros((800, 800, 3), np.uint8)
    head = toy_head(toy, (200, 150, 300, 400))
    lines, mesh = (only(part, image, head).any(axis=2) for part in ("wireframe", "mesh"))
    assert 0.02 < lines.sum() / mesh.sum() < 0.7
    assert (lines & ~cv2.dilate(mesh.astype(np.uint8), np.ones((5, 5))).astype(bool)).sum() == 0


@pytest.mark.parametrize("part", OVERLAY_PARTS)
def test_each_part_draws_something_of_its_own(toy, part):
    image = np.zeros((800, 800, 3), np.uint8)
    head = toy_head(toy, (200, 150, 300, 400))
    picture = only(part, image, head)
    assert picture.any()
    assert not only("", image, head).any()
    others = [only(other, image, head) for other in OVERLAY_PARTS if other != part]
    assert not any((picture == other).all() for other in others)


@pytest.mark.parametrize(
    "box", [(-100, -100, 200, 200), (700, 700, 300, 300), (-2000, -2000, 5000, 5000), (5000, 10, 40, 40)]
)
def test_heads_over_the_edge_are_drawn_as_far_as_they_go(toy, box):
    """They look as in a photograph that reaches further; its lettering, which is moved inside, apart."""
    image = np.random.default_rng(0).integers(0, 255, (800, 800, 3), dtype=np.uint8)
    lettering = {"axes": False, "box": False}
    drawn = draw_overlay(image, [toy_head(toy, box)], **lettering)
    wide = cv2.copyMakeBorder(image, 900, 900, 900, 900, cv2.BORDER_CONSTANT)
    moved = (box[0] + 900, box[1] + 900, *box[2:])
    expected = draw_overlay(wide, [toy_head(toy, moved)], **lettering)[900:1700, 900:1700]
    assert (np.abs(drawn.astype(int) - expected).max(axis=2) > 4).mean() < 0.01
    x, y, w, h = box
    seen = x < 800 and y < 800 and x + w > 0 and y + h > 0
    assert (drawn != image).any() == seen
    assert draw_overlay(image, [toy_head(toy, box)]).shape == image.shape


def test_a_head_that_is_a_point_is_drawn_without_lines(toy):
    image, head = np.zeros((800, 800, 3), np.uint8), toy_head(toy, (200, 150, 300, 400))
    point = replace(head, projected=np.full_like(head.projected, 300.0), box=np.array([300.0, 300.0, 0.0, 0.0]))
    for part in ("wireframe", "dense"):
        assert not only(part, image, point).any()
    assert draw_overlay(image, [point], mesh=True).shape == image.shape


def test_no_heads_is_the_photograph():
    image = np.random.default_rng(0).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    np.testing.assert_array_equal(draw_overlay(image, []), image)


def test_a_name_is_written_over_the_box(toy):
    head = toy_head(toy, (300, 300, 400, 450))
    image = np.full((1000, 1000, 3), 90, np.uint8)
    shown = {"mesh": False, "landmarks": False, "axes": False}
    plain, named = draw_overlay(image, [head], **shown), draw_overlay(image, [head], names=["head 7"], **shown)
    rows, columns = np.nonzero((plain != named).any(axis=2))
    assert len(rows) > 100
    assert rows.max() < head.box[1]
    assert columns.min() >= head.box[0] - 5
