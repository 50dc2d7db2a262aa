"""Milliseconds of an exported network under ONNX Runtime and under PyTorch: `python benchmarks/runtimes.py --help`.

Both take the same uint8 crops, in turn, round after round, so that whatever else the machine does slows both; the
ratio is the median of the rounds' ratios. Before its turn each waits until the other's threads have stopped spinning,
and runs once unmeasured. Prints a table, writes JSON, asserts nothing.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from rich.console import Console
from rich.table import Table

from trans3dhead.export import export_onnx
from trans3dhead.export.graph import CropNetwork
from trans3dhead.networks.alignment import load_model
from trans3dhead.weights.shipped import network_path

_PAUSE = 0.3  # seconds; OpenMP's threads spin for up to 0.2


def main() -> None:
    """Export, measure, print, write."""
    options = parse()
    network = CropNetwork(load_model(network_path(options.model)).model)
    with tempfile.TemporaryDirectory() as folder:
        exported = export_onnx(options.model, Path(folder) / "model.onnx", precision=options.precision)
        rows = [
            measure(network, exported.path, batch, threads, options)
            for threads in options.threads
            for batch in options.batches
        ]
    show(rows, options.model)
    machine = {"processor": platform.processor() or platform.machine()}
    versions = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    content = {"settings": settings, "machine": machine, "versions": versions, "rows": rows}
    options.output.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written: {options.output}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--model", default="small", help="the name of a network that ships, or a checkpoint")
    parser.add_argument("--precision", default="float32", help="of the exported weights")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8], help="crops")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=5, help="in each turn; the fastest counts")
    parser.add_argument("--output", type=Path, default=Path("runtimes.json"))
    return parser.parse_args()


def measure(network: CropNetwork, path: Path, batch: int, threads: int, options: argparse.Namespace) -> dict:
    """One row of the table: the seconds of each round, and what follows from them."""
    size = network.network.config.crop_size
    crops = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    runs = (pytorch(network, crops, threads), onnx_runtime(path, crops, threads))
    seconds: list[list[float]] = [[], []]
    for _ in range(options.rounds):
        for run, into in zip(runs, seconds, strict=True):
            time.sleep(_PAUSE)
            run()
            into.append(min(clock(run) for _ in range(options.runs)))
    return {
        "threads": threads,
        "crops": batch,
        "pytorch_ms": 1e3 * statistics.median(seconds[0]),
        "onnxruntime_ms": 1e3 * statistics.median(seconds[1]),
        "ratio": statistics.median(other / own for other, own in zip(*seconds, strict=True)),
        "pytorch_seconds": seconds[0],
        "onnxruntime_seconds": seconds[1],
    }


def pytorch(network: CropNetwork, crops: np.ndarray, threads: int) -> Callable[[], None]:
    """As the `Predictor` runs it, in float32."""
    tensor = torch.from_numpy(crops)

    def run() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            network(tensor)

    return run


def onnx_runtime(path: Path, crops: np.ndarray, threads: int) -> Callable[[], None]:
    """With its default settings otherwise."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])

    def run() -> None:
        session.run(None, {"crops": crops})

    return run


def clock(run: Callable[[], None]) -> float:
    """Seconds."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def show(rows: list[dict], model: str) -> None:
    """The table."""
    title = f"{model}: milliseconds of all crops"
    table = Table("threads", "crops", "PyTorch", "ONNX Runtime", "PyTorch / ONNX Runtime", title=title)
    for row in rows:
        values = (f"{row['pytorch_ms']:.1f}", f"{row['onnxruntime_ms']:.1f}", f"{row['ratio']:.2f}")
        table.add_row(str(row["threads"]), str(row["crops"]), *values)
    Console().print(table)


if __name__ == "__main__":
    main()
