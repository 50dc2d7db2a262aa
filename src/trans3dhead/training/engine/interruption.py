"""How Ctrl-C or SIGTERM ends a training on several processes."""

import signal
from typing import Any

from lightning import Callback, Trainer

from trans3dhead.training.engine import processes
from trans3dhead.training.engine.base import TrainingModule


class Interruption(Callback):
    """All processes stop before the same step, whichever of them is asked to: none waits for another in vain.

    A process alone needs no such care, and is left to Lightning, which stops it sooner.
    """

    def __init__(self) -> None:
        self._asked = False

    def on_train_start(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        """Takes the place of Lightning's handlers, which a signal amid a step would have exchange messages; Lightning
        puts back the original ones in the end.
        """
        if processes.share().count > 1:
            signal.signal(signal.SIGINT, self._ask)
            signal.signal(signal.SIGTERM, self._ask)

    def on_train_batch_start(self, trainer: Trainer, pl_module: TrainingModule, *_: Any) -> None:  # type: ignore[override]
        """The step before is complete, and so is what follows it: averages, records, validation."""
        if processes.share().count > 1 and processes.anywhere(self._asked):
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True
