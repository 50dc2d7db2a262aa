"""Kills of the real command line at random moments, of toy size, each followed by the same command until it is done.

    PYTHONPATH=src:tests python tests/kill_trials.py --kills 20 -o out/kills.json
    PYTHONPATH=src:tests python tests/kill_trials.py --kills 20 --only predict,submit

Prints a table. A trial begins in an empty folder; whenever the command is done there, what it left is compared with
what it leaves undisturbed, and the next trial begins. So every kill is followed by a comparison.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from paths import ASTRONAUT, REPOSITORY
from toy_dad import toy_split
from toy_sets import random_head, toy_head
from trans3dhead.images import read_photograph, write_picture

Result = dict[str, object]  # what must be equal


@dataclass(frozen=True)
class Trial:
    """A command that goes on where it was."""

    name: str
    words: Callable[[Path], list[object]]  # of the command, for the folder that it writes into
    result: Callable[[Path], Result]


@dataclass(frozen=True)
class Outcome:
    """What kills did to a command."""

    command: str
    kills: int
    comparisons: int
    differing: list[str]  # files that were not equal; empty is what we want
    seconds: float  # of the command undisturbed


def run_trial(trial: Trial, folder: Path, kills: int, seed: int = 0) -> Outcome:
    """Kill the command so often and compare what it leaves; folder: empty, for all that is written."""
    undisturbed = folder / "undisturbed"
    begun = time.monotonic()
    _finish(trial, undisturbed)
    seconds = time.monotonic() - begun
    expected, rng = trial.result(undisturbed), random.Random(seed)
    done, comparisons, differing = 0, 0, []
    while done < kills:
        place = folder / f"killed-{comparisons}"
        while done < kills and _killed(trial, place, rng.uniform(0.2, 1.0) * seconds):
            done += 1
        _finish(trial, place)
        comparisons += 1
        differing += [f"{place.name}: {name}" for name in differences(trial.result(place), expected)]
    return Outcome(trial.name, done, comparisons, differing, round(seconds, 1))


def differences(found: Result, expected: Result) -> list[str]:
    """The names of what is not equal."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def _started(trial: Trial, folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "trans3dhead", *map(str, trial.words(folder))]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _finish(trial: Trial, folder: Path) -> None:
    with _started(trial, folder) as process:
        said, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{trial.name}: ended with {process.returncode}: {said}")


def _killed(trial: Trial, folder: Path, after: float) -> bool:
    """Start the command and kill it after so many seconds; False where it was done before."""
    with _started(trial, folder) as process:
        try:
            process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
    return False


def all_trials(folder: Path) -> list[Trial]:
    """The commands, on data that is made in `folder`."""
    head_model = toy_head(folder)
    pictures, photograph = folder / "pictures", read_photograph(ASTRONAUT)
    for number in range(8):
        write_picture(pictures / f"{number}.png", photograph[: 300 + number, 80:380])
    rng = np.random.default_rng(1)
    toy_split(folder / "DAD-3DHeadsDataset" / "val", head_model, [random_head(head_model, rng) for _ in range(24)])
    tiny = ("--model", "tiny")
    return [
        Trial("predict", lambda out: ["predict", pictures, "-o", out, *tiny, "--threads", 1, "--resume"], files_of),
        Trial("submit", lambda out: ["submit", "dad", folder, "-o", out / "submission.json", *tiny], files_of),
    ]


def files_of(folder: Path) -> Result:
    """All files by their bytes; of the journal only which photographs it names. Locks and half files would show."""
    found: Result = {}
    for path in sorted(folder.rglob("*")):
        if path.name == ".predict.jsonl":
            lines = map(json.loads, path.read_text().splitlines()[1:])
            found[path.name] = sorted({line["name"] for line in lines})
        elif path.is_file():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def main() -> int:
    """Exit code 1 where anything differed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--only", help="commands, comma-separated")
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    arguments = parser.parse_args()
    outcomes = []
    print(f"{'command':<10}{'kills':>6}{'comparisons':>13}{'differing':>11}{'seconds':>9}")
    with TemporaryDirectory() as name:
        for trial in all_trials(Path(name)):
            if arguments.only and trial.name not in arguments.only.split(","):
                continue
            one = run_trial(trial, Path(name) / trial.name, arguments.kills)
            outcomes.append(one)
            row = f"{one.command:<10}{one.kills:>6}{one.comparisons:>13}{len(one.differing):>11}{one.seconds:>9}"
            print(row, *one.differing, sep="\n  ", flush=True)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n")
    return int(any(one.differing for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
