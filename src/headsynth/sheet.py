"""A contact sheet: the first photographs of a set, side by side, or with what their labels say of them.

The sizes are by eye.
"""

import math
from pathlib import Path

import cv2
import numpy as np

from headsynth.label_pictures import draw_labels
from headsynth.layouts import layout_of
from trans3dhead.data.shards import ShardedSet, read_manifest
from trans3dhead.head_model import HeadModel
from trans3dhead.images import check_picture_name, picture_grid, write_picture

SHEET_COUNT = 48  # photographs
SHEET_SIDE = 192  # pixels, of each


def check_sheet(path: Path, layout: str, labels: bool) -> None:
    """Raise ValueError for a sheet that cannot be made of a set in this layout, before it is rendered."""
    check_picture_name(path, "sheet")
    if labels and layout != "shards":
        raise ValueError(f"labels: expected the layout shards, whose labels a sheet can show, got {layout!r}")


def contact_sheet(
    root: Path,
    output: Path,
    count: int = SHEET_COUNT,
    columns: int | None = None,
    side: int = SHEET_SIDE,
    labels: bool = False,
) -> None:
    """Write the first `count` photographs of the set `root` to the image file `output`, `side` pixels each.

    root: the folder with the manifest; columns: as wide as high, or somewhat wider, unless given; labels: classes and
    landmarks beside each photograph.
    """
    check_sheet(output, read_manifest(root).layout, labels)
    pictures = _labelled(root, count) if labels else layout_of(read_manifest(root).layout).pictures(root, count)
    tiles = []
    for picture in pictures:
        height, width = picture.shape[:2]
        shape = round(side * width / height), side
        tiles.append(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA if height > side else cv2.INTER_CUBIC))
    columns = columns or (_columns(3 * len(tiles)) // 3 if labels else _columns(len(tiles)))
    write_picture(output, picture_grid(tiles, columns))


def _labelled(root: Path, count: int) -> list[np.ndarray]:
    """(H, 3·H, 3) uint8 RGB: photograph, classes and landmarks."""
    photographs = ShardedSet(root, partial=True)
    head_model = HeadModel.shipped(photographs.manifest.head_model)
    return [
        draw_labels(photographs.image(index), photographs.segmentation(index), photographs.heads(index), head_model)
        for index in range(min(count, len(photographs)))
    ]


def _columns(count: int) -> int:
    """The fewest columns that fill all rows and make a sheet at most twice as wide as high, or else leave a gap."""
    least = math.isqrt(count - 1) + 1
    full = (columns for columns in range(least, math.isqrt(2 * count) + 1) if count % columns == 0)
    return next(full, least)
