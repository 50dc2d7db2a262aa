"""By what a report on synthetic photographs breaks its means down: how heads are turned, and whom they show."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from trans3dhead.evaluation.report import Breakdown, Metric, Report

GEODESIC = Metric("geodesic", "pose error", 2, "°")  # the angle; the column without a unit is the Frobenius norm

_STEP = 30  # degrees of yaw
_NAMED = ("expression", "glasses", "light")  # words of the labels that have a table each; photographs record more
_TONES = {"1–3": ("1", "2", "3"), "4–7": ("4", "5", "6", "7"), "8–10": ("8", "9", "10")}  # of the Monk scale: `monk`
_SIGNED = tuple(f"{low} to {low + _STEP}" for low in range(-180, 180, _STEP))
PEOPLE = {  # groups of people, and their order in tables
    "skin_tone": tuple(_TONES),
    "age": ("child", "young", "middle_aged", "senior"),
    "gender": ("female", "male", "undefined"),
}


def groups_of_head(attributes: Mapping[str, str], yaw: float) -> dict[str, str]:
    """Group name -> the group that one head is in, from the attributes of its label and its true yaw in degrees."""
    words = {name: attributes[name] for name in _NAMED if name in attributes} | people_of_label(attributes)
    low = min(int(abs(yaw) // _STEP) * _STEP, 180 - _STEP)
    number = min(int((yaw + 180) // _STEP), len(_SIGNED) - 1)
    return words | {"yaw": f"{low:03d}-{low + _STEP:03d}", "signed_yaw": _SIGNED[number]}


def people_of_label(attributes: Mapping[str, str]) -> dict[str, str]:
    """Group name -> the group of `PEOPLE` that one head is in; what its label does not tell is left out."""
    words = {name: attributes[name] for name in PEOPLE if name in attributes}
    tones = [name for name, steps in _TONES.items() if attributes.get("monk") in steps]
    return words | ({"skin_tone": tones[0]} if tones else {})


def with_breakdowns(report: Report) -> Report:
    """The report with the pose error in degrees, and its tables by signed yaw and by skin tone, age and gender.

    Sets of older generators record less of the people: what no head has is left out, and a note says so.
    """
    report = _with_geodesic(report)
    lacking = [name.replace("_", " ") for name in PEOPLE if name not in report.attributes]
    note = f"No table by {', '.join(lacking)}: the labels of this set do not say so much of the people."
    tables = [Breakdown("by signed yaw", ("nme", "pose_error", GEODESIC.key), {"signed_yaw": _SIGNED}, _SIGN)]
    tables += people_breakdown(report.attributes, ("nme", "chamfer", GEODESIC.key))
    return replace(report, breakdowns=tuple(tables), notes=(*report.notes, *([note] if lacking else [])))


def people_breakdown(attributes: Mapping[str, np.ndarray], metrics: tuple[str, ...]) -> list[Breakdown]:
    """The table of these metrics by the groups of `PEOPLE` that are there; none where none is.

    attributes: (N,) words of all heads by name, as a report has them.
    """
    there = {name: _all_values(attributes[name], order) for name, order in PEOPLE.items() if name in attributes}
    title = f"by {', '.join(name.replace('_', ' ') for name in there)}"
    return [Breakdown(title, metrics, there, _SAMPLED)] if there else []


_SIGN = "degrees; yaw > 0 turns the face to the image's left"
_SAMPLED = "as the people were drawn; skin tone: steps of the Monk scale, 1 fair to 10 dark"


def _all_values(words: np.ndarray, order: tuple[str, ...]) -> tuple[str, ...]:
    """The known values in their order, then those that a newer generator may have."""
    return (*order, *sorted(set(words.tolist()) - {"", *order}))


def _with_geodesic(report: Report) -> Report:
    """Add the pose error as an angle: for rotations the Frobenius norm of I - R is 2·sqrt(2)·sin(angle / 2)."""
    half = np.clip(report.values["pose_error"] / np.sqrt(8.0), 0.0, 1.0)
    values = {**report.values, GEODESIC.key: np.degrees(2.0 * np.arcsin(half))}
    return replace(report, metrics=(*report.metrics, GEODESIC), values=values)
