"""The predictions of any system in one small JSON format, which the benchmarks score; `docs/predictions-format.md`.

The official submission of the DAD-3DHeads benchmark is read as it is.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as shown  # short, whatever the file holds
from typing import Any

import numpy as np
import torch

from trans3dhead.data.number_lists import NoNumbers, as_array
from trans3dhead.evaluation.report import Problem
from trans3dhead.evaluation.strictness import ScoringError
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_euler
from trans3dhead.head_model import SEVEN_LANDMARKS

FORMAT = "trans3dhead predictions 1"
ANGLES = ("pitch", "yaw", "roll")
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")  # of surrogates, which JSON can escape and nothing can print
ROTATION_TOLERANCE = 1e-2  # how far an entry of R Rᵀ may be from the identity's


@dataclass(frozen=True, eq=False)
class PredictedHead:
    """What a system says of one head; None where it says nothing, or nothing that can be scored."""

    rotation: np.ndarray | None = None  # (3, 3) head space -> camera space (x right, y down, z away)
    euler: np.ndarray | None = None  # (3,) pitch, yaw, roll in degrees, AFLW2000-3D's convention
    landmarks: np.ndarray | None = None  # (68, 2) pixels of the photograph, (0, 0) the corner of its first pixel
    seven_landmarks: np.ndarray | None = None  # (7, 3) camera space: `SEVEN_LANDMARKS` of the 68, in the mesh's unit
    vertices: np.ndarray | None = None  # (N, 3) camera space, any unit; float32 where read from a file
    blendshapes: Mapping[str, float] | None = None  # weights by name, ARKit's names where the head model has them
    mesh_landmarks: np.ndarray | None = None  # (68, 2) pixels of the photograph: the mesh's own points, projected


@dataclass
class Predictions:
    """A file of predictions: its heads by id, and what is wrong in it."""

    heads: dict[str, PredictedHead]
    problems: list[Problem]


@dataclass(frozen=True)
class Field:
    """A field of the file that becomes an attribute of `PredictedHead`."""

    attribute: str
    shape: tuple[int | None, int]  # None: any number of points
    pick: tuple[int, ...] | None = None  # the rows that count; all by default
    flat: bool = False  # also accepted as one long list, as the official code does


NATIVE_FIELDS = {
    "rotation_matrix": Field("rotation", (3, 3)),
    "landmarks_2d": Field("landmarks", (68, 2)),
    "mesh_landmarks_2d": Field("mesh_landmarks", (68, 2)),
    "landmarks_3d": Field("seven_landmarks", (68, 3), pick=SEVEN_LANDMARKS),
    "landmarks_3d_7": Field("seven_landmarks", (7, 3)),  # after landmarks_3d: it wins
    "vertices": Field("vertices", (None, 3)),
}
OFFICIAL_FIELDS = {
    "rotation_matrix": Field("rotation", (3, 3)),
    "68_landmarks_2d": Field("landmarks", (68, 2)),
    "7_landmarks_3d": Field("seven_landmarks", (7, 3), flat=True),
    "N_landmarks_3d": Field("vertices", (None, 3), flat=True),
}


class _Object(dict[str, Any]):
    """A parsed JSON object that knows which of its keys were there more than once."""

    repeated: frozenset[str] = frozenset()


class BadField(Exception):  # noqa: N818, caught in this module
    """A field that cannot be used."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


def completed(head: PredictedHead) -> PredictedHead:
    """The same head with its rotation's Euler angles, or its angles' rotation, where one of the two is missing."""
    if head.euler is None and head.rotation is not None:
        return replace(head, euler=euler_from_rotation(torch.from_numpy(head.rotation)).numpy())
    if head.rotation is None and head.euler is not None:
        return replace(head, rotation=rotation_from_euler(torch.from_numpy(head.euler)).numpy())
    return head


