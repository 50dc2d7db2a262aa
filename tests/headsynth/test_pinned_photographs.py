"""The generator makes what it made when its number was last raised: labels by number, pictures by coarse colours.

Other processors round otherwise, so numbers are compared within tolerances and pictures as the means of 16 x 16 cells.
There a ray at an edge may need one more random number, and the exposure, which is drawn after it, is another: each
photograph's channels are brought to the expected ones by a straight line before they are compared.
"""

import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from pinned import FOLDER, SIDES, rendered

TOLERANCE = 2e-3  # of numbers: pixels, metres, standard deviations of shape, weights of expressions
SHARE = 0.02  # of what is seen of a head: a ray at an edge may fall on either side
FLAGS = 3  # of a head's 68 landmarks that may be seen or hidden otherwise
# Levels of 255 by which all cells of a kind may differ on average, and any of them. Without the vector units of a
# processor 0.4 and 18, where two of the twelve photographs are exposed otherwise; moved by one cell 21 and 184.
MEAN, MOST = 3.0, 32.0
ADVICE = """
The generator makes other photographs than those that are pinned. If that is meant, raise the number of this kind in
`_GENERATORS` (src/headsynth/record.py), so that sets of before are not mixed with sets of now, then renew the reference
with `python tests/pinned.py synth` and commit it. If it is not meant, undo it."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", SIDES)
def test_photographs_are_those_of_the_generators_number(kind: str) -> None:
    expected = json.loads((FOLDER / f"{kind}.json").read_text())
    made, cells = rendered(kind)
    assert made["generator"] == expected["generator"], (
        "the generator's number was raised: renew the reference with `python tests/pinned.py synth` and commit it"
    )
    unlike = list(differences(expected["labels"], made["labels"], kind))
    assert not unlike, "\n".join([*unlike[:8], ADVICE])
    picture = cv2.imread(str(FOLDER / f"{kind}.png"))[..., ::-1]
    apart = np.abs(picture.astype(float) - exposed_alike(cells, picture))
    assert apart.mean() < MEAN, f"{kind}: cells differ by {apart.mean():.2f} levels on average{ADVICE}"
    assert apart.max() < MOST, f"{kind}: a cell differs by {apart.max():.0f} levels{ADVICE}"


def exposed_alike(cells: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(N·C, C, 3) cells of N photographs, each channel of each brought by a line nearest to the expected one."""
    alike = np.empty(cells.shape)
    for start in range(0, len(cells), cells.shape[1]):
        for channel in range(3):
            part = np.s_[start : start + cells.shape[1], :, channel]
            slope, offset = np.polyfit(cells[part].ravel(), expected[part].ravel(), 1)
            alike[part] = slope * cells[part] + offset
    return alike


def differences(expected: Any, made: Any, name: str) -> Iterator[str]:
    """In words, what of two labels is not the same."""
    if isinstance(expected, dict) and isinstance(made, dict):
        for key in sorted(expected.keys() | made.keys()):
            yield from differences(expected.get(key), made.get(key), f"{name}.{key}")
    elif name.endswith("landmark_visibility") and len(expected) == len(made):
        if sum(one != other for one, other in zip(expected, made, strict=True)) > FLAGS:
            yield f"{name}: expected {expected}, got {made}"
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        for index, (one, other) in enumerate(zip(expected, made, strict=True)):
            yield from differences(one, other, f"{name}[{index}]")
    elif isinstance(expected, float) and isinstance(made, float):
        if abs(expected - made) > (SHARE if name.endswith("visible") else TOLERANCE):
            yield f"{name}: expected {expected}, got {made}"
    elif expected != made:
        yield f"{name}: expected {expected}, got {made}"


def test_another_exposure_is_alike_and_another_picture_is_not() -> None:
    expected = np.random.default_rng(0).integers(0, 256, (32, 16, 3)).astype(float)
    exposed = expected * [0.7, 0.8, 0.9] + 5.0
    np.testing.assert_allclose(exposed_alike(exposed, expected), expected, atol=1e-9)
    assert np.abs(exposed_alike(np.roll(expected, 1, axis=1), expected) - expected).mean() > MEAN


def test_every_kind_of_difference_is_told() -> None:
    before = {"heads": [{"box": [1.0, 2.0], "visible": 0.5, "landmark_visibility": [0] * 68, "hat": "none"}]}
    assert not list(differences(before, before, "0"))
    for change, name in (
        ({"box": [1.0, 2.1]}, "box[1]"),
        ({"box": [1.0]}, "box"),
        ({"visible": 0.53}, "visible"),
        ({"landmark_visibility": [1] * 4 + [0] * 64}, "landmark_visibility"),
        ({"hat": "cap"}, "hat"),
        ({"scarf": "wool"}, "scarf"),
    ):
        (told,) = differences(before, {"heads": [before["heads"][0] | change]}, "0")
        assert told.startswith(f"0.heads[0].{name}: expected")
    near = {"box": [1.001, 2.0], "visible": 0.51, "landmark_visibility": [1] * 3 + [0] * 65}
    assert not list(differences(before, {"heads": [before["heads"][0] | near]}, "0"))
