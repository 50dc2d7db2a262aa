"""Whatever a text holds: the type that was asked for, or a ValueError that says where and what."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trans3dhead.reading.checked_json import Size, from_plain, read_json


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0


@dataclass(frozen=True)
class Row:
    name: str
    count: Size = 0
    kind: Literal["a", "b"] = "a"
    points: tuple[Point, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name == "nobody":
            raise ValueError("name: got nobody")


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1])
def test_a_size_is_a_whole_number_that_an_index_can_be(number: int) -> None:
    assert read_json(str(number), Size, "file") == number
    for wrong in (-1 - number, 2**31 + number, number + 0.5):
        with pytest.raises(ValueError, match=r"file: \$: expected `int`"):
            read_json(str(wrong), Size, "file")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


rows = st.builds(
    Row,
    name=st.text().filter(lambda name: name != "nobody"),
    count=st.integers(0, 2**31 - 1),
    kind=st.sampled_from(["a", "b"]),
    points=st.lists(st.builds(Point, *[st.floats(allow_nan=False, allow_infinity=False)] * 2)).map(tuple),
    notes=st.dictionaries(st.text(), st.text()),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def row_or_fault(text: str | bytes) -> Row | str:
    """What a text holds, or the words of the error."""
    try:
        return read_json(text, Row, "a.json")
    except ValueError as error:
        return str(error)


@given(rows, st.booleans())
def test_what_json_dumps_writes_comes_back(row: Row, as_bytes: bool):
    text = json.dumps(asdict(row))
    assert read_json(text.encode() if as_bytes else text, Row, "a.json", closed=True) == row


@given(anything | st.dictionaries(st.sampled_from(["name", "count", "kind", "points", "notes"]), anything))
def test_any_json_is_a_row_or_a_value_error(value: Any):
    read = row_or_fault(json.dumps(value))
    if isinstance(read, Row):
        assert isinstance(read.name, str)
        assert 0 <= read.count < 2**31
    else:
        assert read.startswith("a.json: $")
        assert read.endswith("; make the file again")


@given(st.binary() | st.text(alphabet=st.characters()))
def test_any_bytes_are_json_or_a_value_error(data: bytes | str):
    read = row_or_fault(data)
    assert isinstance(read, Row) or read.startswith("a.json: $: ")


FAULTS = {
    "[]": "$: expected `object`, got `array`",
    "{}": "$: expected the key `name`, got none",
    '{"name": 1}': "$.name: expected `str`, got `int`",
    '{"name": null}': "$.name: expected `str`, got `null`",
    '{"name": "a", "count": -1}': "$.count: expected `int` >= 0",
    '{"name": "a", "count": 1.0}': "$.count: expected `int`, got `float`",
    '{"name": "a", "count": true}': "$.count: expected `int`, got `bool`",
    '{"name": "a", "count": "1"}': "$.count: expected `int`, got `str`",
    '{"name": "a", "count": 2147483648}': "$.count: expected `int` <= 2147483647",
    '{"name": "a", "count": 1' + 50 * "0" + "}": "$.count: expected `int` <= 2147483647",
    '{"name": "a", "kind": "c"}': "$.kind: invalid enum value 'c'",
    '{"name": "a", "points": [{"y": 1}]}': "$.points[0]: expected the key `x`, got none",
    '{"name": "a", "points": [{"x": 1e999}]}': "$.points[0].x: number out of range",
    '{"name": "a", "points": [{"x": NaN}]}': "$: expected JSON in UTF-8 (without NaN and Infinity), got",
    '{"name": "a", "points": [{"x": -Infinity}]}': "$: expected JSON in UTF-8 (without NaN and Infinity), got",
    '{"name": "a", "notes": {"k": 1}}': "$.notes[...]: expected `str`, got `int`",
    '{"name": "nobody"}': "$: name: got nobody",
    '{"name": "a"': "$: expected JSON in UTF-8 (without NaN and Infinity), got",
    '{"name": "\ud800"}': "$: expected Unicode text, got half a surrogate pair",
    '{"name": "\\ud800"}': "$: expected JSON in UTF-8 (without NaN and Infinity), got",
    "": "$: expected JSON in UTF-8 (without NaN and Infinity), got",
    100_000 * "[": "$: expected",
    '{"name": "a", "unknown": ' + 100_000 * "[": "$: expected flat JSON, got it nested too deeply",
    '{"name": "a", "unknown": ' + 100_000 * '{"a":': "$: expected flat JSON, got it nested too deeply",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: ascii(text)[:40])
def test_a_fault_is_named_with_its_place(text: str):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (its words are compared below)
        read_json(text, Row, "a.json", remedy="write another")
    assert str(caught.value).startswith(f"a.json: {FAULTS[text]}")
    assert str(caught.value).endswith("; write another")


def test_bytes_that_are_not_utf_8():
    with pytest.raises(ValueError, match=r"^a\.json: \$: expected JSON in UTF-8"):
        read_json(b'{"name": "\xff"}', Row, "a.json")


def test_unknown_keys_are_a_fault_of_what_is_closed_alone():
    text = '{"name": "a", "notes": {"any": "key"}, "points": [{"x": 1}, {"x": 1, "z": 2}]}'
    assert read_json(text, Row, "a.json").points == (Point(1.0), Point(1.0))
    with pytest.raises(ValueError, match=r"^a\.json: \$\.points\[1\]\.z: expected only known keys, got this one; make"):
        read_json(text, Row, "a.json", closed=True)
    with pytest.raises(ValueError, match=r"^a\.json: \$: object contains unknown field `b`"):
        read_json('{"name": "a", "b": 1}', Strict, "a.json")


def test_a_text_that_is_too_long_is_not_read():
    with pytest.raises(ValueError, match="expected at most 9 bytes of JSON, got 13"):
        read_json('{"name": "a"}', Row, "a.json", longest=9)
    assert read_json('{"name": "a"}', Row, "a.json", longest=13) == Row("a")
    with pytest.raises(ValueError, match="expected at most 67108864 bytes of JSON, got 67108865"):
        read_json(b" " * ((64 << 20) + 1), Row, "a.json")


def test_a_message_has_one_line_however_strange_the_key():
    with pytest.raises(ValueError, match="expected only known keys") as caught:
        read_json(json.dumps({"name": "a", "\x1b[2J\n" + 50 * "k": 1}), Row, "a.json", closed=True)
    assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match=r"^a\.json: \$\.kind: ") as caught:
        read_json(json.dumps({"name": "a", "kind": 10_000 * "k"}), Row, "a.json")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("text", "kind", "value"), [("[1, 2.5]", list[float], [1.0, 2.5]), ("null", type(None), None)])
def test_builtin_types(text: str, kind: type, value: Any):
    assert read_json(text, kind, "a.json") == value


def test_values_that_are_decoded_already_are_checked_alike():
    values = {"name": "a", "points": [{"x": 1}]}
    assert from_plain(values, Row, "a.yaml", remedy="mend it") == Row("a", points=(Point(1.0),))
    assert from_plain(values | {"colour": 1}, Row, "a.yaml", remedy="mend it") == Row("a", points=(Point(1.0),))
    with pytest.raises(ValueError, match=r"^a\.yaml: \$\.count: expected `int`, got `str`; mend it$"):
        from_plain(values | {"count": "1"}, Row, "a.yaml", remedy="mend it")
