"""How Ctrl-C or SIGTERM ends a training."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning import Callback, Trainer

from trans3dhead.training.engine import processes
from trans3dhead.training.engine.base import TrainingModule

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(Callback):
    """The training stops before its next step, with its state whole; a process alone that is asked twice ends at once.

    All processes stop before the same step, whichever of them is asked to: none waits for another in vain. Each may be
    asked twice, by the terminal and by torchrun.
    """

    def __init__(self) -> None:
        self._asked: int | None = None  # the signal's number
        self._stopped = False

    @contextmanager
    def ends_program(self) -> Iterator[None]:
        """A training in here that was asked to stop ends in SystemExit with the code that shells know, 130 or 143.

        The handlers of before are back afterwards, where Lightning leaves Ctrl-C ignored.
        """
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        try:
            yield
        except SystemExit as error:
            if not self._stopped:
                raise
            raise SystemExit(128 + (self._asked or signal.SIGINT)) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in before.items():
                    signal.signal(number, handler)

    def on_train_start(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        """Takes the place of Lightning's handlers, which stop amid a step."""
        self._take_signals()

    def on_validation_start(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        """The same for a validation alone."""
        self._take_signals()

    def _take_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, self._ask)

    def on_train_batch_start(self, trainer: Trainer, pl_module: TrainingModule, *_: Any) -> None:  # type: ignore[override]
        """The step before is complete, and so is what follows it: averages, records, validation."""
        if processes.anywhere(self._asked is not None):
            self._stop()

    def on_validation_batch_start(self, trainer: Trainer, pl_module: TrainingModule, *_: Any) -> None:  # type: ignore[override]
        """A process alone does not end its validation first, which may take long."""
        if self._asked is not None and processes.share().count == 1:
            self._stop()

    def _stop(self) -> None:
        self._stopped = True
        raise KeyboardInterrupt

    def _ask(self, number: int, frame: object) -> None:
        if self._asked is not None and processes.share().count == 1:
            raise SystemExit(128 + number)
        self._asked = number
