"""Images a second of Trans3DHead and of its bare backbone, side by side: python benchmarks/network.py --help.

Both run in turn, round after round, so that whatever else the machine does slows both; the ratio is the median
of the rounds' ratios. Prints a table, writes JSON, asserts nothing.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.network import Prediction, Trans3DHead, Trans3DHeadConfig, build


def main() -> None:
    """Measure, print, write."""
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    config = Trans3DHeadConfig(
        backbone=options.backbone,
        width=options.width,
        crop_size=options.crop_size,
        dropout=options.dropout,
        feed_forward=options.feed_forward,
    )
    layout = ParametersLayout(options.shape, options.expression)
    network = build(config, layout).to(options.device, memory_format=torch.channels_last)
    rows = [
        measure(network, options, precision, backward)
        for precision in ("float32", "bfloat16")
        for backward in (False, True)
    ]
    show(rows, options, layout)
    machine = {"processor": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    content = {"settings": settings, "machine": machine, "torch": torch.__version__, "rows": rows}
    options.output.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written: {options.output}")


def parse() -> argparse.Namespace:
    """The command line; the defaults are the small recipe's network on the default head model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--crop-size", type=int, default=128, help="pixels")
    parser.add_argument("--feed-forward", type=int, default=8, help="hidden channels, times the width")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--shape", type=int, default=150, help="shape parameters")
    parser.add_argument("--expression", type=int, default=52, help="expression parameters")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="0: as PyTorch chooses")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", type=Path, default=Path("network_speed.json"))
    return parser.parse_args()


def measure(network: Trans3DHead, options: argparse.Namespace, precision: str, backward: bool) -> dict:
    """One row of the table: the seconds of each round, and what follows from them."""
    crops = torch.randn(options.batch, 3, options.crop_size, options.crop_size, device=options.device)
    crops = crops.contiguous(memory_format=torch.channels_last)
    steps = [step(module, crops, precision, backward) for module in (network.backbone, network)]
    seconds: list[list[float]] = [[], []]
    for number in range(options.rounds + 1):
        for run, into in zip(steps, seconds, strict=True):
            elapsed = clock(run, options.device)
            if number > 0:  # the first round warms up
                into.append(elapsed)
    return {
        "precision": precision,
        "pass": "forward + backward" if backward else "forward",
        "backbone_images_per_second": options.batch / statistics.median(seconds[0]),
        "network_images_per_second": options.batch / statistics.median(seconds[1]),
        "ratio": statistics.median(bare / whole for bare, whole in zip(*seconds, strict=True)),
        "backbone_seconds": seconds[0],
        "network_seconds": seconds[1],
    }


def step(module: nn.Module, crops: Tensor, precision: str, backward: bool) -> Callable[[], None]:
    """What is timed: a training step without optimizer and data, or an inference."""

    def autocast() -> AbstractContextManager:
        half = precision == "bfloat16"
        return torch.autocast(crops.device.type, torch.bfloat16) if half else nullcontext()

    def infer() -> None:
        module.eval()
        with torch.inference_mode(), autocast():
            module(crops)

    def train() -> None:
        module.train()
        module.zero_grad()
        with autocast():
            output = module(crops)
        sum(part.float().square().mean() for part in outputs(output)).backward()

    return train if backward else infer


def outputs(output: Tensor | Prediction) -> list[Tensor]:
    """The tensors that a loss would see."""
    return [output.landmarks, output.parameters] if isinstance(output, Prediction) else [output]


def clock(run: Callable[[], None], device: str) -> float:
    """Seconds."""
    start = time.perf_counter()
    run()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start


def show(rows: list[dict], options: argparse.Namespace, layout: ParametersLayout) -> None:
    """The table."""
    title = f"{options.backbone}, d = {options.width}, {options.crop_size}² crops, {68 + layout.size} queries"
    table = Table("precision", "pass", "backbone, images/s", "network, images/s", "ratio", title=title)
    for row in rows:
        speeds = (f"{row[f'{part}_images_per_second']:.1f}" for part in ("backbone", "network"))
        table.add_row(row["precision"], row["pass"], *speeds, f"{row['ratio']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
