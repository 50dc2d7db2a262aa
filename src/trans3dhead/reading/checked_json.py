"""JSON of files that strangers may have made: one reader, which returns the type asked for or says what is wrong.

Fields that count or index something take `Size`: an `int` alone may be as large as JSON can say.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import msgspec

LONGEST = 64 << 20  # bytes
_SHOWN = 300  # characters of a message that may quote the file
_FAULT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field (`.*`)", re.DOTALL)

Size = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
Kind = TypeVar("Kind")


def read_json(
    text: str | bytes,
    kind: type[Kind],
    where: str,
    *,
    closed: bool = False,
    longest: int = LONGEST,
    remedy: str = "make the file again",
) -> Kind:
    """What a JSON text holds, as `kind`: a dataclass, a msgspec.Struct, or a builtin type such as dict[str, float].

    Nothing is converted: `1.0` is no int, `"1"` no float, `true` no number. Every number is finite. where: the file and
    what in it, for messages; closed: whether keys that no dataclass of `kind` has are a fault, at any depth; longest:
    bytes; remedy: what to do about a fault. Raises ValueError, and nothing else, for a text that is not such JSON.
    """
    data = _bytes(text, where, remedy)
    if len(data) > longest:
        raise ValueError(f"{where}: $: expected at most {longest} bytes of JSON, got {len(data)}; {remedy}")
    with _explained(where, remedy):
        value = msgspec.json.decode(data, type=kind)
        if closed:
            _refuse_unknown(msgspec.json.decode(data), value)
        return value


def from_plain(values: Any, kind: type[Kind], where: str, *, remedy: str) -> Kind:
    """`read_json` of values that are decoded already; whether numbers are finite is for their reader to see."""
    with _explained(where, remedy):
        return msgspec.convert(values, kind)


@contextmanager
def _explained(where: str, remedy: str) -> Iterator[None]:
    """Errors of msgspec become ValueErrors that say where, what and what to do."""
    try:
        yield
    except RecursionError:
        raise ValueError(f"{where}: $: expected flat JSON, got it nested too deeply; {remedy}") from None
    except msgspec.ValidationError as error:
        raise ValueError(f"{where}: {_said(str(error))}; {remedy}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        what = "expected JSON in UTF-8 (without NaN and Infinity)"
        raise ValueError(f"{where}: $: {what}, got {_printable(str(error))}; {remedy}") from error


def _bytes(text: str | bytes, where: str, remedy: str) -> bytes:
    try:
        return text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: $: expected Unicode text, got half a surrogate pair; {remedy}") from error


def _refuse_unknown(given: Any, value: Any) -> None:
    if path := next(_unknown(given, msgspec.to_builtins(value)), None):
        raise msgspec.ValidationError(f"Expected only known keys, got this one - at `{path}`")


def _unknown(given: Any, known: Any, path: str = "$") -> Iterator[str]:
    """The paths of the keys that a decoded value has lost: those that its type does not know."""
    if isinstance(given, dict):
        for key, value in given.items():
            inner = f"{path}.{key}"
            if key not in known:
                yield inner
            else:
                yield from _unknown(value, known[key], inner)
    elif isinstance(given, list | tuple):
        for index, (value, kept) in enumerate(zip(given, known, strict=True)):
            yield from _unknown(value, kept, f"{path}[{index}]")


def _said(message: str) -> str:
    """A message of msgspec, "Expected X, got Y - at `$.path`" -> "$.path: expected X, got Y"."""
    found = _FAULT.fullmatch(message)
    assert found is not None  # the expression matches any text
    what = _MISSING.sub(r"expected the key \1, got none", found["what"])
    return _printable(f"{found['path'] or '$'}: {what[:1].lower()}{what[1:]}")


def _printable(text: str) -> str:
    """No line breaks and no control sequences of terminals out of a stranger's file, and not all of it."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
