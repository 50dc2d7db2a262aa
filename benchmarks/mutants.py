"""Mutation testing: small faults in the code, one at a time, and whether a test notices.

    python benchmarks/mutants.py geometry                       # one of the rooms below, all faults
    python benchmarks/mutants.py parsers --most 200 --seed 1    # so many, drawn at random
    python benchmarks/mutants.py geometry --only boxes.py crops.py -o out/two.json
    python benchmarks/mutants.py geometry --again out/two.json  # those that no test noticed

Their order is random, so what was tried until Ctrl-C or SIGTERM is a sample too. Prints the faults that no test
notices, and a table. A fault is tried in a process of its own (Linux, macOS), by the tests that reach its line, the
quickest first. Processes are forked once everything is imported, and what changes is the code of the functions in
memory: a fault takes a fraction of a second. Needs the extra [dev] and Python 3.11.
"""

import argparse
import gc
import json
import os
import pickle
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ast

import coverage
import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from code_faults import Fault, faults

SOURCE = Path(__file__).resolve().parent.parent / "src" / "trans3dhead"
_LAYOUTS = ("layout", "file_format", "skinning", "topology", "numpy_head_model")
_FILES = ("mat_files", "number_lists", "landmark_files")
ROOMS = {  # files and folders of the package, and the tests that mirror them
    "geometry": (["geometry"], ["tests/geometry"]),
    "metrics": (["metrics"], ["tests/metrics"]),
    "losses": (["losses"], ["tests/losses", "--ignore=tests/losses/test_losses_of_processes.py"]),  # it starts others
    "layouts": (
        [f"head_model/{name}.py" for name in (*_LAYOUTS, "metadata")],
        [f"tests/head_model/test_{name}.py" for name in (*_LAYOUTS, "head_model")],
    ),
    "parsers": (
        ["reading", *(f"data/{name}.py" for name in _FILES), "head_model/flame/pickles.py"],
        ["tests/reading", *(f"tests/data/test_{name}.py" for name in _FILES), "tests/head_model/flame/test_pickles.py"],
    ),
}
_LEAST_SECONDS, _CLOCK = 1.0, 100.0  # of a processor, and times these on the clock, for other work may keep it busy
_MOST_MEMORY = 4 << 30


class Trials:
    """Takes pytest's place once the tests are collected: first all as they are, then those that reach each fault."""

    def __init__(self, planned: list[Fault]) -> None:
        self.planned = planned
        self.outcomes: list[tuple[Fault, str]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run instead of pytest's own loop."""
        paths = {fault.path for fault in self.planned}
        reached, seconds = in_child(lambda: reach(session.items, paths))
        functions = functions_of(paths)
        for fault in self.planned:
            numbers = tests_of(fault, reached[str(fault.path)], session.items)
            chosen = [session.items[number] for number in sorted(numbers, key=seconds.__getitem__)]
            outcome = attempt(fault, functions, chosen, sum(seconds[n] for n in numbers)) if chosen else "not reached"
            self.outcomes.append((fault, outcome))
            if outcome != "killed":
                print(f"\n{outcome}: {fault}", flush=True)
        return True


def tests_of(fault: Fault, reached: dict[int, set[int]], items: list[pytest.Item]) -> set[int]:
    """The numbers of the tests that run a line; of a constant all in their files, as a test may but look at it."""
    if not fault.constant:
        return set().union(*(reached.get(line, ()) for line in fault.lines))
    files = {items[number].path for numbers in reached.values() for number in numbers}
    return {number for number, item in enumerate(items) if item.path in files}


def reach(items: list[pytest.Item], paths: set[Path]) -> tuple[dict[str, dict[int, set[int]]], list[float]]:
    """By file and line the numbers of the tests that run it, and the seconds of a processor that each takes."""
    measured = coverage.Coverage(data_file=None, include=[str(path) for path in paths], config_file=False)
    measured.start()
    seconds = []
    for number, item in enumerate(items):
        measured.switch_context(str(number))
        start = time.process_time()
        if not passes(item, None):
            raise RuntimeError(f"{item.nodeid} fails on the code as it is")
        seconds.append(time.process_time() - start)
    measured.stop()
    found: dict[str, dict[int, set[int]]] = defaultdict(dict)
    for path in measured.get_data().measured_files():
        for line, contexts in measured.get_data().contexts_by_lineno(path).items():
            found[path][line] = {int(context) for context in contexts if context}
    return found, seconds


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether a test passes, or is skipped."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def functions_of(paths: set[Path]) -> dict[str, list[FunctionType]]:
    """The functions that were made of the code of each file."""
    found: dict[str, list[FunctionType]] = {str(path): [] for path in paths}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename in found:
            found[thing.__code__.co_filename].append(thing)
    return found


def attempt(fault: Fault, functions: dict[str, list[FunctionType]], items: list[pytest.Item], seconds: float) -> str:
    """Run tests on the code with the fault in it: "killed" by one that fails, by the time it takes or by a crash."""
    limit = int(_LEAST_SECONDS + 3 * seconds)

    def trial() -> bool:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
        signal.alarm(int(_CLOCK * limit))
        try:
            plant(fault, functions[str(fault.path)])
        except Exception:
            return False  # a constant that cannot be computed: the module would not load
        return all(passes(item, after) for item, after in zip(items, [*items[1:], None], strict=True))

    try:
        return "survived" if in_child(trial) else "killed"
    except EOFError:
        return "killed"


def plant(fault: Fault, functions: list[FunctionType]) -> None:
    """Put the faulty code into the functions that there are, or the constant where its module and others have it."""
    if fault.constant:
        recompute(fault)
        return
    changed = codes(compile(fault.source, fault.path, "exec"))
    for function in functions:
        key = (function.__code__.co_qualname, function.__code__.co_firstlineno)
        if key in changed:
            function.__code__ = changed[key]


def codes(code: CodeType) -> dict[tuple[str, int], CodeType]:
    """A module's code, and all code inside of it, by name and first line."""
    found = {(code.co_qualname, code.co_firstlineno): code}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= codes(constant)
    return found


def recompute(fault: Fault) -> None:
    """A module's constant and those made of it, also where other modules have imported them."""
    module = next(m for m in sys.modules.values() if getattr(m, "__file__", None) == str(fault.path))
    before, namespace, names = dict(vars(module)), vars(module), set[str]()
    for statement in ast.parse(fault.source).body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        read = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if statement.lineno in fault.lines or read & names:
            exec(compile(ast.Module([statement], []), fault.path, "exec"), namespace)
            names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} & before.keys()
    for other in list(sys.modules.values()):
        for name in names:
            if vars(other).get(name, names) is before[name]:
                setattr(other, name, namespace[name])


