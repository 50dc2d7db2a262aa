"""How Ctrl-C and SIGTERM end a command: one line, nothing half-written, and the exit code that shells know."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


@contextmanager
def ended_by_signals(tell: Callable[[str], None]) -> Iterator[None]:
    """What is done in here ends with one line: what the interrupt says of itself, or that it was one."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _terminate) if main else None
    try:
        yield
    except KeyboardInterrupt as interrupt:
        tell(str(interrupt) or "stopped; no file is half-written")
        raise typer.Exit(exit_code(interrupt)) from interrupt
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> NoReturn:
    raise Terminated
