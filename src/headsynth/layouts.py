"""How a set lies on disk: shards that a reader streams, or DAD-3DHeads' folders. The photographs are the same.

The quality of JPEGs is by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from headsynth.photograph import Photograph
from trans3dhead.data.dad3dheads import SPLITS
from trans3dhead.data.segments import encode_segmentation
from trans3dhead.data.shards import (
    Manifest,
    ShardedSet,
    StoredSample,
    sample_annotation,
    sample_key,
    shard_path,
    write_shard,
)
from trans3dhead.head_model import HeadModel
from trans3dhead.images import encode_jpeg

LAYOUTS = ("shards", "dad")
JPEG_QUALITY = 93


class Layout(Protocol):
    """A set is written in units, the shards of its manifest, each whole or not at all. Sent to the workers."""

    def folder(self, output: Path) -> Path:
        """Where in the folder that the user gave the set and its manifest lie."""
        ...

    def encode(self, photograph: Photograph, head: HeadModel, index: int) -> Any:
        """In a worker: one photograph as the bytes that `write` takes."""
        ...

    def begun(self, folder: Path) -> bool:
        """Whether any of a set is there, so that another one may not be written over it."""
        ...

    def path(self, folder: Path, unit: int) -> Path:
        """The file that makes a unit whole."""
        ...

    def whole(self, folder: Path, unit: int) -> bool:
        """Whether a unit needs no rendering."""
        ...

    def write(self, folder: Path, unit: int, samples: Sequence[Any]) -> None:
        """The photographs of a unit, in order."""
        ...

    def finish(self, folder: Path, manifest: Manifest) -> None:
        """What is written once all units are whole; before that, and the second time, it does nothing."""
        ...

    def pictures(self, folder: Path, count: int) -> list[np.ndarray]:
        """(H, W, 3) uint8 RGB, the first photographs, for a contact sheet."""
        ...


@dataclass(frozen=True)
class Shards:
    """WebDataset shards, as trans3dhead.data.shards reads them."""

    def folder(self, output: Path) -> Path:
        """The user's folder itself, where shards and manifest lie side by side."""
        return output

    def encode(self, photograph: Photograph, head: HeadModel, index: int) -> StoredSample:
        """The sample that a shard holds of a photograph: JPEG, labels and segmentation."""
        jpeg = encode_jpeg(photograph.image, JPEG_QUALITY)
        label = sample_annotation(head.name, photograph.annotations)
        return StoredSample(sample_key(index), jpeg, label, encode_segmentation(photograph.segmentation))

    def begun(self, folder: Path) -> bool:
        """Whether the folder holds a shard."""
        return any(folder.glob("shard-*.tar"))

    def path(self, folder: Path, unit: int) -> Path:
        """The shard's tar file."""
        return shard_path(folder, unit)

    def whole(self, folder: Path, unit: int) -> bool:
        """Whether the shard is in its place, where it is moved once it is written."""
        return self.path(folder, unit).is_file()

    def write(self, folder: Path, unit: int, samples: Sequence[StoredSample]) -> None:
        """Write the samples of one shard."""
        write_shard(self.path(folder, unit), samples)

    def finish(self, folder: Path, manifest: Manifest) -> None:
        """Do nothing, since shards and the manifest are all that there is."""

    def pictures(self, folder: Path, count: int) -> list[np.ndarray]:
        """(H, W, 3) uint8 RGB, the first `count` photographs of the shards that are written."""
        photographs = ShardedSet(folder, partial=True)
        return [photographs.image(index) for index in range(min(count, len(photographs)))]


def layout_name(layout: str, split: str = "train") -> str:
    """Shards or dad, and DAD-3DHeads' split -> as the manifest has it. Raises ValueError that lists the choices."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout: expected one of {', '.join(LAYOUTS)}, got {layout!r}")
    if split not in SPLITS:
        raise ValueError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    return layout if layout == "shards" else f"{layout}/{split}"


def layout_of(name: str) -> Layout:
    """name: as the manifest has it, from `layout_name`."""
    from headsynth.dad_layout import DADLayout

    layout, _, split = name.partition("/")
    layout_name(layout, split or "train")
    return DADLayout(split) if split else Shards()
