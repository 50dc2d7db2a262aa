"""Milliseconds of head detectors on photographs, side by side: `python benchmarks/detection.py --help`.

All detectors take the same photographs in turn, round after round, so that whatever else the machine does slows all
alike; a ratio is the median of the rounds' ratios to the first detector's. Before its turn each waits until the
others' threads have stopped spinning, and runs once unmeasured. Of our own detector the network alone is timed too, on
one input of 640 × 480, with PyTorch and, where it is installed, with ONNX Runtime. Prints tables, writes JSON, asserts
nothing.
"""

import argparse
import importlib.util
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from trans3dhead.inference import read_photograph
from trans3dhead.inference.detectors import build_detector
from trans3dhead.inference.detectors.head_detector import SHIPPED
from trans3dhead.networks.detection.checkpoint import load_detector
from trans3dhead.networks.detection.config import THRESHOLD
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import folded
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import detector_path

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "astronaut.jpg"
SIZES = ((640, 480), (4000, 3000))  # pixels, width and height
NETWORK_SIZE = (640, 480)
_PAUSE = 0.3  # seconds; OpenMP's threads spin for up to 0.2

Run = Callable[[np.ndarray], object]


def main() -> None:
    """Build, measure, print, write."""
    options = parse()
    cv2.setNumThreads(options.threads)
    torch.set_num_threads(options.threads)
    photograph = read_photograph(options.photograph)
    detectors: dict[str, Run] = {name: build_detector(name) for name in options.detectors}
    rows = [row for size in SIZES for row in measure(detectors, enlarged(photograph, size), options)]
    networks = [
        row
        for name in options.detectors
        if name.startswith("heads")
        for row in measure_network(name, enlarged(photograph, NETWORK_SIZE), options)
    ]
    show("whole detectors", rows)
    show("the network alone", networks)
    machine = {"processor": platform.processor() or platform.machine()}
    settings = {name: str(value) for name, value in vars(options).items() if name != "output"}
    versions = {"torch": torch.__version__, "opencv": cv2.__version__}
    content = {"settings": settings, "machine": machine, "versions": versions, "rows": rows, "networks": networks}
    options.output.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written: {options.output}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--detectors", nargs="+", default=["heads", "cascade"], help="names; heads:PATH, yunet:PATH")
    parser.add_argument("--photograph", type=Path, default=PHOTOGRAPH, help="resized to each size")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3, help="in each turn; the fastest counts")
    parser.add_argument("--output", type=Path, default=Path("detection.json"))
    return parser.parse_args()


def enlarged(photograph: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 -> its middle of the shape of `size` = (width, height), resized to it."""
    height, width = photograph.shape[:2]
    zoom = max(size[0] / width, size[1] / height)
    shown = (round(size[1] / zoom), round(size[0] / zoom))
    top, left = (height - shown[0]) // 2, (width - shown[1]) // 2
    return cv2.resize(photograph[top : top + shown[0], left : left + shown[1]], size, interpolation=cv2.INTER_CUBIC)


def measure(runs: dict[str, Run], image: np.ndarray, options: argparse.Namespace) -> list[dict]:
    """A row for each, with the seconds of all rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            time.sleep(_PAUSE)
            run(image)
            seconds[name].append(min(clock(run, image) for _ in range(options.runs)))
    first = seconds[next(iter(runs))]
    return [
        {
            "name": name,
            "size": [image.shape[1], image.shape[0]],
            "milliseconds": 1e3 * statistics.median(own),
            "ratio": statistics.median(one / other for one, other in zip(own, first, strict=True)),
            "seconds": own,
        }
        for name, own in seconds.items()
    ]


def measure_network(name: str, image: np.ndarray, options: argparse.Namespace) -> list[dict]:
    """The network alone, non-maximum suppression included: under PyTorch, and under ONNX Runtime if it is there."""
    path = detector_path(name.partition(":")[2] or SHIPPED)
    runs = {f"{name}, PyTorch": pytorch(path)}
    with tempfile.TemporaryDirectory() as folder:
        if importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnxscript"):
            runs[f"{name}, ONNX Runtime"] = onnx_runtime(path, Path(folder) / "detector.onnx", options.threads)
        return measure(runs, image, options)


def pytorch(path: Path) -> Run:
    """As the `HeadDetector` runs it."""
    network = folded(load_detector(path).network)

    def run(image: np.ndarray) -> object:
        with torch.inference_mode():
            return find(network(normalize(torch.from_numpy(image).permute(2, 0, 1)[None])))

    return run


def onnx_runtime(path: Path, exported: Path, threads: int) -> Run:
    """With its default settings otherwise."""
    import onnxruntime

    from trans3dhead.cli import app
    from trans3dhead.export.detector import INPUT, THRESHOLD_INPUT

    app(["export", "--model", str(path), "-o", str(exported)], standalone_mode=False)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(exported), settings, providers=["CPUExecutionProvider"])
    threshold = np.array([THRESHOLD], np.float32)
    return lambda image: session.run(None, {INPUT: image[None], THRESHOLD_INPUT: threshold})


def clock(run: Run, image: np.ndarray) -> float:
    """Seconds."""
    start = time.perf_counter()
    run(image)
    return time.perf_counter() - start


def show(title: str, rows: list[dict]) -> None:
    """A table, unless there is nothing to show."""
    if not rows:
        return
    table = Table("", "photograph", "milliseconds", "ratio to the first", title=title)
    for row in rows:
        width, height = row["size"]
        table.add_row(row["name"], f"{width} × {height}", f"{row['milliseconds']:.1f}", f"{row['ratio']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
