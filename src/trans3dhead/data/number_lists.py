"""JSON's lists of numbers as arrays, whatever else a file may have put into them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

_DEEPEST = 4  # lists in lists
_NUMBERS = {int, float, type(None)}  # bool, a subclass of int, is none


@dataclass(frozen=True)
class NoNumbers:
    """A JSON list that is no array of numbers."""

    reason: str


def as_array(value: list[Any]) -> np.ndarray | NoNumbers:
    """A parsed list of numbers, or of lists of them, four deep at most -> float64; null becomes NaN."""
    depth = 0
    inner: Any = value
    while isinstance(inner, list) and depth <= _DEEPEST:
        depth, inner = depth + 1, inner[0] if inner else None
    if depth > _DEEPEST:
        return NoNumbers(f"lists in lists, more than {_DEEPEST} deep")
    try:
        # Before numpy sees them: it would make an array of texts that is as wide as the longest at each of its places.
        if not _types(value, depth) <= _NUMBERS:
            return NoNumbers("values that are no numbers, or lists of different depths")
        return np.array(value, dtype=np.float64)
    except TypeError:
        return NoNumbers("lists of different depths")
    except ValueError:
        return NoNumbers("lists of different lengths")
    except OverflowError:
        return NoNumbers("an integer too large for a number of 64 bits")


def _types(value: Iterable[Any], depth: int) -> set[type]:
    """The types of what lies `depth` lists deep."""
    for _ in range(depth - 1):
        value = chain.from_iterable(value)
    return set(map(type, value))
