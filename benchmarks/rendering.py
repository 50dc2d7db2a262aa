"""Photographs a second, their bytes, and where the time goes: `python benchmarks/rendering.py --assets DIR`.

1. The rate of `trans3dhead synth`: sets of two sizes are rendered by worker processes of one thread each; their
   difference leaves the start-up out, but not the first reading of textures and environment maps, so render many.
2. The cost of each stage: the same photographs in one process under Python's profiler, its seconds as shares.
3. The cost of each ingredient: the same photographs with it and without it, in turn, in one process.
"""

import argparse
import cProfile
import importlib
import inspect
import json
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from headsynth import generate
from headsynth.ingredients import Ingredients
from headsynth.layouts import Shards
from headsynth.photograph import Studio
from headsynth.wear.wardrobe import Wardrobe
from headsynth.worker import encode

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # as in the generator's workers
_SEED = 11
_MANY = 100_000  # photographs of the set whose size is told
_MATERIALS = (
    *("rendering.materials", "people.skin", "people.eyes", "people.mouth", "hair.strands"),
    *("wear.fabrics", "wear.masks", "wear.hands.printed", "wear.hands.hand_skin"),
)
# Stage, and the functions whose time with all that they call it is; none calls another of the list. "*" stands for
# every class of the module.
_STAGES = {
    "identity, expression, pose": ("people.person:Person.sample",),
    "dressing: skin, hair, clothes, what is worn": ("dresser:Dresser.dress",),
    "surroundings and background": ("photograph:Studio._surroundings", "rendering.background:background"),
    "Embree's tree, normals": ("rendering.scene:Scene.__post_init__",),
    "camera rays, cut-outs, lenses": ("rendering.scene:Scene.trace",),
    "occluded light of the surroundings": ("rendering.shading:ambient",),
    "shadows of lamps": ("rendering.shading:_visible", "rendering.shading:Film.smooth"),
    "materials": tuple(f"{module}:*.shade" for module in _MATERIALS),
    "lens, sensor, developing": ("rendering.developing:exposure", "rendering.degradation:shoot"),
}

Place = tuple[str, int, str]  # file, line and name, as the profiler names a function


def main() -> None:
    """Measure, print, write."""
    if any(os.environ.get(name) != "1" for name in _ONE_THREAD):  # read when numpy is loaded, so begin again
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(_ONE_THREAD, "1"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--count", type=int, default=1000, help="of the rate; a twelfth of it for the costs")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("out/rendering.json"))
    options = parser.parse_args()
    stages = {stage: {place for name in names for place in places(name)} for stage, names in _STAGES.items()}
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    per_second, size = rate(options.assets, options.count, options.size, options.workers)
    studio, few = Studio(Wardrobe.shipped(options.assets), options.size), max(options.count // 12, 2)
    milliseconds, shares = stage_costs(studio, few, stages)
    result = {
        "size": options.size,
        "workers": options.workers,
        "assets": options.assets is not None,
        "photographs": options.count,
        "photographs_per_second": per_second,
        "bytes_per_photograph": size,
        "gigabytes_of_100000": size * _MANY / 1e9,
        "milliseconds_per_photograph": milliseconds,
        "shares": shares,
        "ingredients": ingredient_costs(studio, few),
    }
    show(result)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n")


def places(name: str) -> set[Place]:
    """Where the functions of a stage are, such as module:Class.function. Raises AttributeError where they are not."""
    module_name, _, path = name.partition(":")
    module = importlib.import_module(f"headsynth.{module_name}")
    owner, _, function = path.rpartition(".")
    if owner == "*":
        classes = [
            item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__
        ]
        found = [vars(item)[function] for item in classes if function in vars(item)]
    else:
        found = [getattr(getattr(module, owner) if owner else module, function, None)]
    if not found or None in found:
        raise AttributeError(f"{name}: no such function any more; bring the table of stages up to date")
    codes = [inspect.unwrap(getattr(item, "__func__", item)).__code__ for item in found]
    return {(code.co_filename, code.co_firstlineno, code.co_name) for code in codes}


def rate(assets: Path | None, count: int, size: int, workers: int) -> tuple[float, float]:
    """Photographs a second of the whole generator, start-up left out, and bytes of the set for each."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number, photographs in enumerate((2 * workers, count)):
            start = time.perf_counter()
            generate(Path(folder) / str(number), photographs, assets, _SEED, size, workers)
            seconds.append(time.perf_counter() - start)
        total = sum(path.stat().st_size for path in (Path(folder) / "1").iterdir())
    return (count - 2 * workers) / (seconds[1] - seconds[0]), total / count


def stage_costs(studio: Studio, count: int, stages: dict[str, set[Place]]) -> tuple[float, dict[str, float]]:
    """Milliseconds of processor time a photograph without the profiler, and the share of each stage."""
    for index in range(count):  # fills the caches of textures and environments
        encode(studio, _SEED, index, Shards())
    milliseconds = float(np.mean([timed(partial(encode, studio, _SEED, index, Shards())) for index in range(count)]))
    profile = cProfile.Profile(time.process_time)
    profile.runcall(lambda: [encode(studio, _SEED, index, Shards()) for index in range(count)])
    stats = pstats.Stats(profile)
    total = stats.total_tt  # type: ignore[attr-defined]
    cumulative = {place: row[3] for place, row in stats.stats.items()}  # type: ignore[attr-defined]
    shares = {stage: sum(cumulative.get(key, 0.0) for key in keys) / total for stage, keys in stages.items()}
    shares["the rest of shading, JPEG, sums"] = 1.0 - sum(shares.values())
    return milliseconds, shares


def ingredient_costs(full: Studio, count: int) -> dict[str, dict[str, float]]:
    """Milliseconds that each ingredient adds to a photograph, and the standard error over photographs."""
    costs = {}
    for name in (entry.name for entry in fields(Ingredients)):
        without = Studio(full.wardrobe, full.size, Ingredients.without(name), full.dresser)
        added = []
        for index in [0, *range(count)]:  # the first one is there to warm up
            pair = [timed(partial(encode, studio, _SEED, index, Shards())) for studio in (full, without)]
            added.append(pair[0] - pair[1])
        values = np.array(added[1:])
        costs[name] = {"milliseconds": float(values.mean()), "error": float(values.std(ddof=1) / len(values) ** 0.5)}
    return costs


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    start = time.process_time()
    work()
    return 1000.0 * (time.process_time() - start)


def show(result: dict) -> None:
    """The tables."""
    milliseconds = result["milliseconds_per_photograph"]
    title = f"{result['photographs_per_second']:.1f} photographs/s on {result['workers']} processes"
    table = Table("stage", "ms", "share", title=title)
    for stage, share in sorted(result["shares"].items(), key=lambda item: -item[1]):
        table.add_row(stage, f"{share * milliseconds:.1f}", f"{100 * share:.0f} %")
    table.add_row("one photograph, one process", f"{milliseconds:.1f}", "")
    Console().print(table)
    table = Table("ingredient", "ms that it adds", title="with it against without it, the same photographs")
    for name, cost in result["ingredients"].items():
        table.add_row(name, f"{cost['milliseconds']:+.1f} ± {cost['error']:.1f}")
    Console().print(table)
    kilobytes, gigabytes = result["bytes_per_photograph"] / 1000, result["gigabytes_of_100000"]
    print(f"{kilobytes:.1f} kB a photograph with its labels, {gigabytes:.2f} GB for 100,000")


if __name__ == "__main__":
    main()
