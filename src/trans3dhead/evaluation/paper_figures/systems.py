"""The systems that figures put side by side: networks by name or checkpoint, and predictions in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.evaluation.predict import HeadToFind, predict_heads
from trans3dhead.evaluation.predictions import PredictedHead, read_predictions
from trans3dhead.inference import Predictor
from trans3dhead.weights.shipped import network_path, shipped_folder

_TRUTH = "annotation"


@dataclass(frozen=True, eq=False)
class System:
    """What one system says of the pictured heads."""

    name: str
    heads: Mapping[str, PredictedHead]  # by id; heads that it does not know are missing


def open_systems(
    given: Sequence[str], heads: Sequence[PicturedHead], head_model: Path | None = None, truth: bool = False
) -> list[System]:
    """Each system's answers.

    given: "small", a checkpoint, or a file of predictions (.json, `docs/predictions-format.md`), each also as
    "NAME=...", the name that the figure writes. head_model: of checkpoints whose own does not ship. truth: what the
    sets say of the heads comes first, as a system called "annotation", where they say anything.
    Raises ValueError for predictions that know none of the heads.
    """
    systems = [_open(*_named(words), heads, head_model) for words in given]
    known = {head.id: head.truth for head in heads if head.truth is not None}
    return [System(_TRUTH, known), *systems] if truth and known else systems


def _named(words: str) -> tuple[str, str]:
    """The name that the figure writes, and a network's name or a file."""
    name, equals, what = words.partition("=")
    if equals:
        return name, what
    is_file = words.endswith((".json", ".safetensors", ".onnx"))
    return (Path(words).stem if is_file else words), words


def _open(name: str, what: str, heads: Sequence[PicturedHead], head_model: Path | None) -> System:
    if what.endswith(".json"):
        found = read_predictions(Path(what)).heads
        if not any(head.id in found for head in heads):
            raise ValueError(
                f"{what}: expected predictions by the ids of the heads ({', '.join(head.id for head in heads[:3])} "
                f"...), got {', '.join(list(found)[:3])} ...; name other heads or another file"
            )
        return System(name, found)
    ships = network_path(what).parent == shipped_folder()
    predictor = Predictor(what, head_model=None if ships else head_model)
    wanted = (HeadToFind(head.id, head.photograph, head.box) for head in heads)
    return System(name, predict_heads(predictor, wanted).heads)
