"""Lists of numbers become arrays; whatever else a list holds is told, at no cost in memory."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as st_numpy

from trans3dhead.data.number_lists import NoNumbers, as_array


@given(st_numpy.arrays(np.float64, st_numpy.array_shapes(max_dims=4, min_side=1, max_side=4)))
def test_arrays_come_back_to_the_bit(array: np.ndarray) -> None:
    np.testing.assert_array_equal(as_array(json.loads(json.dumps(array.tolist()))), array)


def test_null_is_nan_and_integers_are_numbers() -> None:
    np.testing.assert_array_equal(as_array([[1, None], [2**62, -3]]), [[1, np.nan], [2.0**62, -3]])


def test_all_kinds_of_numbers_may_stand_beside_each_other() -> None:
    np.testing.assert_array_equal(as_array([1, 2.5, None]), [1.0, 2.5, np.nan])


def test_lists_of_nothing_are_arrays_of_nothing() -> None:
    for value, shape in (([], (0,)), ([[], []], (2, 0)), ([[[[]]]], (1, 1, 1, 0))):
        found = as_array(value)
        assert isinstance(found, np.ndarray)
        assert (found.shape, found.dtype) == (shape, np.float64)


def nested(depth: int) -> list:
    return [nested(depth - 1)] if depth > 1 else [1.0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (nested(5), "more than 4 deep"),
        (nested(50), "more than 4 deep"),
        (nested(900), "more than 4 deep"),
        ([[1], nested(50)], "different depths"),
        ([[1, 2], [3]], "different lengths"),
        ([[], [3]], "different lengths"),
        ([1, [2]], "different depths"),
        ([[2], 1], "different depths"),
        ([None, [2]], "different depths"),
        ([True], "no numbers"),
        (["1"], "no numbers"),
        ([{}], "no numbers"),
        ([10**400], "too large"),
    ],
)
def test_what_is_no_array_says_why(value: list, reason: str) -> None:
    result = as_array(value)
    assert isinstance(result, NoNumbers)
    assert reason in result.reason


def test_one_long_text_does_not_widen_all_others() -> None:
    value = ["a" * 1_000_000, *["b"] * 100_000]  # an array of them would take 400 GB
    tracemalloc.start()
    assert isinstance(as_array(value), NoNumbers)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22