def read_predictions(path: Path) -> Predictions:
    """Read our format or the official submission of DAD-3DHeads.

    A bad field of a head is a problem and None in that head; the others are kept. Raises ValueError for a file that is
    no such file, or that holds no head.
    """
    path = Path(path)
    data = _parse(path)
    if not isinstance(data, _Object):
        raise ValueError(f"{path}: expected a JSON object of heads, got a list or a single value; {_EXPECTED}")
    entries, table = _entries(path, data)
    if not entries:
        raise ScoringError("empty", f"{path}: holds no heads; expected at least one, by its id")
    predictions = Predictions({}, [])
    for name, entry in entries.items():
        if _HALF_PAIR.search(name):
            raise ValueError(f"{path}: expected ids of Unicode, got half of a surrogate pair in {shown(name)}")
        if name in entries.repeated:
            message = f"{name}: is in the file more than once; its last entry counts"
            predictions.problems.append(Problem(name, "unreadable", message))
        predictions.heads[name] = _head(name, entry, table, predictions.problems)
    return predictions


_EXPECTED = (
    f'expected {{"format": "{FORMAT}", "heads": {{id: {{...}}}}}} or the DAD-3DHeads benchmark\'s submission, '
    f"{{id: {{{', '.join(OFFICIAL_FIELDS)}}}}}"
)


