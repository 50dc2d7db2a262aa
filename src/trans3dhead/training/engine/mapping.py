"""Strict reading of recipe files into frozen dataclasses: an unknown key is an error that lists the valid ones.

By hand, since cattrs and dacite list no valid keys, and cattrs reads a batch size of 1.5 as 1.
"""

import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from reprlib import repr as shown  # short, whatever the file holds
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

# Far above what recipes need; PyYAML takes seconds for as much.
LONGEST = 2**16  # bytes of the file
MOST_VALUES = 10_000  # with each alias written out
DEEPEST = 20  # of lists and mappings inside of each other

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
        raise ValueError(f"{where}: expected {names}the keys {', '.join(_names(kind))}, got {shown(values)}")
    _check_keys(values, where)
    unknown = sorted(set(values) - set(_names(kind)))
    if unknown:
        raise ValueError(f"{where}: unknown key {', '.join(unknown)}; valid keys are {', '.join(_names(kind))}")
    hints = get_type_hints(kind)
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore
    missing = [name for name in needed if name not in values]
    if missing:
        raise ValueError(f"{where}: missing key {', '.join(missing)}; it has no default")
    converted = {name: _convert(hints[name], value, f"{where}.{name}") for name, value in values.items()}
    try:
        return kind(**converted)
    except ValueError as error:  # what it says of its own fields does not know where it stands
        raise ValueError(f"{where}: {error}") from error


def read_values(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The keys of a recipe file, with `key.sub=value` overrides."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such recipe; the ones that come with the repository are in recipes/")
    if path.stat().st_size > LONGEST:
        raise ValueError(f"{path}: expected a recipe of at most {LONGEST:,} bytes, got {path.stat().st_size:,}")
    try:
        values = parse_yaml(path.read_text(encoding="utf-8")) or {}
    except ValueError as error:
        raise ValueError(f"{path}: expected YAML, got {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"{path}: expected the keys of a recipe, such as name and data, got {shown(values)}")
    _check_keys(values, str(path))
    return with_overrides(values, overrides)


def parse_yaml(text: str) -> Any:
    """The plain values of a YAML text. Raises ValueError for what is none, and for more values or depth than allowed.

    A few aliases of aliases would stand for billions of values, so they are counted before they are built.
    """
    try:
        node = yaml.compose(text, _ShallowLoader)
        _check_nodes(node)
        return None if node is None else yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
        # PyYAML raises all of these, for tags and numbers that are none.
        words, where = str(error), getattr(error, "problem_mark", None)
        if where is not None:  # PyYAML's own words are several lines, with the text and an arrow
            words = f"{getattr(error, 'problem', None)}, line {where.line + 1}, column {where.column + 1}"
        raise ValueError(f"something else ({type(error).__name__}: {words})") from error


class _ShallowLoader(yaml.SafeLoader):
    """Refuses nesting at the bracket or indentation that goes too deep.

    PyYAML looks for a colon a thousand characters behind each bracket, at every character through all that are open: of
    brackets alone a million steps for the first of them. Its recursion ends in a RecursionError.
    """

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        """A bracket or brace opens."""
        self._check_depth(self.flow_level)
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        """A line begins, or a - or ? within one, perhaps further to the right."""
        if column > self.indent:
            self._check_depth(len(self.indents))
        return super().add_indent(column)

    def _check_depth(self, depth: int) -> None:
        if depth >= DEEPEST:
            raise yaml.scanner.ScannerError(None, None, f"more than {DEEPEST} lists and mappings", self.get_mark())


def _check_nodes(root: yaml.Node | None) -> None:
    waiting = [] if root is None else [(root, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES or depth > DEEPEST:
            raise ValueError(f"more than {MOST_VALUES:,} values, or lists and mappings {DEEPEST} deep")
        if isinstance(node, yaml.MappingNode):
            waiting += [(part, depth + 1) for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(part, depth + 1) for part in node.value]


def _check_keys(values: Mapping[Any, Any], where: str) -> None:
    if wrong := [key for key in values if not isinstance(key, str)]:
        raise ValueError(f"{where}: expected keys that are words, got {shown(wrong[0])}")


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
                    f"override: {override!r} changes a part of {group}, which is {shown(inner)}; give the whole"
                )
            place[group] = dict(inner)
            place = place[group]
        try:
            place[last] = parse_yaml(text)
        except ValueError as error:
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
            raise ValueError(f"{where}: expected one of {', '.join(map(str, get_args(hint)))}, got {shown(value)}")
        return value
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise ValueError(f"{where}: expected a mapping of names, got {shown(value)}")
        _check_keys(value, where)
        return {name: _convert(get_args(hint)[1], part, f"{where}.{name}") for name, part in value.items()}
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
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"{where}.architecture: expected one of {', '.join(known)}, got {shown(name)}")
    return known[name]


def _convert_tuple(items: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{where}: expected a list, got {shown(value)}")
    if len(items) == 2 and items[1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(items) != len(value):
        raise ValueError(f"{where}: expected a list of {len(items)}, got {shown(list(value))}")
    return tuple(_convert(item, part, f"{where}[{i}]") for i, (item, part) in enumerate(zip(items, value, strict=True)))


def _convert_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)  # YAML reads 1e-3, without a point, as text
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    elif hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{where}: expected {hint.__name__}, got {shown(value)}")
