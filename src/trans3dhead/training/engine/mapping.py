"""Strict reading of recipe files into frozen dataclasses: an unknown key is an error that lists the valid ones.

By hand, since cattrs and dacite list no valid keys, and cattrs reads a batch size of 1.5 as 1.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

T = TypeVar("T")


def from_mapping(kind: type[T], values: Any, where: str = "recipe") -> T:
    """A dataclass from a mapping, nested dataclasses from nested mappings; `where` names the place in errors.

    A dataclass that has `named` instances may be given as the name of one.
    """
    whole: Mapping[str, T] = getattr(kind, "named", dict)()
    if isinstance(values, str) and values in whole:
        return whole[values]
    if not isinstance(values, Mapping):
        names = f"{', '.join(whole)}, or " if whole else ""
        raise ValueError(f"{where}: expected {names}the keys {', '.join(_names(kind))}, got {values!r}")
    unknown = sorted(set(values) - set(_names(kind)))
    if unknown:
        raise ValueError(f"{where}: unknown key {', '.join(unknown)}; valid keys are {', '.join(_names(kind))}")
    hints = get_type_hints(kind)
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore
    missing = [name for name in needed if name not in values]
    if missing:
        raise ValueError(f"{where}: missing key {', '.join(missing)}; it has no default")
    try:
        return kind(**{name: _convert(hints[name], value, f"{where}.{name}") for name, value in values.items()})
    except ValueError as error:
        raise error if str(error).startswith("recipe") else ValueError(f"{where}: {error}") from error


def read_values(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The keys of a recipe file, with `key.sub=value` overrides."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such recipe; the ones that come with the repository are in recipes/")
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: expected YAML, got {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"{path}: expected the keys of a recipe, such as name and data, got {values!r:.60}")
    return with_overrides(values, overrides)


def with_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The mapping with `key.sub=value` put in; a value is read as YAML."""
    merged = {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not path:
            raise ValueError(f"override: expected key.sub=value, got {override!r}")
        *groups, last = path.split(".")
        place = merged
        for group in groups:
            inner = place.get(group) or {}
            if not isinstance(inner, Mapping):
                raise ValueError(
                    f"override: {override!r} changes a part of {group}, which is {inner!r}; give the whole"
                )
            place[group] = dict(inner)
            place = place[group]
        try:
            place[last] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"override: expected a YAML value after the =, got {override!r}") from error
    return merged


def _names(kind: type) -> list[str]:
    return [entry.name for entry in fields(kind)]  # type: ignore[arg-type]


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if is_dataclass(hint):
        return from_mapping(hint, value, where)  # type: ignore[arg-type]
    if origin in (Union, types.UnionType):
        return _convert_union(hint, value, where)
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{where}: expected one of {', '.join(map(str, get_args(hint)))}, got {value!r}")
        return value
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise ValueError(f"{where}: expected a mapping of names, got {value!r}")
        return {str(name): _convert(get_args(hint)[1], part, f"{where}.{name}") for name, part in value.items()}
    if origin is tuple:
        return _convert_tuple(get_args(hint), value, where)
    return _convert_plain(hint, value, where)


def _convert_union(hint: Any, value: Any, where: str) -> Any:
    options = [option for option in get_args(hint) if option is not type(None)]
    if value is None and len(options) < len(get_args(hint)):
        return None
    if len(options) > 1 and all(is_dataclass(option) for option in options):
        return from_mapping(_by_architecture(options, value, where), value, where)
    if len(options) != 1:
        raise ValueError(f"{where}: expected a type with one meaning, got {hint}")
    return _convert(options[0], value, where)


def _by_architecture(options: Sequence[type], value: Any, where: str) -> type:
    """Which of several dataclasses a mapping means, by its key `architecture`; the first where it has none."""
    known = {get_args(get_type_hints(option)["architecture"])[0]: option for option in options}
    name = value.get("architecture", next(iter(known))) if isinstance(value, Mapping) else next(iter(known))
    if name not in known:
        raise ValueError(f"{where}.architecture: expected one of {', '.join(known)}, got {name!r}")
    return known[name]


def _convert_tuple(items: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{where}: expected a list, got {value!r}")
    if len(items) == 2 and items[1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(items) != len(value):
        raise ValueError(f"{where}: expected a list of {len(items)}, got {list(value)}")
    return tuple(_convert(item, part, f"{where}[{i}]") for i, (item, part) in enumerate(zip(items, value, strict=True)))


def _convert_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)  # YAML reads 1e-3, without a point, as text
        except ValueError:
            pass
    elif hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{where}: expected {hint.__name__}, got {value!r}")
