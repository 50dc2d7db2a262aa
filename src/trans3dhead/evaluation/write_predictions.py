"""Writing predictions: this project's format, and DAD-3DHeads' submission."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.evaluation.predictions import (
    ANGLES,
    FORMAT,
    NATIVE_FIELDS,
    OFFICIAL_FIELDS,
    BadField,
    Field,
    PredictedHead,
    checked_rotation,
    in_words,
)
from trans3dhead.files import whole_file


def write_predictions(path: Path, heads: Mapping[str, PredictedHead]) -> None:
    """Write our format, whole or not at all. Raises ValueError for what `read_predictions` would not take."""
    _check_any(path, heads)
    with whole_file(path) as file:
        file.write(f'{{"format": {json.dumps(FORMAT)}, "heads": {{')
        for number, (name, head) in enumerate(heads.items()):
            fields = _checked_pose(name, head) | _checked(name, head, NATIVE_FIELDS) | _checked_blendshapes(name, head)
            if not fields:
                raise ValueError(f"{name}: expected at least one field, got none; leave the head out")
            file.write(",\n" if number else "\n")
            file.write(_entry(name, fields))
        file.write("\n}}\n")


def write_submission(path: Path, heads: Mapping[str, PredictedHead]) -> None:
    """Write the official submission of the DAD-3DHeads benchmark, whole or not at all.

    Raises ValueError for a head without one of its four fields: `completed` makes rotations of angles.
    """
    _check_any(path, heads)
    with whole_file(path) as file:
        file.write("{")
        for number, (name, head) in enumerate(heads.items()):
            fields = _checked(name, head, OFFICIAL_FIELDS)
            missing = [key for key in OFFICIAL_FIELDS if key not in fields]
            if missing:
                lacking = ", ".join(f"{key} ({OFFICIAL_FIELDS[key].attribute})" for key in missing)
                raise ValueError(f"{name}: a submission holds all four fields of each head, this one lacks {lacking}")
            file.write(",\n" if number else "\n")
            file.write(_entry(name, fields))
        file.write("\n}\n")


def _check_any(path: Path, heads: Mapping[str, PredictedHead]) -> None:
    if not heads:
        raise ValueError(f"{path}: expected at least one head to write, got none")


def _checked_pose(name: str, head: PredictedHead) -> dict[str, str]:
    if head.euler is None:
        return {}
    angles = zip(ANGLES, _numbers(_check(f"{name}: euler", head.euler, (3,))), strict=True)
    return {"pose": "{" + ", ".join(f'"{angle}": {degrees}' for angle, degrees in angles) + "}"}


def _checked_blendshapes(name: str, head: PredictedHead) -> dict[str, str]:
    if not head.blendshapes:
        return {}
    weights = _numbers(_check(f"{name}: blendshapes", np.array(list(head.blendshapes.values())), (None,)))
    told = (f"{json.dumps(shape)}: {weight}" for shape, weight in zip(head.blendshapes, weights, strict=True))
    return {"blendshapes": "{" + ", ".join(told) + "}"}


def _checked(name: str, head: PredictedHead, table: dict[str, Field]) -> dict[str, str]:
    """The fields of a head that a file holds, by their names there, as JSON."""
    fields = {}
    for key, field in table.items():
        value = getattr(head, field.attribute)
        if value is None or field.pick is not None:
            continue
        array = _check(f"{name}: {field.attribute}", value, field.shape)
        if field.attribute == "rotation":
            try:
                checked_rotation(array)
            except BadField as bad:
                raise ValueError(f"{name}: rotation: {bad.reason}") from bad
        fields[key] = _json(array)
    return fields


def _check(where: str, value: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    array = np.asarray(value)
    fits = array.ndim == len(shape) and all(w in (None, s) for w, s in zip(shape, array.shape, strict=True))
    if not fits or not array.size:
        raise ValueError(f"{where}: expected {in_words(shape)} numbers, got {in_words(array.shape)}")
    with np.errstate(over="ignore"):
        finite = np.isfinite(array.astype(np.float32)).all()
    if not finite:
        raise ValueError(f"{where}: expected finite numbers, got NaN, infinity or what float32 does not hold")
    return array


def _numbers(array: np.ndarray) -> list[Any]:
    """The shortest decimals that give the same float32, which is what images and meshes are known to."""
    return array.astype(np.float32).astype(str).tolist()


def _json(array: np.ndarray) -> str:
    """(N, k) -> a JSON list of lists."""
    return "[" + ",".join("[" + ",".join(row) + "]" for row in _numbers(array)) + "]"


def _entry(name: str, fields: dict[str, str]) -> str:
    return f"{json.dumps(name)}: {{" + ", ".join(f'"{key}": {value}' for key, value in fields.items()) + "}"
