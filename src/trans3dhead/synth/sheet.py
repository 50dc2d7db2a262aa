"""A contact sheet: the first photographs of a set, side by side."""

import math
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.data.shards import ShardedSet

SHEET_COUNT = 48  # photographs
SHEET_SIDE = 192  # pixels, of each


def check_sheet_name(path: Path) -> None:
    """Raise ValueError for the name of a file that OpenCV cannot write, before hours are spent on what it shows."""
    if not cv2.haveImageWriter(str(path)):
        raise ValueError(f"sheet: expected a file name that ends in .jpg or .png, got '{path}'")


def contact_sheet(
    root: Path, output: Path, count: int = SHEET_COUNT, columns: int | None = None, side: int = SHEET_SIDE
) -> None:
    """Write the first `count` photographs of the set `root` to the image file `output`, `side` pixels each.

    columns: as wide as high, or somewhat wider, unless given.
    """
    check_sheet_name(output)
    photographs = ShardedSet(root, partial=True)
    count = min(count, len(photographs))
    tiles = []
    for index in range(count):
        image = cv2.imdecode(np.frombuffer(photographs.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{root}: photograph {photographs.key(index)} is damaged; render its shard again")
        shrinks = min(image.shape[:2]) > side
        tiles.append(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))
    columns = min(columns or _columns(count), count)
    tiles += [np.zeros((side, side, 3), np.uint8)] * (-count % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    output.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(output), np.vstack(rows)):
        raise ValueError(f"{output}: could not be written; give a file in a folder that may be written to")


def _columns(count: int) -> int:
    """The fewest columns that fill all rows and make a sheet at most twice as wide as high, or else leave a gap."""
    least = math.isqrt(count - 1) + 1
    full = (columns for columns in range(least, math.isqrt(2 * count) + 1) if count % columns == 0)
    return next(full, least)
