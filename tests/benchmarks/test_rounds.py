"""Turns, quartiles, ratios."""

import cv2
import pytest
import torch

from trans3dhead.benchmarks.rounds import Spread, Turn, interleaved, ratios, spread_of


def test_candidates_take_turns_within_each_round():
    called: list[str] = []
    turns = [Turn(lambda name=name: called.append(name)) for name in ("a", "b")]
    seconds = interleaved(turns, rounds=3, calls=2, pause=0)
    assert "".join(called) == 3 * "aaabbb"  # the first of three is not measured
    assert [len(own) for own in seconds] == [3, 3]
    assert all(second >= 0 for own in seconds for second in own)


def test_each_turn_has_its_threads_and_none_is_left_behind():
    before = torch.get_num_threads(), cv2.getNumThreads()
    seen: list[tuple[int, int]] = []
    turns = [Turn(lambda: seen.append((torch.get_num_threads(), cv2.getNumThreads())), n) for n in (1, 2)]
    interleaved(turns, rounds=1, calls=1, pause=0)
    assert seen == [(1, 1), (1, 1), (2, 2), (2, 2)]
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_threads_are_as_before_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        interleaved([Turn(lambda: 1 / 0, before + 1)], rounds=1, calls=1, pause=0)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("rounds", "calls"), [(0, 1), (1, 0)])
def test_nothing_to_measure_is_an_error(rounds: int, calls: int):
    with pytest.raises(ValueError, match="expected 1 or more"):
        interleaved([], rounds, calls)


def test_a_spread_is_the_middle_half():
    assert spread_of([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(2.0, 3.0, 4.0)
    assert spread_of([7.0]) == Spread(7.0, 7.0, 7.0)


def test_ratios_are_of_the_same_round():
    assert ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
