"""`trans3dhead benchmark start`: wall time of whole processes, from their start to their end."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trans3dhead.benchmarks.fresh_process import run_python
from trans3dhead.benchmarks.rounds import PAUSE, Spread, Turn, interleaved, ratios, spread_of

_CODE, _COMMAND = ("-c",), ("-m", "trans3dhead")


@dataclass(frozen=True)
class StartSettings:
    """What to measure."""

    photograph: Path
    model: str = "small"  # the name of a network that ships, a checkpoint, an .onnx file
    rounds: int = 7
    pause: float = PAUSE  # seconds before each turn

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds: expected 1 or more, got {self.rounds}")
        if not self.photograph.is_file():
            raise FileNotFoundError(f"{self.photograph}: no such photograph")


@dataclass(frozen=True)
class StartRow:
    """One row of the table; its reference is an interpreter that does nothing."""

    what: str
    seconds: Spread  # of a process
    ratio: Spread  # how many times as long as its reference a round took
    rounds: list[float]  # seconds of each


def measure_start(settings: StartSettings) -> list[StartRow]:
    """All rows. Before each measured process a first one fills the disk's cache."""
    with tempfile.TemporaryDirectory() as folder:
        predict = ("predict", str(settings.photograph), "--model", settings.model, "-o", folder)
        commands = {
            "python, nothing else": (*_CODE, "pass"),
            "import trans3dhead": (*_CODE, "import trans3dhead"),
            "from trans3dhead import Predictor": (*_CODE, "from trans3dhead import Predictor"),
            "trans3dhead predict --help": (*_COMMAND, "predict", "--help"),
            "trans3dhead predict, overlay and GLB": (*_COMMAND, *predict),
        }
        turns = [Turn(partial(run_python, command)) for command in commands.values()]
        seconds = interleaved(turns, settings.rounds, 1, settings.pause)
    return [
        StartRow(what, spread_of(own), spread_of(ratios(own, seconds[0])), own)
        for what, own in zip(commands, seconds, strict=True)
    ]
