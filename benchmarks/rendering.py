"""Photographs a second and where their time goes: `python benchmarks/rendering.py --assets DIR`.

1. The rate of `trans3dhead synth`: sets of two sizes are rendered by worker processes of one thread each; their
   difference leaves the start-up out, but not the first reading of textures and environment maps, so render many.
2. The cost of each ingredient: the same photographs in one process under Python's profiler, its seconds as shares.
"""

import argparse
import cProfile
import json
import pstats
import tempfile
import time
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.table import Table

from trans3dhead.synth import generate
from trans3dhead.synth.photograph import Studio
from trans3dhead.synth.wear.wardrobe import Wardrobe
from trans3dhead.synth.worker import encode

_SEED = 11
# Ingredient, and the functions (file, name) whose time with all that they call it is; none calls another of the list.
_STAGES = {
    "identity, expression, pose": (("photograph.py", "_person"),),
    "dressing: skin, hair, clothes, glasses": (("subject.py", "parts"),),
    "surroundings and background": (("photograph.py", "_surroundings"), ("photograph.py", "_background")),
    "Embree's tree, normals": (("scene.py", "__post_init__"),),
    "camera rays, cut-outs, lenses": (("scene.py", "trace"),),
    "occluded light of the surroundings": (("shading.py", "ambient"),),
    "shadows of lamps": (("shading.py", "_visible"), ("shading.py", "smooth")),
    "materials": (("materials.py", "shade"),),
    "developing": (("photograph.py", "develop"),),
}


def rate(assets: Path | None, count: int, size: int, workers: int) -> float:
    """Photographs a second of the whole generator, start-up left out."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number, photographs in enumerate((2 * workers, count)):
            start = time.perf_counter()
            generate(Path(folder) / str(number), photographs, assets, _SEED, size, workers)
            seconds.append(time.perf_counter() - start)
    return (count - 2 * workers) / (seconds[1] - seconds[0])


def costs(assets: Path | None, count: int, size: int) -> tuple[float, dict[str, float]]:
    """Milliseconds of processor time a photograph without the profiler, and the share of each ingredient."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    studio = Studio(Wardrobe.shipped(assets), size)
    for index in range(count):  # fills the caches of textures and environments
        encode(studio, _SEED, "anny", index)
    start = time.process_time()
    for index in range(count):
        encode(studio, _SEED, "anny", index)
    milliseconds = 1000.0 * (time.process_time() - start) / count
    profile = cProfile.Profile(time.process_time)
    profile.runcall(lambda: [encode(studio, _SEED, "anny", index) for index in range(count)])
    stats = pstats.Stats(profile)
    total = stats.total_tt  # type: ignore[attr-defined]
    cumulative: dict[tuple[str, str], float] = {}
    for (file, _, name), row in stats.stats.items():  # type: ignore[attr-defined]
        key = (Path(file).name, name)
        cumulative[key] = cumulative.get(key, 0.0) + row[3]
    shares = {stage: sum(cumulative.get(key, 0.0) for key in keys) / total for stage, keys in _STAGES.items()}
    shares["the rest of shading, JPEG, sums"] = 1.0 - sum(shares.values())
    return milliseconds, shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("out/rendering.json"))
    arguments = parser.parse_args()
    per_second = rate(arguments.assets, arguments.count, arguments.size, arguments.workers)
    milliseconds, shares = costs(arguments.assets, max(arguments.count // 12, 1), arguments.size)
    table = Table("ingredient", "ms", "share", title=f"{per_second:.1f} photographs/s on {arguments.workers} processes")
    for stage, share in sorted(shares.items(), key=lambda item: -item[1]):
        table.add_row(stage, f"{share * milliseconds:.1f}", f"{100 * share:.0f} %")
    table.add_row("one photograph, one process", f"{milliseconds:.1f}", "")
    Console().print(table)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "size": arguments.size,
        "workers": arguments.workers,
        "assets": arguments.assets is not None,
        "photographs": arguments.count,
        "photographs_per_second": per_second,
        "milliseconds_per_photograph": milliseconds,
        "shares": shares,
    }
    arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
