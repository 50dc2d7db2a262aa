"""What a synthetic set holds: the distributions of its poses, cameras and expressions, the shares of its attributes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.table import Table
from rich.text import Text

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.shards import ShardedSet
from trans3dhead.data.targets import rotations_towards
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.head_model import HeadModel

PERCENTILES = (5, 25, 50, 75, 95)
_FEW = 16  # more values than these, all of them numbers, are told as a distribution
_ACTIVE = 0.1  # an expression's weight from which it shows
_LISTED = 12  # values of an attribute that a table lists


@dataclass(frozen=True, eq=False)
class SetDescription:
    """The distributions of what the labels of a set's N heads say."""

    title: str
    numbers: Mapping[str, np.ndarray]  # name with its unit -> (N,) float64
    expressions: Mapping[str, np.ndarray]  # name of the blendshape -> (N,) weights
    attributes: Mapping[str, Counter[str]]  # name -> how many heads have each value
    settings: Mapping[str, Any]  # of the manifest: count, seed, generator, without

    @property
    def count(self) -> int:
        """N, the number of heads."""
        return len(next(iter(self.numbers.values())))

    def shares(self, attribute: str, listed: int = _LISTED) -> dict[str, float]:
        """The most frequent values of an attribute with the share of all heads that have them; the rest as one.

        Values that are numbers stand in their order.
        """
        counts = self.attributes[attribute]
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if len(ordered) <= listed and all(value.removeprefix("-").isdecimal() for value in counts):
            ordered.sort(key=lambda item: int(item[0]))
        shown = ordered if len(ordered) <= listed else ordered[: listed - 1]
        shares = {value: number / self.count for value, number in shown}
        if others := ordered[len(shown) :]:
            shares[f"{len(others)} others"] = sum(number for _, number in others) / self.count
        return shares

    def to_json(self) -> dict[str, Any]:
        """All figures as plain numbers."""
        return {
            "title": self.title,
            "heads": self.count,
            "settings": dict(self.settings),
            "numbers": {name: _distribution(values) for name, values in self.numbers.items()},
            "expressions": {
                name: {"mean": float(values.mean()), "active": float((values > _ACTIVE).mean())}
                for name, values in self.expressions.items()
            },
            "attributes": {name: self.shares(name, len(self.attributes[name])) for name in self.attributes},
        }


def describe_set(folder: Path) -> SetDescription:
    """Read the labels of a set, as many whole shards as there are. Raises ValueError where there is none."""
    photographs = ShardedSet(folder, partial=True)
    heads = [head for index in range(len(photographs)) for head in photographs.heads(index)]
    if not heads:
        raise ValueError(f"{folder}: expected photographs with heads, found none")
    if len(sizes := sorted({len(head.expression) for head in heads})) > 1:
        raise ValueError(
            f"{folder}: expected heads with as many expression weights each, got {sizes[0]} and {sizes[1]}"
        )
    manifest = photographs.manifest
    names = _expression_names(photographs, heads)
    words = _attributes(heads)
    numeric = {name: values for name, values in words.items() if _is_numeric(values)}
    return SetDescription(
        title=folder.resolve().name,
        numbers=_numbers(heads)
        | {name.replace("_", " "): np.array(list(map(float, numeric[name]))) for name in numeric},
        expressions=dict(zip(names, np.array([head.expression for head in heads]).T, strict=True)),
        attributes={name: Counter(values) for name, values in words.items() if name not in numeric},
        settings={name: getattr(manifest, name) for name in ("count", "seed", "image_size", "generator", "without")},
    )


def description_tables(description: SetDescription) -> list[Table]:
    """Two tables for the terminal: the distributions of numbers, and the shares of the attributes' values."""
    title = f"{description.title}, {description.count:,} heads"
    numbers = Table("", title=title)
    for name in ("mean", *(f"{percent} %" for percent in PERCENTILES)):
        numbers.add_column(name, justify="right")
    for name, values in description.numbers.items():
        distribution = _distribution(values)
        numbers.add_row(Text(name), *(f"{distribution[key]:.2f}" for key in ("mean", *map(str, PERCENTILES))))
    shares = Table("attribute", "value")
    shares.add_column("share", justify="right")
    for name in description.attributes:
        for row, (value, share) in enumerate(description.shares(name).items()):
            shares.add_row(Text("" if row else name.replace("_", " ")), Text(value or "-"), f"{100 * share:.1f} %")
        shares.add_section()
    return [numbers, shares]


def _numbers(heads: list[HeadAnnotation]) -> dict[str, np.ndarray]:
    """Name with its unit -> (N,) values; yaw, pitch and roll are relative to the ray through the head box's centre."""
    boxes = np.array([head.box for head in heads])
    focal = np.array([head.focal for head in heads])
    side = np.array([max(head.image_size) for head in heads])
    rotations = rotations_towards(heads, boxes[:, :2] + boxes[:, 2:] / 2)
    euler = euler_from_rotation(torch.from_numpy(rotations)).numpy()
    return {
        "yaw (°)": euler[:, 1],
        "pitch (°)": euler[:, 0],
        "roll (°)": euler[:, 2],
        "focal length (sides of the picture)": focal / side,
        "distance (m)": np.linalg.norm(np.array([head.translation for head in heads]), axis=1),
        "head (sides of the picture)": boxes[:, 2:].max(axis=1) / side,
        "head (pixels)": boxes[:, 2:].max(axis=1),
    }


def _expression_names(photographs: ShardedSet, heads: list[HeadAnnotation]) -> tuple[str, ...]:
    """(E,) the names of the head model that ships under the manifest's name, else numbered ones."""
    name, size = photographs.manifest.head_model, len(heads[0].expression)
    try:
        names = tuple(HeadModel.shipped(name).expression_names)
    except (ValueError, FileNotFoundError):
        names = ()
    return names if len(names) == size else tuple(f"expression {number}" for number in range(size))


def _attributes(heads: list[HeadAnnotation]) -> dict[str, list[str]]:
    """Name -> a value for each head; "" where it has none."""
    names = sorted({name for head in heads for name in head.attributes})
    return {name: [str(head.attributes.get(name, "")) for head in heads] for name in names}


def _is_numeric(values: list[str]) -> bool:
    if len(set(values)) <= _FEW:
        return False
    try:
        return bool(np.isfinite(np.array(values, dtype=np.float64)).all())
    except ValueError:
        return False


def _distribution(values: np.ndarray) -> dict[str, float]:
    """(N,) values -> their mean, standard deviation and percentiles, by name."""
    percentiles = zip(map(str, PERCENTILES), np.percentile(values, PERCENTILES).tolist(), strict=True)
    return {"mean": float(values.mean()), "deviation": float(values.std()), **dict(percentiles)}