def _parse(path: Path) -> Any:
    """The file's JSON; a list of numbers becomes an array as soon as its object is parsed: a tenth of the memory."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected JSON in UTF-8, got other bytes ({error.reason}); {_EXPECTED}") from error
    if not text.strip():
        raise ScoringError("empty", f"{path}: is empty; {_EXPECTED}")
    try:
        return json.loads(text, object_pairs_hook=_compact)
    except (ValueError, RecursionError) as error:  # ValueError also for integers of thousands of digits
        raise ValueError(f"{path}: expected JSON, got {error}; {_EXPECTED}") from error


def _compact(pairs: list[tuple[str, Any]]) -> _Object:
    parsed = _Object((key, as_array(value) if isinstance(value, list) else value) for key, value in pairs)
    if len(parsed) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        parsed.repeated = frozenset(key for key in parsed if counts[key] > 1)
    return parsed


def _entries(path: Path, data: _Object) -> tuple[_Object, dict[str, Field]]:
    """The heads of a parsed file, and the fields that they may have."""
    if "format" in data:
        if data["format"] != FORMAT:
            raise ValueError(
                f"{path}: expected format {FORMAT!r}, got {shown(data['format'])}; write it anew for this version"
            )
        heads = data.get("heads")
        if not isinstance(heads, _Object):
            raise ValueError(f'{path}: expected "heads", an object of heads by id, found none; {_EXPECTED}')
        return heads, NATIVE_FIELDS
    if data and not any(
        isinstance(entry, _Object) and entry.keys() & OFFICIAL_FIELDS.keys() for entry in data.values()
    ):
        raise ValueError(f"{path}: is neither of the two formats that are read; {_EXPECTED}")
    return data, OFFICIAL_FIELDS


def _head(name: str, entry: Any, table: dict[str, Field], problems: list[Problem]) -> PredictedHead:
    """One entry of the file; what is wrong in it is added to the problems."""
    known = [*(["pose", "blendshapes"] if table is NATIVE_FIELDS else []), *table]

    def add(kind: str, message: str) -> None:
        problems.append(Problem(name, kind, f"{name}: {message}"))

    if not isinstance(entry, _Object):
        add("unreadable", f"expected an object with any of {', '.join(known)}")
        return PredictedHead()
    for message in _wrong_keys(entry, known):
        add("unreadable", message)
    values: dict[str, Any] = {}
    bad_pose = False
    for key in (key for key in known if key in entry):
        try:
            attribute, value = _attribute(key, entry[key], table)
            values[attribute] = value
        except BadField as bad:
            add(bad.kind, f"{key}: {bad.reason}")
            bad_pose |= key in ("pose", "rotation_matrix")
    head = PredictedHead(**values)
    return head if bad_pose else completed(head)


def _wrong_keys(entry: _Object, known: Sequence[str]) -> Iterator[str]:
    """What is wrong with the keys of an entry, whatever their values are."""
    if not entry:
        yield f"holds nothing; expected any of {', '.join(known)}"
    for key in sorted(entry.keys() - set(known)):
        yield f"has a field {shown(key)}, which is not read; expected any of {', '.join(known)}"
    for key in sorted(entry.repeated):
        yield f"has {shown(key)} more than once; the last one counts"


def _attribute(key: str, value: Any, table: dict[str, Field]) -> tuple[str, Any]:
    """The attribute of `PredictedHead` that a field becomes, and its checked value. Raises BadField."""
    if key == "pose":
        return "euler", _pose(value)
    if key == "blendshapes":
        return "blendshapes", _blendshapes(value)
    return table[key].attribute, _field(value, table[key])


def _pose(value: Any) -> np.ndarray:
    """{"pitch", "yaw", "roll"} degrees -> (3,)."""
    if not isinstance(value, _Object) or set(value) != set(ANGLES):
        raise BadField("shape", "expected an object of pitch, yaw and roll, no more and no less")
    angles = [value[name] for name in ANGLES]
    numbers = as_array(angles)
    if isinstance(numbers, NoNumbers) or numbers.shape != (len(ANGLES),):
        raise BadField("unreadable", "expected degrees, got values that are no numbers")
    return _finite(numbers)


def _blendshapes(value: Any) -> dict[str, float]:
    """An object of weights by name."""
    if not isinstance(value, _Object) or not value:
        raise BadField("shape", "expected an object of weights by name, with one weight at least")
    numbers = as_array(list(value.values()))
    if isinstance(numbers, NoNumbers) or numbers.shape != (len(value),):
        raise BadField("unreadable", "expected weights, got values that are no numbers")
    return dict(zip(value, _finite(numbers).tolist(), strict=True))


def _field(value: Any, field: Field) -> np.ndarray:
    if isinstance(value, NoNumbers) or not isinstance(value, np.ndarray):
        reason = value.reason if isinstance(value, NoNumbers) else "no list"
        raise BadField("unreadable", f"expected a list of {in_words(field.shape)} numbers, got {reason}")
    points, width = field.shape
    if field.flat and value.size % width == 0:
        value = value.reshape(-1, width)
    if value.ndim > 2 and value.shape[:-2] == (1,) * (value.ndim - 2):
        value = value.reshape(value.shape[-2:])
    if value.ndim != 2 or value.shape[1] != width or len(value) != (points or max(len(value), 1)):
        raise BadField("shape", f"expected {in_words(field.shape)} numbers, got {in_words(value.shape)}")
    if field.pick is not None:
        value = value[list(field.pick)]
    if field.attribute == "vertices":
        with np.errstate(over="ignore"):  # beyond float32 it is not finite, and said so
            value = value.astype(np.float32)
    return _finite(value) if field.attribute != "rotation" else checked_rotation(_finite(value))


def _finite(value: np.ndarray) -> np.ndarray:
    bad = int((~np.isfinite(value)).sum())
    if bad:
        raise BadField("not finite", f"expected finite numbers, {bad} of {value.size} are NaN, infinite or null")
    return value


def checked_rotation(value: np.ndarray) -> np.ndarray:
    """(3, 3), checked to be a rotation and not a reflection."""
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers far beyond those of a rotation
        deviation = float(np.abs(value @ value.T - np.eye(3)).max())
    if not deviation <= ROTATION_TOLERANCE:
        raise BadField("shape", f"expected a rotation matrix, R Rᵀ differs from the identity by {deviation:.2g}")
    if np.linalg.det(value) < 0:
        raise BadField("shape", "expected a rotation matrix, got a reflection (its determinant is -1)")
    return value


def in_words(shape: tuple[int | None, ...]) -> str:
    return " × ".join("N" if size is None else str(size) for size in shape)
