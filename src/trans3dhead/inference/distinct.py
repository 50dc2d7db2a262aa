"""Results that are of one and the same head."""

from collections.abc import Sequence

import numpy as np

from trans3dhead.geometry.boxes import suppress
from trans3dhead.inference.head import DOUBTFUL_ANGLE, Head
from trans3dhead.inference.head_score import evidence

SAME_HEAD = 0.5  # two results whose boxes overlap more than this (IoU) are one head
_SAME_FROM_ANY_SIDE = 0.4  # likewise of looks from several sides, most of which see it on its side
_UNCONFIRMED = 0.5  # taken from the score of a result whose rotation the detector does not confirm


def distinct_heads(heads: list[Head]) -> list[Head]:
    """Two boxes that led to the same head leave one result, the one with the better score."""
    return _kept(heads, [head.score for head in heads], SAME_HEAD)


def distinct_of_any_roll(heads: list[Head]) -> list[Head]:
    """The same for heads that were looked at from several sides, where the better result is the more probable one."""
    return _kept(heads, [_rank(head) for head in heads], _SAME_FROM_ANY_SIDE)


def best_of_any_roll(heads: Sequence[Head]) -> Head:
    """The one of several results on one box, looked at from several sides, that `distinct_of_any_roll` would keep.

    A network that says no spread ranks all sides of a given box alike; then it is the one that agrees with itself best.
    """
    return max(heads, key=lambda head: (_rank(head), head.agreement or 0.0))


def _rank(head: Head) -> float:
    """How probable a result from one side is. The network may well answer a head that it sees on its side, but it knows
    less well where the landmarks are, and the detector, where it was asked, does not confirm the rotation.
    """
    return evidence(head).probability - _UNCONFIRMED * ((head.rotation_check or 0.0) > DOUBTFUL_ANGLE)


def _kept(heads: list[Head], ranks: list[float], overlap: float) -> list[Head]:
    if not heads:
        return []
    kept = suppress(np.stack([head.box for head in heads]), np.array(ranks), overlap, len(heads))
    return [heads[index] for index in kept.tolist()]
