"""How a tree of JSON is changed: one of its values becomes another, goes, moves or is met twice."""

import json
import random
from typing import Any

_DEEP = "NESTED-DEEP"  # stands for lists in lists, deeper than Python's recursion allows
_DEPTH = 20_000
_ODD_VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1, 0.5, 1e308, 2**31, 2**63, -(2**64), 10**400, "", "x", "\0")
_ODD_VALUES += (float("nan"), float("inf"), "../../x", "\ud800", "a" * 5000, [], {}, [[]], [None], {"": None}, [0] * 70)


def json_text(tree: Any) -> str:
    """A changed tree as JSON."""
    return deepened(json.dumps(tree))


def deepened(text: str) -> str:
    """JSON or YAML with the lists in lists in their place."""
    return text.replace(f'"{_DEEP}"', _DEEP).replace(_DEEP, "[" * _DEPTH + "]" * _DEPTH)


def mutated_tree(tree: Any, rng: random.Random) -> Any:
    """The tree with one change somewhere; a text that holds JSON itself may be changed within."""
    places = _places(tree)
    if not places or rng.random() < 0.01:
        return _value(tree, rng)
    holder, key = rng.choice(places)
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1:
            _add(holder, key, rng)
        case 2:
            other, place = rng.choice(places)
            holder[key] = json.loads(json.dumps(other[place]))
        case _:
            holder[key] = _value(holder[key], rng)
    return tree


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value, by what holds it and the key or index there; not much more than a thousand of them."""
    places: list[tuple[Any, Any]] = []
    open_ = [tree]
    while open_ and len(places) < 1000:
        holder = open_.pop()
        if not isinstance(holder, dict | list):
            continue
        for key in list(holder) if isinstance(holder, dict) else range(min(len(holder), 200)):
            places.append((holder, key))
            open_.append(holder[key])
    return places


def _add(holder: Any, key: Any, rng: random.Random) -> None:
    """The value under a second name, or at a second place."""
    if isinstance(holder, dict):
        holder[rng.choice((f"{key}x", "", "__class__", "_target_", "a.b"))] = holder[key]
    else:
        holder.insert(key, holder[key])


def _value(value: Any, rng: random.Random) -> Any:
    """Something else in the place of `value`: of its kind, or of any."""
    if isinstance(value, str) and value[:1] in ("{", "[") and rng.random() < 0.9:
        try:
            return json_text(mutated_tree(json.loads(value), rng))
        except (ValueError, RecursionError):
            return value[: rng.randint(0, len(value))]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.4:
        bounded = float(max(min(value, 1e300), -1e300))  # an int may be larger than any float
        return rng.choice((-value, value + 1, value - 1, value * 1000, -1 - value, bounded))
    chance = rng.random()
    if chance < 0.05:
        return _DEEP
    if chance < 0.15:
        return [value]
    if chance < 0.25:
        return str(value)
    return rng.choice(_ODD_VALUES)
