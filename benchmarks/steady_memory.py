"""Whether `predict` grows as it goes through many photographs: one small photograph again and again, results written.

    python benchmarks/steady_memory.py --count 1500 -o out/memory.json

Prints the process's resident memory every so many photographs, and how much it grew after the first of these. Linux.
"""

import argparse
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from trans3dhead.cli.predict_photographs import PhotographOptions, ToPredict, predict_one
from trans3dhead.images import read_photograph, write_picture
from trans3dhead.inference import Predictor

ASTRONAUT = Path(__file__).resolve().parent.parent / "examples" / "astronaut.jpg"


def memory_by_photographs(count: int, every: int, model: str, threads: int, folder: Path) -> dict[int, float]:
    """Resident MiB after so many photographs, its JSON, .glb and overlay written over the last ones."""
    write_picture(folder / "small.png", read_photograph(ASTRONAUT)[:256, 96:352])
    predictor = Predictor(model, threads=threads)
    options = PhotographOptions(folder / "out", ("glb",), ("wireframe", "landmarks", "axes", "box"), lines=False)
    seen = {}
    for number in range(1, count + 1):
        outcome = predict_one(predictor, ToPredict(folder / "small.png", "small", None), options)
        if outcome.failure is not None:
            raise ValueError(outcome.failure)
        if number % every == 0:
            seen[number] = resident()
    shutil.rmtree(folder / "out")
    return seen


def resident() -> float:
    """MiB of this process that lie in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def main() -> None:
    """Print and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--every", type=int, default=100, help="photographs from one look to the next")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="JSON")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        seen = memory_by_photographs(given.count, given.every, given.model, given.threads, Path(name))
    for number, mebibytes in seen.items():
        print(f"{number:6} photographs  {mebibytes:8.1f} MiB", flush=True)
    growth = seen[max(seen)] - seen[min(seen)]
    print(f"growth after the first {min(seen)}: {growth:.1f} MiB")
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps({"mebibytes": seen, "growth": growth}, indent=1) + "\n")


if __name__ == "__main__":
    main()
