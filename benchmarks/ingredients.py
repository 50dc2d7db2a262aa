"""What each ingredient of the synthetic photographs buys on real ones.

    python benchmarks/ingredients.py --assets ASSETS --photographs FOLDER... --work out/ingredients

The full set and the sets without one ingredient are rendered from the same seed, so that photograph i shows the same
person in all of them as far as the ingredient allows. One network a set is trained by the same small recipe and scored
on the same real heads: mean error of pitch, yaw and roll where the pose is known, NME of 68 landmarks. The difference
to the full set is taken head by head. Standard errors are over heads; the chance of one training is in them only as
far as it differs from head to head, so give several --seeds (an error is then a head's mean over them).

Whatever is in the work folder already is kept: a run that was killed goes on.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from headsynth.ingredients import Ingredients

_SEED, _VALIDATION_SEED, _VALIDATION_COUNT = 21, 22, 128
_FULL = "full"
_METRICS = {"mae": "pose error (°)", "nme": "NME (%)"}
_DETAILS = ("mae", "pitch", "yaw", "roll", "nme")  # columns of samples.csv
_RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "ingredients.yaml"

Errors = dict[str, dict[str, float]]  # head -> metric -> error, where there is one


def main() -> None:
    """Render, train, score, print; write results.json and results.md into the work folder."""
    options = parse()
    names = [_FULL, *(f"without {name}" for name in options.only)]
    keep_settings(options)
    folders = annotated_folders(options.photographs)
    render(options, options.work / "sets" / "validation", _VALIDATION_COUNT, _VALIDATION_SEED, None)
    errors: dict[str, list[Errors]] = {name: [] for name in names}
    for seed in range(options.seeds):
        for name in names:
            left_out = name.removeprefix("without ") if name != _FULL else None
            photographs = options.work / "sets" / name.replace(" ", "-")
            render(options, photographs, options.count, _SEED, left_out)
            model = train(options, photographs, seed)
            errors[name].append(score(options.work, model, folders))
    rows = [compare(name, errors[name], errors[_FULL]) for name in names]
    show(rows, options)


def parse() -> argparse.Namespace:
    """The command line."""
    known = [entry.name for entry in fields(Ingredients)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path, help="as for `trans3dhead synth`")
    parser.add_argument("--photographs", type=Path, nargs="+", required=True, help="annotated folders, or theirs")
    parser.add_argument("--work", type=Path, default=Path("out/ingredients"))
    parser.add_argument("--count", type=int, default=4000, help="photographs in each set")
    parser.add_argument("--size", type=int, default=256, help="pixels, their side")
    parser.add_argument("--samples", type=int, default=32_000, help="that a training sees")
    parser.add_argument("--seeds", type=int, default=1, help="trainings on each set")
    parser.add_argument("--workers", type=int, help="processes that render")
    parser.add_argument("--only", nargs="+", choices=known, default=known, help="ingredients to leave out in turn")
    return parser.parse_args()


def keep_settings(options: argparse.Namespace) -> None:
    """Refuse a work folder whose results are of other settings."""
    settings = {name: getattr(options, name) for name in ("count", "size", "samples")}
    settings["recipe"] = _RECIPE.read_text()
    path = options.work / "settings.json"
    if path.is_file() and json.loads(path.read_text()) != settings:
        sys.exit(f"{options.work}: holds results of another count, size, samples or recipe; give another --work")
    options.work.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings, indent=1) + "\n")


def annotated_folders(given: list[Path]) -> list[Path]:
    """Those given that hold annotations.json or .pts files, and those inside that do."""
    found = []
    for folder in given:
        inside = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        found += [
            path for path in (folder, *inside) if (path / "annotations.json").is_file() or any(path.glob("*.pts"))
        ]
    if not found:
        sys.exit(f"photographs: expected folders with annotations.json or .pts files, found none in {given}")
    return found


def render(options: argparse.Namespace, folder: Path, count: int, seed: int, left_out: str | None) -> None:
    """A set; the command keeps the shards that are there."""
    command = ["synth", "--count", count, "--seed", seed, "--size", options.size, "-o", folder]
    command += ["--assets", options.assets] if options.assets else []
    command += ["--workers", options.workers] if options.workers else []
    trans3dhead(*command, *(["--without", left_out] if left_out else []))


def train(options: argparse.Namespace, photographs: Path, seed: int) -> Path:
    """The run folder of a training on a set, gone on with or begun again if it was interrupted."""
    runs, name = options.work / "runs", f"{photographs.name}-{seed}"
    folder = runs / name
    if (folder / "model.safetensors").is_file():
        return folder
    overrides = [
        f"name={name}",
        f"seed={seed}",
        f"data.train=[{photographs}]",
        f"data.validation=[{options.work / 'sets' / 'validation'}]",
        f"budget.samples={options.samples}",
        f"schedule.warmup_samples={options.samples // 10}",
        f"monitor.validate_samples={max(options.samples // 2, 64)}",
    ]
    resume = (folder / "checkpoints" / "last.pt").is_file()
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)  # of a run that saved no state yet
    trans3dhead("train", _RECIPE, *overrides, "--runs", runs, *(["--resume"] if resume else []))
    if not (folder / "model.safetensors").is_file():
        sys.exit("stopped; the same command goes on")
    return folder


def score(work: Path, run: Path, folders: list[Path]) -> Errors:
    """The errors of each real head."""
    errors: Errors = {}
    for folder in folders:
        report = work / "reports" / run.name / folder.name
        if not (report / "samples.csv").is_file():
            trans3dhead("evaluate", "photographs", folder, "--model", run / "model.safetensors", "-o", report)
        with (report / "samples.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                errors[f"{folder.name}/{row['id']}"] = {key: float(row[key]) for key in _DETAILS if row[key]}
    return errors


@dataclass(frozen=True)
class Row:
    """Mean over heads and standard error of each metric, of the set and of its difference to the full set."""

    name: str
    values: dict[str, tuple[float, float]]
    differences: dict[str, tuple[float, float]]
    heads: dict[str, int]


def compare(name: str, own: list[Errors], full: list[Errors]) -> Row:
    """own, full: one entry a seed."""
    values, differences, heads = {}, {}, {}
    for key in _DETAILS:
        known = sorted(head for head in full[0] if all(key in errors.get(head, {}) for errors in (*own, *full)))
        mine = np.array([[errors[head][key] for head in known] for errors in own]).mean(axis=0)
        theirs = np.array([[errors[head][key] for head in known] for errors in full]).mean(axis=0)
        values[key], differences[key] = mean_and_error(mine), mean_and_error(mine - theirs)
        heads[key] = len(known)
    return Row(name, values, differences, heads)


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """(N,) -> the mean and its standard error; NaN for what so few do not tell."""
    if not len(values):
        return float("nan"), float("nan")
    spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return float(values.mean()), spread / len(values) ** 0.5


def show(rows: list[Row], options: argparse.Namespace) -> None:
    """A table on the terminal, the same as Markdown, and all figures as JSON."""
    heads = rows[0].heads
    titles = ["set"]
    for key, title in _METRICS.items():
        titles += [f"{title}, {heads[key]} heads", "to full"]
    seeds = f"{options.seeds} training{'s' if options.seeds > 1 else ''} a set"
    caption = f"{options.count} photographs, {options.samples} samples, {seeds}; ± standard error over heads"
    table = Table(*titles, title=caption)
    lines = [f"| {' | '.join(titles)} |", f"| --- |{' ---: |' * (len(titles) - 1)}"]
    for row in rows:
        cells = [row.name]
        for key in _METRICS:
            change = "" if row.name == _FULL else "{:+.2f} ± {:.2f}".format(*row.differences[key])
            cells += ["{:.2f} ± {:.2f}".format(*row.values[key]), change]
        table.add_row(*cells)
        lines.append(f"| {' | '.join(cells)} |")
    Console().print(table)
    settings = {name: getattr(options, name) for name in ("count", "size", "samples", "seeds")}
    content = {"settings": settings, "rows": [vars(row) for row in rows]}
    (options.work / "results.json").write_text(json.dumps(content, indent=1) + "\n")
    (options.work / "results.md").write_text("\n".join([*lines, "", f"{caption}.", ""]))
    print(f"written: {options.work / 'results.json'}, results.md")


def trans3dhead(*words: object) -> None:
    """Run the command; what fails ends the benchmark with its exit code."""
    command = [sys.executable, "-m", "trans3dhead", *map(str, words)]
    print("$ trans3dhead", *command[3:], flush=True)
    with subprocess.Popen(command) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the command has heard of it, too, and saves what it has
            process.wait()
            sys.exit("stopped; the same command goes on")
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
