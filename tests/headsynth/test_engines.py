"""The same samples from any engine, in order; workers that end with their parent; errors that say what to do."""

import contextlib
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

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
