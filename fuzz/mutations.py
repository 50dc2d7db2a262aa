"""How a file is changed: its bytes, or, where it is JSON, YAML, text, safetensors or an archive, its structure."""

import io
import json
import random
import re
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Sequence

from fuzz.trees import deepened, json_text, mutated_tree

_MOST_BYTES = 1 << 20  # a result may be no longer; what is large is slow, and finds no more
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_ODD_NUMBERS: tuple[bytes, ...] = (
    b"-1",
    b"0",
    b"1",
    b"-0.0",
    b"0.5",
    b"255",
    b"65536",
    b"2147483648",
    b"-2147483649",
    b"4294967295",
)
_ODD_NUMBERS += (
    b"9223372036854775808",
    b"1e308",
    b"1e309",
    b"-1e309",
    b"nan",
    b"inf",
    b"1" * 400,
    b"1" * 5000,
    b"",
    b"x",
)
_ODD_BYTES = (0, 1, 0x7F, 0x80, 0xFF)
_ODD_INTEGERS = (0, 1, -1, 2**7, 2**8, 2**15, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1)


def mutate(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """`data` changed in one to four places. others: files of the same kind, of which a part may come in."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        of_structure = rng.random() < 0.5
        changed = _structural(data, rng) if of_structure else None
        if changed is None:
            changed = _spliced(data, rng.choice(others), rng) if others and rng.random() < 0.05 else _bytes(data, rng)
        data = changed[:_MOST_BYTES]
    return data


def _structural(data: bytes, rng: random.Random) -> bytes | None:
    for mutation in (_zip, _tar, _safetensors, _json, _lines):
        if (changed := mutation(data, rng)) is not None:
            return changed
    return None


# Bytes


def _bytes(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return rng.randbytes(rng.randint(1, 64))
    return rng.choice((_flipped, _replaced, _integer, _integer, _removed, _repeated, _inserted, _cut))(data, rng)


def _place(data: bytes, rng: random.Random) -> int:
    """An index, of the first hundred bytes as often as of all: headers are there."""
    return rng.randrange(min(len(data), 100) if rng.random() < 0.5 else len(data))


def _flipped(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _replaced(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([rng.choice((*_ODD_BYTES, rng.randrange(256)))]) + data[at + 1 :]


def _integer(data: bytes, rng: random.Random) -> bytes:
    """An integer of one to eight bytes in place of what was there, in either order of bytes."""
    size, at = rng.choice((1, 2, 4, 4, 8)), _place(data, rng)
    value = rng.choice((*_ODD_INTEGERS, rng.randrange(2**16), len(data), at)) % (1 << (8 * size))
    return data[:at] + value.to_bytes(size, rng.choice(("little", "big"))) + data[at + size :]


def _removed(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 4, 8, 64)) :]


def _repeated(data: bytes, rng: random.Random) -> bytes:
    at, length = _place(data, rng), rng.choice((1, 4, 8, 64, 512))
    return data[:at] + data[at : at + length] * rng.choice((2, 3, 50)) + data[at + length :]


def _inserted(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + rng.choice((rng.randbytes(rng.randint(1, 16)), bytes(8), b"\xff" * 8)) + data[at:]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _spliced(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


# Structure


def _json(data: bytes, rng: random.Random) -> bytes | None:
    """A value of a JSON tree replaced, or of each line's in JSON lines; YAML is a larger JSON, and read likewise."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return _yaml(data, rng)
    lines = data.splitlines() if data.lstrip()[:1] == b"{" and b"}\n{" in data else [data]
    at = rng.randrange(len(lines))
    try:
        lines[at] = json_text(mutated_tree(json.loads(lines[at]), rng)).encode()
    except (ValueError, RecursionError):
        return None
    return b"\n".join(lines)


def _yaml(data: bytes, rng: random.Random) -> bytes | None:
    if len(data) > 20_000 or b": " not in data or b"\0" in data:
        return None
    try:
        import yaml

        tree = yaml.safe_load(data)
        return deepened(yaml.safe_dump(mutated_tree(tree, rng))).encode() if isinstance(tree, dict) else None
    except Exception:  # no YAML, or no reader of it
        return None


def _lines(data: bytes, rng: random.Random) -> bytes | None:
    """Text, and the text that begins a binary file: a number replaced, a line or a word moved, repeated, left out."""
    if not data[:256].isascii():
        return None
    numbers = list(_NUMBER.finditer(data[:100_000]))
    if numbers and rng.random() < 0.5:
        chosen = rng.choice(numbers)
        return data[: chosen.start()] + rng.choice(_ODD_NUMBERS) + data[chosen.end() :]
    if b"\0" in data:
        return None
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    words = lines[at].split(b" ")
    match rng.randrange(5):
        case 0:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 1:
            del lines[at]
        case 2:
            del words[rng.randrange(len(words))]
            lines[at] = b" ".join(words)
        case 3:
            words.insert(rng.randrange(len(words)), rng.choice(words))
            lines[at] = b" ".join(words)
        case _:
            lines[at] = rng.choice(lines)
    return b"\n".join(lines)


def _safetensors(data: bytes, rng: random.Random) -> bytes | None:
    """The JSON header with a value replaced, in front of the same tensors."""
    if len(data) < 10 or data[8:9] != b"{":
        return None
    (length,) = struct.unpack("<Q", data[:8])
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        return None
    changed = json_text(mutated_tree(header, rng)).encode()
    return struct.pack("<Q", len(changed)) + changed + data[8 + length :]


def _zip(data: bytes, rng: random.Random) -> bytes | None:
    """One member changed, renamed, left out or twice there; .npz is such an archive."""
    if data[:2] != b"PK":
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()[:100]]
    except Exception:  # damaged already
        return None
    written = io.BytesIO()
    packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(written, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in _members(members, rng):
            archive.writestr(zipfile.ZipInfo(name), content, packing)  # without the hour, which would be chance
    return written.getvalue()


def _tar(data: bytes, rng: random.Random) -> bytes | None:
    """As for a zip: the header's sum stays right, so that the change is met by what reads the member."""
    if data[257:262] != b"ustar":
        return None
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files = [member for member in archive.getmembers()[:100] if member.isfile()]
            members = [(file.name, archive.extractfile(file).read()) for file in files]  # type: ignore[union-attr]
    except Exception:  # damaged already
        return None
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in _members(members, rng):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return written.getvalue()


def _members(members: list[tuple[str, bytes]], rng: random.Random) -> list[tuple[str, bytes]]:
    if not members:
        return [("new", b"")]
    at = rng.randrange(len(members))
    name, content = members[at]
    match rng.randrange(8):
        case 0:
            del members[at]
        case 1:
            members[at] = rng.choice((name + "x", "../" + name, "/" + name, "a" * 300, rng.choice(members)[0])), content
        case 2:
            members.append((name, rng.choice(members)[1]))
        case 3:
            members[at] = name, content + bytes(rng.choice((1, 1000, 1 << 20)))  # deflated to little
        case _:
            members[at] = name, mutate(content, rng)
    return members
