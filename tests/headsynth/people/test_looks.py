"""Hair loses its colour with age."""

import numpy as np

from headsynth.people.looks import hair_colour

GREYS = {"dark grey", "grey", "white"}


def _share_of_grey(age: float) -> float:
    rng = np.random.default_rng(0)
    return float(np.mean([hair_colour(rng, 0.4, age)[0] in GREYS for _ in range(1000)]))


def test_children_are_never_grey():
    assert _share_of_grey(5.0) == _share_of_grey(20.0) == _share_of_grey(35.0) == 0.0


def test_more_are_grey_the_older_they_are():
    shares = [_share_of_grey(age) for age in (38.0, 48.0, 60.0, 75.0)]
    assert shares[0] > 0
    assert shares == sorted(shares)
    assert shares[-1] < 0.9  # some dye


def test_white_hair_is_the_brightest():
    rng = np.random.default_rng(0)
    drawn = [hair_colour(rng, 0.2, 85.0) for _ in range(400)]
    brightness = {name: np.mean([colour.mean() for found, colour in drawn if found == name]) for name in GREYS}
    assert brightness["white"] > brightness["grey"] > brightness["dark grey"]
