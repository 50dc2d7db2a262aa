"""What the package says today of the example photograph, and what the generator makes today, written down.

    python tests/pinned.py astronaut    after a change of weights or of their use that is meant; look at the overlay
    python tests/pinned.py synth        after a change of the generator that is meant; raise its number

writes the references anew into tests/pinned_values; commit them with the change.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from paths import ASTRONAUT

FOLDER = Path(__file__).parent / "pinned_values"
EXPRESSIONS = ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "mouthUpperUpLeft", "jawOpen", "eyeBlinkLeft")
SEED, INDICES, SIDES = 77, range(6), {"heads": 64, "scenes": 96}  # of the photographs; sides in pixels
CELLS = 16  # cells of a photograph along a side, whose mean colours are compared


def aligned() -> dict[str, Any]:
    """The head of the example photograph by `Predictor()`: pixels of the photograph, degrees, weights from 0 to 1."""
    from trans3dhead import Predictor

    (head,) = Predictor()(ASTRONAUT)
    return {
        "box": head.box.round(2).tolist(),
        "landmarks": head.landmarks.round(2).tolist(),
        "pose": {name: round(float(getattr(head.pose, name)), 2) for name in ("pitch", "yaw", "roll")},
        "expression": {name: round(float(head.blendshapes[name]), 3) for name in EXPRESSIONS},
    }


def rendered(kind: str) -> tuple[dict[str, Any], np.ndarray]:
    """Photographs of a kind, heads or scenes, without assets.

    The generator's number and the labels by index; (6·C, C, 3) uint8 RGB: the mean colours of C x C cells of each.
    """
    from headsynth.record import record
    from headsynth.worker import Order
    from trans3dhead.data.shards import Manifest

    manifest: Manifest = record(count=len(INDICES), seed=SEED, size=SIDES[kind], kind=kind)
    samples = Order(SEED, SIDES[kind], manifest.head_model, kind=kind).samples(INDICES)
    labels = {str(index): _rounded(sample.annotation) for index, sample in zip(INDICES, samples, strict=True)}
    pictures = [cv2.imdecode(np.frombuffer(sample.jpeg, np.uint8), cv2.IMREAD_COLOR) for sample in samples]
    cells = [cv2.resize(picture, (CELLS, CELLS), interpolation=cv2.INTER_AREA) for picture in pictures]
    return {"generator": manifest.generator, "labels": labels}, np.concatenate(cells)[..., ::-1]


def _rounded(value: Any) -> Any:
    """JSON with five decimals, so that the files stay small."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return round(value, 5) if isinstance(value, float) else value


def renew(what: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    if what == "astronaut":
        (FOLDER / "astronaut.json").write_text(json.dumps(aligned()) + "\n")
        return
    for kind in SIDES:
        labels, cells = rendered(kind)
        (FOLDER / f"{kind}.json").write_text(json.dumps(labels) + "\n")
        cv2.imwrite(str(FOLDER / f"{kind}.png"), cells[..., ::-1])


if __name__ == "__main__":
    if sys.argv[1:] not in (["astronaut"], ["synth"]):
        sys.exit(__doc__)
    renew(sys.argv[1])
