"""Clutter: it is laid where it is said to be, is light like any other, and does not come from nowhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headsynth.scenes import clutter

_SIDE = 120
_LEVEL = np.ones(3)
_PICTURES = [np.random.default_rng(0).uniform(0.0, 4.0, (64, 128, 3)).astype(np.float32)]


def _cluttered(seed: int) -> np.ndarray:
    return clutter.cluttered(np.ones((_SIDE, _SIDE, 3), np.float32), _PICTURES, _LEVEL, np.random.default_rng(seed))


def test_some_scenes_have_clutter_and_the_others_stay_as_they_are() -> None:
    pictures = [_cluttered(seed) for seed in range(60)]
    changed = [bool((picture != 1.0).any()) for picture in pictures]
    assert 0.3 < np.mean(changed) < 0.8
    for picture in pictures:
        assert picture.shape == (_SIDE, _SIDE, 3)
        assert picture.dtype == np.float32
        assert np.isfinite(picture).all()
        assert picture.min() >= 0.0


def test_the_same_stream_draws_the_same() -> None:
    np.testing.assert_array_equal(_cluttered(4), _cluttered(4))


def test_what_is_behind_is_not_written_on() -> None:
    behind = np.ones((_SIDE, _SIDE, 3), np.float32)
    for seed in range(8):
        clutter.cluttered(behind, _PICTURES, _LEVEL, np.random.default_rng(seed))
    assert (behind == 1.0).all()


@pytest.mark.parametrize("kind", sorted(clutter._KINDS))
def test_pieces_are_reflectances_with_a_cover(kind: str) -> None:
    for seed in range(20):
        piece = clutter._KINDS[kind][1](_PICTURES, np.random.default_rng(seed))
        assert piece.dtype == np.float32
        assert piece.ndim == 3
        assert piece.shape[2] == 4
        assert piece[..., :3].min() >= 0.0
        assert set(np.unique(piece[..., 3])) <= {0.0, 1.0}
        assert piece[..., 3].mean() > 0.1


@settings(max_examples=40, deadline=None)
@given(
    size=st.floats(8.0, 60.0),
    shape=st.tuples(st.integers(4, 90), st.integers(4, 90)),
    at=st.tuples(st.floats(0.0, _SIDE), st.floats(0.0, _SIDE)),
    angle=st.floats(-30.0, 30.0),
)
def test_a_piece_lies_about_its_centre(
    size: float, shape: tuple[int, int], at: tuple[float, float], angle: float
) -> None:
    """Against a canvas so wide that nothing is cut: area and centre of what is covered; then cut, the same pixels."""
    piece = np.ones((*shape, 4), np.float32)
    margin = 80
    wide = np.zeros((_SIDE + 2 * margin, _SIDE + 2 * margin, 3), np.float32)
    clutter._paste(wide, piece.copy(), np.array(at) + margin, size, angle)
    height, width = (max(1, round(size / max(shape) * pixels)) for pixels in shape)
    cover = wide[..., 0].astype(np.float64)
    assert cover.sum() == pytest.approx(height * width, rel=0.25, abs=4.0)  # its edge is half covered
    places = np.arange(len(cover))
    centre = np.array([cover.sum(axis=0) @ places, cover.sum(axis=1) @ places]) / cover.sum()
    np.testing.assert_allclose(centre, np.array(at) + margin, atol=0.6)
    cut = np.zeros((_SIDE, _SIDE, 3), np.float32)
    clutter._paste(cut, piece, np.array(at), size, angle)
    np.testing.assert_allclose(cut, wide[margin:-margin, margin:-margin], atol=0.05)


def test_a_photograph_shows_a_part_of_its_picture() -> None:
    """Each of its colours, brought to a common brightness, is one of the picture's."""
    picture = np.stack(np.meshgrid(np.arange(128.0), np.arange(64.0)), axis=-1) / 128.0 + 1.0
    picture = np.concatenate((picture, np.ones((64, 128, 1))), axis=-1).astype(np.float32)
    for seed in range(20):
        piece = clutter._photograph([picture], np.random.default_rng(seed))
        middle = piece[piece.shape[0] // 2, piece.shape[1] // 2, :3]
        x, y = 128.0 * (middle[:2] / middle[2] - 1.0)
        assert abs(x - round(x)) < 1e-3
        assert abs(y - round(y)) < 1e-3
        assert 0 <= x < 128
        assert 0 <= y < 64
