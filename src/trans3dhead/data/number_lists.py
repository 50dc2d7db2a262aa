"""JSON's lists of numbers as arrays, whatever else a file may have put into them."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

_Row = list[float | None]
_NESTED = (_Row, list[_Row], list[list[_Row]], list[list[list[_Row]]])  # the depths of lists that are read


@dataclass(frozen=True)
class NoNumbers:
    """A JSON list that is no array of numbers."""

    reason: str


def as_array(value: list[Any]) -> np.ndarray | NoNumbers:
    """A parsed list of numbers, or of lists of them, four deep at most -> float64; null becomes NaN."""
    depth, inner = 0, value
    while isinstance(inner, list) and depth <= len(_NESTED):
        depth, inner = depth + 1, inner[0] if inner else None
    if depth > len(_NESTED):
        return NoNumbers(f"lists in lists, more than {len(_NESTED)} deep")
    try:
        # Checked before numpy sees it: an array of texts is as wide as its longest, at each of its places.
        msgspec.convert(value, _NESTED[depth - 1])
    except (msgspec.ValidationError, UnicodeError):
        return NoNumbers("values that are no numbers, or lists of different depths")
    try:
        return np.array(value, dtype=np.float64)
    except ValueError:
        return NoNumbers("lists of different lengths")
