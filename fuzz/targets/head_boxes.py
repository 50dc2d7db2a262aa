"""Head boxes in place of the detector's."""

import json
from pathlib import Path

from trans3dhead.cli.predict_boxes import read_boxes


def seeds() -> list[bytes]:
    """Boxes of two photographs, one of them without a head."""
    boxes: list[dict[str, list[list[float]]]] = [
        {"a.jpg": [[170, 30, 110.5, 150], [300, 200, 80, 90]], "b.jpg": []},
        {"b.jpg": [[-1e3, 0.25, 4096, 2]], "a.jpg": [[0, 0, 1, 1]], "another.jpg": []},
    ]
    return [json.dumps(part).encode() for part in boxes]


def read(data: bytes, folder: Path) -> None:
    """As `predict --boxes` reads them."""
    path = folder / "boxes.json"
    path.write_bytes(data)
    for boxes in read_boxes(path, [folder / "a.jpg", folder / "b.jpg"]).values():
        assert boxes.shape[1:] == (4,)
