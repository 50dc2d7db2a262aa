"""Where photographs are rendered: processes of this machine, or a Ray cluster. Both give the same samples in order."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

from trans3dhead.synth.worker import ONE_THREAD, Order, Sample

_AHEAD = 3  # chunks a worker that are rendered or wait while the oldest is awaited: enough to keep all of them busy


class Engine(Protocol):
    """Renders what an order asks for."""

    def render(self, order: Order, chunks: Sequence[range]) -> Iterator[list[Sample]]:
        """The samples of each chunk, in the order of the chunks. Closing the iterator stops the workers at once."""
        ...


@dataclass(frozen=True)
class Processes:
    """Fresh processes of this machine, so a script that uses them does it under `if __name__ == "__main__":`."""

    workers: int | None = None  # as many as there are cores

    def render(self, order: Order, chunks: Sequence[range]) -> Iterator[list[Sample]]:
        """See Engine."""
        if not chunks:
            return
        workers = min(self.workers or os.cpu_count() or 1, len(chunks))
        context = get_context("spawn")
        alive, own_end = context.Pipe(duplex=False)
        with _environment(ONE_THREAD), own_end:
            pool = ProcessPoolExecutor(workers, context, _stop_with_parent, (alive,))
            try:
                yield from _in_order(pool, order, chunks, _AHEAD * workers)
            except BrokenProcessPool as error:
                raise ValueError(
                    "a worker process was killed, most often because memory ran out; the whole shards are kept: "
                    "start again with fewer workers"
                ) from error
            except BaseException:
                own_end.close()  # the workers are in the middle of something that nobody waits for
                raise
            finally:
                pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, order: Order, chunks: Sequence[range], ahead: int) -> Iterator[list[Sample]]:
    with _interrupts_ignored():  # the pool starts its processes now, and they inherit it
        pending = [pool.submit(order.samples, chunk) for chunk in chunks[:ahead]]
    for number in range(len(chunks)):
        yield pending.pop(0).result()
        if number + ahead < len(chunks):
            pending.append(pool.submit(order.samples, chunks[number + ahead]))


def _stop_with_parent(alive: Connection) -> None:
    """Prepare a worker process: it ends as soon as its parent closes the pipe's other end, or is killed."""

    def watch() -> None:
        alive.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; processes started inside leave it to their parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Processes started inside have these environment variables."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
