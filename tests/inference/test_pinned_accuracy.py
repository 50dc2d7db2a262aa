"""What ships, on the example photograph: today's answer, which fits the picture, within tolerances.

The reference was looked at as an overlay: the points lie on brows, lids, lips and chin. To renew it after a change of
the weights or of their use that is meant: look at the overlay of `trans3dhead predict examples/astronaut.jpg`, run
`python tests/pinned.py astronaut` and commit what it writes.
"""

import json

import numpy as np
import pytest

from pinned import FOLDER, aligned

# Without the vector units of a processor all is the same to the second decimal; saved once more as JPEG, at quality 95,
# the box moves by 0.4 pixels, the landmarks by 0.2 at most, the pose by 0.1 degrees. A crop that is shifted by half a
# pixel moves the landmarks by 0.44 on average, a margin of 0.15 by 0.46, the colours' means in the other order by 0.32.
BOX, LANDMARK, MEAN_LANDMARK, DEGREES, WEIGHT = 1.0, 0.8, 0.25, 0.5, 0.03


@pytest.fixture(scope="module")
def found() -> dict:
    return aligned()


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads((FOLDER / "astronaut.json").read_text())


def test_the_box_is_where_it_was(found: dict, expected: dict):
    np.testing.assert_allclose(found["box"], expected["box"], rtol=0, atol=BOX)


def test_the_landmarks_are_where_they_were(found: dict, expected: dict):
    distance = np.linalg.norm(np.subtract(found["landmarks"], expected["landmarks"]), axis=1)
    assert distance.shape == (68,)
    assert distance.max() < LANDMARK
    assert distance.mean() < MEAN_LANDMARK


def test_the_pose_is_what_it_was(found: dict, expected: dict):
    assert found["pose"] == pytest.approx(expected["pose"], abs=DEGREES)


def test_the_expression_is_what_it_was(found: dict, expected: dict):
    """She smiles with her teeth showing."""
    assert found["expression"] == pytest.approx(expected["expression"], abs=WEIGHT)
