"""Where photographs are rendered: processes of this machine, or a Ray cluster. Both give the same samples in order.

How far ahead is worked, and how often a lost chunk is tried again, are choices.
"""

import importlib
import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from headsynth.worker import ONE_THREAD, Order, Sample
from trans3dhead.workers import results_in_order, worker_pool

_AHEAD = 3  # chunks a worker that are rendered or wait while the oldest is awaited: enough to keep all of them busy
_RETRIES = 5  # of a chunk whose worker or machine was lost
_LOCAL_STORE = 256 << 20  # bytes; a chunk has less than one megabyte


class Engine(Protocol):
    """Renders what an order asks for."""

    def render(self, order: Order, chunks: Sequence[range]) -> Generator[list[Sample], None, None]:
        """The samples of each chunk, in the order of the chunks. Closing the iterator stops the workers at once."""
        ...


@dataclass(frozen=True)
class Processes:
    """Fresh processes of this machine, so a script that uses them does it under `if __name__ == "__main__":`."""

    workers: int | None = None  # as many as there are cores

    def render(self, order: Order, chunks: Sequence[range]) -> Generator[list[Sample], None, None]:
        """The samples of each chunk in order, from processes that end with the iterator."""
        if not chunks:
            return
        workers = min(self.workers or os.cpu_count() or 1, len(chunks))
        try:
            with _environment(ONE_THREAD), worker_pool(workers) as pool:

                def submit(chunk: range) -> Future[list[Sample]]:
                    return pool.submit(order.samples, chunk)

                yield from results_in_order(submit, chunks, _AHEAD * workers)
        except BrokenProcessPool as error:
            raise ValueError(
                "a worker process was killed, most often because memory ran out; the whole shards are kept: "
                "start again with fewer workers"
            ) from error


@dataclass(frozen=True)
class Ray:
    """Tasks of a Ray cluster, or of a Ray that is started here and stopped at the end.

    Each of its machines needs this package in the same version and the assets under the same path: both are checked.
    Machines may join and leave: what a lost one had begun another renders. Raises ModuleNotFoundError without Ray.
    """

    workers: int | None = None  # of a Ray of this machine's own its CPUs; of a cluster how many chunks at a time
    address: str | None = None  # such as ray://host:10001, or auto; None: a Ray of this machine's own

    def __post_init__(self) -> None:
        importlib.import_module("ray")

    def render(self, order: Order, chunks: Sequence[range]) -> Generator[list[Sample], None, None]:
        """The samples of each chunk in order, from tasks of the cluster, cancelled when the iterator is closed."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        if not chunks:
            return
        with _connected(self.workers, self.address):
            pending: deque[Any] = deque()
            try:
                task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_samples)
                common = ray.put(order)
                for chunk in chunks:
                    pending.append(task.remote(common, chunk))
                    if len(pending) >= self._ahead():
                        yield ray.get(pending.popleft())
                while pending:
                    yield ray.get(pending.popleft())
            except RayTaskError as error:
                raise error.cause from error
            except RayError as error:
                raise ValueError(
                    f"Ray gave up ({type(error).__name__}: {str(error).strip().splitlines()[0]}); the whole shards are "
                    "kept: start again"
                ) from error
            finally:
                for reference in pending:
                    ray.cancel(reference, force=True)

    def _ahead(self) -> int:
        """How many chunks may be under way; clusters grow and shrink."""
        import ray

        if self.workers is not None and self.address is not None:
            return self.workers
        return _AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)


def _samples(order: Order, indices: range) -> list[Sample]:
    return order.samples(indices)


@contextmanager
def _connected(workers: int | None, address: str | None) -> Iterator[None]:
    """A connection to a cluster, or a Ray with so many CPUs here; one that the caller has made is used and left."""
    import ray

    if ray.is_initialized():
        yield
        return
    terminate = signal.getsignal(signal.SIGTERM)
    settings: dict[str, Any] = {"runtime_env": {"env_vars": dict(ONE_THREAD)}, "log_to_driver": False}
    if address is None:
        settings |= {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _LOCAL_STORE}
    try:
        with _environment({"RAY_USAGE_STATS_ENABLED": "0"}):
            ray.init(address=address or "local", logging_level=logging.ERROR, **settings)
    except Exception as error:
        if not _is_rays_own(error):
            raise
        raise ValueError(_not_connected(address, error)) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)  # Ray has set its own
    try:
        yield
    finally:
        ray.shutdown()


def _is_rays_own(error: Exception) -> bool:
    """Whether Ray says by it that it cannot be had. What it raises for a wrong call, such as a TypeError, is ours."""
    from ray.exceptions import RayError

    bare = type(error) is Exception  # a Ray of this machine's own that took longer to start than it may
    return bare or isinstance(error, (ConnectionError, RuntimeError, ValueError, RayError))


def _not_connected(address: str | None, error: Exception) -> str:
    """What was tried, what Ray said, and what to do."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if address is None:
        return (
            f"ray: a Ray of this machine's own did not start ({said}); try again when less runs here, or leave out "
            "--engine ray"
        )
    return f"ray: could not connect to {address} ({said}); check that a cluster runs there and may be reached"


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
