"""A contact sheet: the first photographs of a set, side by side."""

from pathlib import Path

import cv2
import numpy as np

from trans3dhead.data.shards import ShardedSet


def check_sheet_name(path: Path) -> None:
    """Raise ValueError for the name of a file that OpenCV cannot write, before hours are spent on what it shows."""
    if not cv2.haveImageWriter(str(path)):
        raise ValueError(f"sheet: expected a file name that ends in .jpg or .png, got '{path}'")


def contact_sheet(root: Path, output: Path, count: int = 48, columns: int = 8, side: int = 192) -> None:
    """Write the first `count` photographs of the set `root` to the image file `output`, `side` pixels each."""
    check_sheet_name(output)
    photographs = ShardedSet(root, partial=True)
    count = min(count, len(photographs))
    tiles = []
    for index in range(count):
        image = cv2.imdecode(np.frombuffer(photographs.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{root}: photograph {photographs.key(index)} is damaged; render its shard again")
        tiles.append(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA))
    columns = min(columns, count)
    tiles += [np.zeros((side, side, 3), np.uint8)] * (-count % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    output.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(output), np.vstack(rows)):
        raise ValueError(f"{output}: could not be written; give a file in a folder that may be written to")
