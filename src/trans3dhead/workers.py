"""Worker processes of this machine that end with their parent, however it ends."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C reaches every process of a terminal, SIGTERM may reach a group


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes, so a script that uses it does it under `if __name__ == "__main__":`.

    They leave Ctrl-C and SIGTERM to their parent. They end with the block: at once where an exception ends it, and
    also where the parent is killed.
    """
    context = get_context("spawn")
    alive, own_end = context.Pipe(duplex=False)
    with own_end:
        pool = ProcessPoolExecutor(workers, context, _prepare, (alive,))
        try:
            yield pool
        except BaseException:
            own_end.close()  # the workers are in the middle of something that nobody waits for
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _prepare(alive: Connection) -> None:
    """Prepare a worker process: it ends as soon as its parent closes the pipe's other end, or is killed."""

    def watch() -> None:
        alive.poll(None)
        os._exit(1)

    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


def results_in_order(
    submit: Callable[[Task], "Future[Result]"], tasks: Sequence[Task], ahead: int
) -> Generator[Result, None, None]:
    """The results of tasks, in the order of the tasks; `submit` hands one to a pool, which has `ahead` at most."""
    with signals_ignored():  # the pool starts its processes now, and they inherit it
        pending = deque(submit(task) for task in tasks[:ahead])
    for number in range(len(tasks)):
        result = pending.popleft().result()
        if number + ahead < len(tasks):
            pending.append(submit(tasks[number + ahead]))
        yield result


@contextmanager
def signals_ignored() -> Iterator[None]:
    """Processes that are started inside leave Ctrl-C and SIGTERM to their parent from their first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [signal.signal(number, signal.SIG_IGN) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
