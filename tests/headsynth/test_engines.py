"""The same samples from any engine, in order; workers that end with their parent; errors that say what to do."""

import contextlib
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from headsynth.engines import Processes, Ray
from headsynth.worker import Order

# Without what takes a worker long to prepare; test_generator.py renders everything in processes.
ORDER = Order(seed=3, size=32, head_model="anny", without=("hair", "occlusion", "skin"))
CHUNKS = [range(0, 2), range(7, 9), range(4, 5), range(11, 12), range(2, 4)]


@pytest.fixture(scope="module")
def samples() -> list:
    """As one process renders them, in an order of its own."""
    made = {chunk: ORDER.samples(chunk) for chunk in reversed(CHUNKS)}
    return [made[chunk] for chunk in CHUNKS]


@pytest.mark.slow
def test_processes_give_the_samples_in_order(samples: list) -> None:
    assert list(Processes(2).render(ORDER, CHUNKS)) == samples


@pytest.mark.slow
def test_ray_gives_the_samples_in_order(samples: list) -> None:
    pytest.importorskip("ray", reason="needs the extra `scale`")
    assert list(Ray(2).render(ORDER, CHUNKS)) == samples


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks for processes in /proc")
def test_ray_renders_again_what_a_killed_worker_had(samples: list) -> None:
    pytest.importorskip("ray", reason="needs the extra `scale`")
    rendered = Ray(1).render(ORDER, CHUNKS)
    first = next(rendered)
    workers = [pid for pid in _descendants() if re.match(rb"ray::(IDLE|_samples)", _command_line(pid))]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    assert [first, *rendered] == samples
    assert not _descendants() & set(workers)


def test_ray_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        Ray()
    assert caught.value.name == "ray"


@pytest.fixture
def ray_that_raises(monkeypatch: pytest.MonkeyPatch):
    """A function that puts in Ray's place as much of it as is needed until `ray.init`, which raises."""

    def raising(error: Exception) -> None:
        def init(**_: object) -> None:
            raise error

        ray, exceptions = ModuleType("ray"), ModuleType("ray.exceptions")
        exceptions.RayError = type("RayError", (Exception,), {})
        exceptions.RayTaskError = type("RayTaskError", (exceptions.RayError,), {})
        ray.is_initialized, ray.init, ray.exceptions = lambda: False, init, exceptions
        monkeypatch.setitem(sys.modules, "ray", ray)
        monkeypatch.setitem(sys.modules, "ray.exceptions", exceptions)

    return raising


# The words of Ray 2.60, which raises them as an Exception of no kind.
LATE = (
    "The current node timed out during startup. This could happen because some of the raylet failed to startup or the "
    "GCS has become overloaded."
)


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        (None, Exception(LATE), f"a Ray of this machine's own did not start ({LATE}); try again when less runs here"),
        (
            "ray://head:10001",
            ConnectionError("refused\nfor long"),
            "could not connect to ray://head:10001 (refused); check",
        ),
        ("ray://head:10001", RuntimeError(), "could not connect to ray://head:10001 (RuntimeError); check"),
    ],
)
def test_a_ray_that_cannot_be_had_is_one_line(ray_that_raises, address, error, said) -> None:
    ray_that_raises(error)
    with pytest.raises(ValueError, match=re.escape(f"ray: {said}")) as caught:
        list(Ray(1, address).render(ORDER, CHUNKS))
    assert "\n" not in str(caught.value)


def test_a_wrong_call_of_ray_stays_loud(ray_that_raises) -> None:
    ray_that_raises(TypeError("init() got an unexpected keyword argument"))
    with pytest.raises(TypeError, match="unexpected keyword"):
        list(Ray(1).render(ORDER, CHUNKS))


@pytest.mark.slow
def test_a_machine_that_would_render_other_pictures_is_refused() -> None:
    other = replace(ORDER, made_with='{"numpy": "0.1"}')
    with pytest.raises(ValueError, match=r"differs from the machine that started.*numpy 0\.1 there"):
        list(Processes(1).render(other, CHUNKS))


def test_nothing_to_render_starts_nothing() -> None:
    assert list(Processes(2).render(ORDER, [])) == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="counts processes in /proc")
def test_a_closed_engine_leaves_no_worker(samples: list) -> None:
    rendered = Processes(2).render(ORDER, [*CHUNKS, range(100, 10_000)])
    assert next(rendered) == samples[0]
    workers = _descendants()
    assert len(workers) >= 2
    rendered.close()
    assert len(workers & _descendants()) <= len(workers) - 2


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _descendants() -> set[int]:
    """The processes that this one has started, and theirs."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rpartition(") ")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(path.parent.name))
    found, waiting = set(), [os.getpid()]
    while waiting:
        own = children.get(waiting.pop(), [])
        found.update(own)
        waiting += own
    return found
