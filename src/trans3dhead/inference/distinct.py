"""Results that are of one and the same head."""

import numpy as np

from trans3dhead.geometry.boxes import suppress
from trans3dhead.inference.head import DOUBTFUL_ANGLE, Head

SAME_HEAD = 0.5  # two results whose boxes overlap more than this (IoU) are one head
_SAME_FROM_ANY_SIDE = 0.4  # likewise of looks from several sides, most of which see it on its side
_UNCONFIRMED = 0.5  # by so much less counts the score of a result whose rotation the detector does not confirm


def distinct_heads(heads: list[Head]) -> list[Head]:
    """Two boxes that led to the same head leave one result, the one with the better score."""
    return _kept(heads, [head.score for head in heads], SAME_HEAD)


def distinct_of_any_roll(heads: list[Head]) -> list[Head]:
    """Likewise of heads that were looked at from several sides: the network may well answer a head that it sees on its
    side, but the detector does not confirm the rotation.
    """
    ranks = [head.score - _UNCONFIRMED * ((head.rotation_check or 0.0) > DOUBTFUL_ANGLE) for head in heads]
    return _kept(heads, ranks, _SAME_FROM_ANY_SIDE)


def _kept(heads: list[Head], ranks: list[float], overlap: float) -> list[Head]:
    if not heads:
        return []
    kept = suppress(np.stack([head.box for head in heads]), np.array(ranks), overlap, len(heads))
    return [heads[index] for index in kept.tolist()]