def in_child(work: Callable[[], Any]) -> Any:
    """What a function returns in a forked process. Raises EOFError where that dies, and what it raises otherwise."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        try:
            result: Any = work()
        except BaseException as error:
            result = RuntimeError(repr(error))
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(result, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    if not content:
        raise EOFError("the process died")
    result = pickle.loads(content)
    if isinstance(result, RuntimeError):
        raise result
    return result


def planned(room: str, only: list[str], most: int | None, seed: int, again: Path | None) -> list[Fault]:
    """So many faults of a room's files, in random order; only: of these files; again: survivors of a run, its JSON."""
    places = [SOURCE / place for place in ROOMS[room][0]]
    files = [file for place in places for file in (sorted(place.glob("*.py")) if place.is_dir() else [place])]
    every = [fault for file in files if not only or file.name in only for fault in faults(file)]
    if again is not None:
        left = [row for row in json.loads(again.read_text()) if row.pop("outcome") != "killed"]
        every = [fault for fault in every if fault.row in left]
    return random.Random(seed).sample(every, min(most or len(every), len(every)))


def main() -> None:
    """Try the faults of one room, print and write what survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--only", nargs="+", metavar="FILE", help="names of files; by default all of the room")
    parser.add_argument("--most", type=int, help="faults; by default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", type=Path, help="JSON of a run: only the faults that survived it")
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    given = parser.parse_args()
    quick = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # a failure is enough: no shorter one is looked for
    hypothesis.settings.register_profile("mutants", deadline=None, database=None, derandomize=True, phases=quick)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # pytest ends by it in good order
    trials = Trials(planned(given.room, given.only or [], given.most, given.seed, given.again))
    options = ["-q", "-m", "not slow", "--hypothesis-profile=mutants", "-p", "no:cacheprovider", "-p", "no:xdist"]
    try:
        pytest.main([*options, *ROOMS[given.room][1]], [trials])
    finally:
        report(trials.outcomes)
        if given.output:
            write(trials.outcomes, given.output)


def write(outcomes: list[tuple[Fault, str]], path: Path) -> None:
    """The faults and what became of each, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{**fault.row, "outcome": outcome} for fault, outcome in outcomes], indent=1) + "\n")


def report(outcomes: list[tuple[Fault, str]]) -> None:
    """A line for each file."""
    print(f"\n{'file':24} {'faults':>7} {'killed':>7} {'survived':>9} {'not reached':>12}")
    for name in [*sorted({fault.path.name for fault, _ in outcomes}), "all"]:
        counts = Counter(outcome for fault, outcome in outcomes if name in (fault.path.name, "all"))
        numbers = (sum(counts.values()), counts["killed"], counts["survived"], counts["not reached"])
        print("{:24} {:7} {:7} {:9} {:12}".format(name, *numbers))


if __name__ == "__main__":
    main()
