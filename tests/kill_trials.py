"""Kills of the real commands at random moments, of toy size, each followed by the same command until it is done.

    PYTHONPATH=src:tests python tests/kill_trials.py --kills 20 -o out/kills.json
    PYTHONPATH=src:tests python tests/kill_trials.py --kills 20 --only predict,submit

Prints a table, and to the standard error how far it is. A trial begins in an empty folder: the command is killed there
once to three times, then left to end, and what it leaves is compared with what it leaves undisturbed. Commands are
forked from a server that has imported what they need, where the system can: so kills fall into their work, and not into
seconds of imports.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import load_file

from paths import ASTRONAUT, REPOSITORY
from pts_files import write_pts
from toy_dad import toy_split
from toy_sets import random_head, toy_head, toy_set
from toy_videos import write_video
from trans3dhead.images import read_photograph, write_picture

Result = dict[str, object]  # what must be equal: hashes and words, or arrays that must be close

_CONTEXT = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
_IMPORTED = (
    *("trans3dhead.cli", "trans3dhead.inference", "trans3dhead.training.alignment.train"),
    *("trans3dhead.evaluation.ablations", "headsynth.generator"),
)
_MOST_KILLS = 3  # of one folder
_TINY = ("--model", "tiny")


@dataclass(frozen=True)
class Job:
    """A command that goes on where it was, or begins again."""

    name: str
    make: Callable[[Path], None]  # its input, into a folder
    words: Callable[[Path, Path], Sequence[object]]  # of the command, for the folders of its input and its output
    result: Callable[[Path], Result]  # what must be equal of its output


@dataclass(frozen=True)
class Outcome:
    """What kills did to a command."""

    command: str
    kills: int
    comparisons: int
    differing: list[str]  # files or arrays that were not equal; empty is what we want
    seconds: float  # of the command undisturbed


# The jobs: how each input is made, the command, and what is compared


def jobs() -> list[Job]:
    """All of them."""
    return [
        Job("synth", lambda data: None, _synth, files_of),
        Job("train", _toy_training, _train, run_of),
        Job("predict", _pictures, _predict, files_of),
        Job("video", _clip, _follow, files_of),
        Job("evaluate", _pictures, _evaluate, files_of),
        Job("submit", _heads_of_dad3dheads, _submit, files_of),
        Job("ablate", _toy_training, _ablate, rows_of),
    ]


def _synth(data: Path, output: Path) -> Sequence[object]:
    set_ = ("--count", 24, "--seed", 5, "--size", 32, "--shard-size", 4, "--without", "hair,occlusion,skin")
    return ["synth", "-o", output, *set_, "--workers", 1]


def _train(data: Path, output: Path) -> Sequence[object]:
    return ["train", data / "trial.yaml", "--runs", output, "--resume"]


def _predict(data: Path, output: Path) -> Sequence[object]:
    return ["predict", data, "-o", output, *_TINY, "--threads", 1, "--resume"]


def _follow(data: Path, output: Path) -> Sequence[object]:
    return _predict(data / "clip.mp4", output)


def _evaluate(data: Path, output: Path) -> Sequence[object]:
    return ["evaluate", "photographs", data, "-o", output, *_TINY]


def _submit(data: Path, output: Path) -> Sequence[object]:
    return ["submit", "dad", data, "-o", output / "submission.json", *_TINY]


def _ablate(data: Path, output: Path) -> Sequence[object]:
    toys = (f"head_model={data}/toy.safetensors", f"data.train=[{data}/set]", f"data.validation=[{data}/set]")
    short = ("data.validation_limit=8", "data.reference_samples=20", "budget.samples=32", "monitor.preview_crops=0")
    return ["ablate", "table7", *toys, *short, "--budget", "smoke", "--runs", output]


def _pictures(data: Path) -> None:
    """Six pictures of the astronaut, with landmarks that are chance."""
    photograph = read_photograph(ASTRONAUT)[::2, ::2]
    for number in range(6):
        write_picture(data / f"{number}.png", photograph[: 150 + number, 40:190])
        write_pts(data / f"{number}.pts", np.random.default_rng(number).uniform(50.0, 90.0, (68, 2)))


def _clip(data: Path) -> None:
    """A clip of the astronaut as the camera moves to and fro."""
    photograph = read_photograph(ASTRONAUT)[::2, ::2]
    shifts = (20 * np.sin(2 * np.pi * np.arange(24) / 24)).round().astype(int)
    write_video(data / "clip.mp4", (photograph[:160, 40 + shift : 200 + shift] for shift in shifts))


def _heads_of_dad3dheads(data: Path) -> None:
    head_model, rng = toy_head(data), np.random.default_rng(1)
    toy_split(data / "DAD-3DHeadsDataset" / "val", head_model, [random_head(head_model, rng) for _ in range(12)])


_RECIPE = """
name: trial
head_model: {folder}/toy.safetensors
data: {{train: [{folder}/set], validation: [{folder}/set], workers: 0, validation_limit: 12, reference_samples: 40}}
network: {{backbone: slim, backbone_widths: [4, 4, 8, 8, 8], crop_size: 32, width: 16, heads: 2, decoder_layers: 1}}
optimizer: {{lr: 1e-3}}
schedule: {{name: constant}}
budget: {{samples: 96}}
monitor: {{log_steps: 1, validate_samples: 32, preview_crops: 0, checkpoint_minutes: 0.01}}
batch_size: 8
"""


def _toy_training(data: Path) -> None:
    """A head model, a set of it, and a recipe of twelve steps."""
    toy_set(data / "set", toy_head(data), 40)
    (data / "trial.yaml").write_text(_RECIPE.format(folder=data))


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


def run_of(folder: Path) -> Result:
    """The losses of every step of a training, and the network."""
    with (folder / "trial" / "train.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name not in ("minutes", "images_per_second")]
    losses = {name: np.array([float(row[name]) for row in rows]) for name in columns}
    return {**losses, **load_file(folder / "trial" / "model.safetensors")}


def rows_of(folder: Path) -> Result:
    """The figures of an ablation table."""
    table = json.loads((folder / "smoke" / "table7.json").read_text())
    measured = ((row["name"], key, value) for row in table["rows"] for key, value in row["measured"].items())
    return {f"{name} {key}": np.array(value["value"]) for name, key, value in measured}


# Trials


def run_trial(job: Job, folder: Path, kills: int, seed: int = 0) -> Outcome:
    """Kill the command so often and compare what it leaves; folder: empty, for all that is made and written."""
    data, undisturbed = folder / "input", folder / "undisturbed"
    data.mkdir(parents=True)
    job.make(data)
    begun = time.monotonic()
    _finish(job, data, undisturbed)
    seconds = time.monotonic() - begun
    expected, rng = job.result(undisturbed), random.Random(seed)
    done, comparisons, differing = 0, 0, []
    while done < kills:
        place = folder / f"killed-{comparisons}"
        for _ in range(min(rng.randint(1, _MOST_KILLS), kills - done)):
            if not _killed(job, data, place, rng.random() * seconds):
                break
            done += 1
        _finish(job, data, place)
        comparisons += 1
        differing += [f"{place.name}: {name}" for name in differences(job.result(place), expected)]
        so_far = f"{job.name}: {done} of {kills} kills, {comparisons} folders compared, {len(differing)} differences"
        print(so_far, file=sys.stderr, flush=True)
    return Outcome(job.name, done, comparisons, differing, round(seconds, 1))


def differences(found: Result, expected: Result) -> list[str]:
    """The names of what is not equal; arrays may differ by 1e-6, absolute and relative."""
    return sorted(name for name in found.keys() | expected.keys() if not _equal(found.get(name), expected.get(name)))


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and np.allclose(one, other, atol=1e-6, rtol=1e-6)
    return type(one) is type(other) and one == other


class _Command:
    """A command of the command line, in a process of its own."""

    def __init__(self, job: Job, data: Path, output: Path) -> None:
        self.name = job.name
        self._said, write_end = _CONTEXT.Pipe(duplex=False)
        with write_end:
            self.process = _CONTEXT.Process(target=_run, args=([*map(str, job.words(data, output))], write_end))
            self.process.start()

    def output(self) -> str:
        """What it and its workers print until all of them have ended."""
        with self._said, open(self._said.fileno(), closefd=False, encoding="utf-8", errors="replace") as file:
            said = file.read()
        self.process.join()
        return said


def _run(words: list[str], said: Connection) -> None:
    for stream in (1, 2):
        os.dup2(said.fileno(), stream)
    said.close()
    os.chdir(REPOSITORY)  # where `ablate` finds its recipes
    from trans3dhead.cli import app

    app(words, prog_name="trans3dhead")


def _finish(job: Job, data: Path, output: Path) -> None:
    command = _Command(job, data, output)
    said = command.output()
    if command.process.exitcode != 0:
        raise RuntimeError(f"{job.name}: ended with {command.process.exitcode}: {said}")


def _killed(job: Job, data: Path, output: Path, after: float) -> bool:
    """Start the command and kill it after so many seconds; False where it was done before."""
    command = _Command(job, data, output)
    command.process.join(after)
    command.process.kill()
    command.output()
    return command.process.exitcode != 0


def import_before() -> None:
    """Start the server that commands are forked from, where there is one, with what they need imported."""
    if _CONTEXT.get_start_method() == "forkserver":
        _CONTEXT.set_forkserver_preload(list(_IMPORTED))
        first = _CONTEXT.Process(target=int)
        first.start()
        first.join()


def main() -> int:
    """Exit code 1 where anything differed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--only", help="commands, comma-separated")
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    arguments = parser.parse_args()
    import_before()
    outcomes = []
    print(f"{'command':<10}{'kills':>6}{'comparisons':>13}{'differing':>11}{'seconds':>9}")
    with TemporaryDirectory() as name:
        for job in jobs():
            if arguments.only and job.name not in arguments.only.split(","):
                continue
            one = run_trial(job, Path(name) / job.name, arguments.kills)
            outcomes.append(one)
            row = f"{one.command:<10}{one.kills:>6}{one.comparisons:>13}{len(one.differing):>11}{one.seconds:>9}"
            print(row, *one.differing, sep="\n  ", flush=True)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n")
    return int(any(one.differing for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
