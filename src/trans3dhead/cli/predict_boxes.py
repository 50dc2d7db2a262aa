"""Head boxes that `predict` takes in place of the detector's."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trans3dhead.reading.checked_json import LONGEST, from_plain, read_json

if TYPE_CHECKING:
    import numpy as np

BOXES_FORM = '{"photo.jpg": [[x, y, w, h], ...]}'
_Box = tuple[float, float, float, float]


def read_boxes(path: Path, photographs: Iterable[Path]) -> "dict[str, np.ndarray]":
    """(N, 4) boxes [x, y, w, h] in pixels by the name of the photograph, as `BOXES_FORM` shows it.

    Raises ValueError for a file that is none, or that lacks one of the photographs.
    """
    import numpy as np

    wanted = f"{BOXES_FORM}, with every photograph that is given"
    with path.open("rb") as file:
        text = file.read(LONGEST + 1)
    remedy = f"give {wanted}"
    rows = read_json(text, dict[str, Any], str(path), remedy=remedy)
    if missing := [photograph.name for photograph in photographs if photograph.name not in rows]:
        raise ValueError(f"{path}: expected {wanted}; it lacks {', '.join(missing)}")
    boxes = {name: from_plain(row, list[_Box], f"{path}: {name!r}", remedy=remedy) for name, row in rows.items()}
    return {name: np.array(row, dtype=np.float64).reshape(-1, 4) for name, row in boxes.items()}
