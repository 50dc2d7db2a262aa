r"""What the networks of recipes cost, side by side, and what of it their bare backbones.

    python benchmarks/network.py recipes/small.yaml recipes/dad3dnet.yaml -o out/network.json
    python benchmarks/network.py network.backbone=resnet18 network.crop_size=128 recipes/small.yaml \
        recipes/dad3dnet.yaml network.filters=128

An override changes the recipe before it; those before the first recipe change all. A recipe may be given twice.

All networks and backbones run in turn, round after round, so that whatever else the machine does slows all alike; a
ratio is the median of the rounds' ratios. Tensors are in channels_last, and bfloat16 is autocast. Training is forward,
the recipe's losses on random heads, and backward, without optimizer and data (benchmarks/training.py has those); a bare
backbone's loss is the mean square of its map. Prints tables, writes JSON, asserts nothing.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import AnnotatedBatch, targets_from_annotations
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import alignment_loss
from trans3dhead.networks.alignment import Network, Prediction, build
from trans3dhead.networks.alignment.cost import Cost, cost_of
from trans3dhead.training.alignment.recipe import Recipe, read_recipe
from trans3dhead.training.engine.memory import keep_freed_memory
from trans3dhead.training.engine.run import load_head_model

BACKBONE = "backbone alone"
_WIDTH = 130  # characters that the tables need, also where the output is a file


@dataclass(frozen=True)
class Contender:
    """A recipe's network, ready to run."""

    label: str
    recipe: Recipe
    network: Network
    head_model: HeadModel
    cost: Cost
    backbone_cost: Cost


@dataclass(frozen=True)
class Work:
    """What a row of the table times."""

    title: str  # training or inference
    batch: int
    precision: str  # float32 or bfloat16


def main() -> None:
    """Measure, print, write."""
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    keep_freed_memory()
    contenders = [contender(*given, options.device) for given in recipes(options.recipes)]
    show_costs(contenders)
    kinds = (("training", options.batch), ("inference", options.batch), ("inference", 1))
    works = [Work(*kind, precision) for kind in kinds for precision in ("float32", "bfloat16")]
    rows = [row for work in works for row in measure(contenders, work, options)]
    show_speeds(rows, len(contenders))
    if options.output is not None:
        write(contenders, rows, options)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", metavar="RECIPE|key.sub=value")
    parser.add_argument("--batch", type=int, default=64, help="heads; a round of each kind sees as many (64)")
    parser.add_argument("--rounds", type=int, default=7, help="after one that warms up (7)")
    parser.add_argument("--threads", type=int, default=0, help="0, the default: as many as PyTorch chooses")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--no-losses", action="store_true", help="train on the outputs' mean squares instead")
    parser.add_argument("-o", "--output", type=Path, help="JSON with every round")
    return parser.parse_intermixed_args()


def recipes(arguments: Sequence[str]) -> list[tuple[str, Recipe]]:
    """Recipes and overrides as the command line has them -> each recipe with a label that tells it from the others."""
    common: list[str] = []
    given: list[tuple[str, list[str]]] = []
    for argument in arguments:
        if "=" not in argument:
            given.append((argument, []))
        elif given:
            given[-1][1].append(argument)
        else:
            common.append(argument)
    if not given:
        raise SystemExit("expected at least one recipe, such as recipes/small.yaml, got overrides alone")
    found = []
    for path, own in given:
        recipe = read_recipe(path, [*common, *own])
        found.append((" ".join([recipe.name, *(change.removeprefix("network.") for change in own)]), recipe))
    return found


def contender(label: str, recipe: Recipe, device: str) -> Contender:
    """Its network with random weights."""
    head_model = load_head_model(recipe.head_model)
    torch.manual_seed(0)
    network = build(recipe.network, head_model.layout)
    costs = (cost_of(module, recipe.network.crop_size) for module in (network, network.backbone))
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Contender(label, recipe, network, head_model.to(device), *costs)


def measure(contenders: Sequence[Contender], work: Work, options: argparse.Namespace) -> list[dict]:
    """A row for each contender: the seconds of each round, and what follows from them."""
    runs = [run for entry in contenders for run in runs_of(entry, work, options)]
    seconds: list[list[float]] = [[] for _ in runs]
    for number in range(options.rounds + 1):
        for run, into in zip(runs, seconds, strict=True):
            elapsed = clock(run, options.device)
            if number > 0:  # the first round warms up
                into.append(elapsed)
    for entry in contenders:
        entry.network.zero_grad()
    return [
        {
            **asdict(work),
            "network": entry.label,
            "images_per_second": options.batch / statistics.median(seconds[2 * index + 1]),
            "backbone_images_per_second": options.batch / statistics.median(seconds[2 * index]),
            "of_its_backbone": ratio(seconds[2 * index], seconds[2 * index + 1]),
            "of_the_first": ratio(seconds[1], seconds[2 * index + 1]),
            "seconds": seconds[2 * index + 1],
            "backbone_seconds": seconds[2 * index],
        }
        for index, entry in enumerate(contenders)
    ]


def ratio(reference: Sequence[float], own: Sequence[float]) -> float:
    """How many times as fast as the reference, the median of the rounds."""
    return statistics.median(other / seconds for other, seconds in zip(reference, own, strict=True))


def runs_of(entry: Contender, work: Work, options: argparse.Namespace) -> list[Callable[[], None]]:
    """One round of the backbone alone, and one of the network; each sees as many heads as the options say."""
    side = entry.recipe.network.crop_size
    crops = torch.randn(work.batch, 3, side, side, device=options.device).contiguous(memory_format=torch.channels_last)
    if work.title == "inference":
        calls = options.batch // work.batch
        return [inference(module, crops, work.precision, calls) for module in (entry.network.backbone, entry.network)]
    loss = mean_square if options.no_losses else losses_of(entry, work.batch, options.device)
    return [
        training(module, crops, work.precision, of)
        for module, of in ((entry.network.backbone, mean_square), (entry.network, loss))
    ]


def training(
    module: nn.Module, crops: Tensor, precision: str, loss: Callable[[Tensor | Prediction], Tensor]
) -> Callable[[], None]:
    """A step without optimizer and data."""

    def run() -> None:
        module.train()
        module.zero_grad()
        with autocast(crops, precision):
            output = module(crops)
        loss(output).backward()

    return run


def inference(module: nn.Module, crops: Tensor, precision: str, calls: int) -> Callable[[], None]:
    """So many calls. Not in inference mode, where autocast would round the weights again in every call."""

    def run() -> None:
        module.eval()
        with torch.no_grad(), autocast(crops, precision):
            for _ in range(calls):
                module(crops)

    return run


def autocast(crops: Tensor, precision: str) -> AbstractContextManager:
    """For float32 nothing."""
    return torch.autocast(crops.device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()


def mean_square(output: Tensor | Prediction) -> Tensor:
    """Of everything that a loss would see."""
    parts = [output] if isinstance(output, Tensor) else [part for part in vars(output).values() if part is not None]
    return torch.stack([part.float().square().mean() for part in parts]).sum()


def losses_of(entry: Contender, batch: int, device: str) -> Callable[[Tensor | Prediction], Tensor]:
    """The weighted sum of the recipe's losses on random heads at the middle of their crops."""
    layout, random = entry.head_model.layout, torch.Generator().manual_seed(0)
    focal, distance, fills = 1000.0, 1.0, 0.3  # pixels, metres, metres across the crop
    side = focal * fills / distance
    heads = AnnotatedBatch(
        crops=torch.zeros(batch, 3, 1, 1, dtype=torch.uint8),
        shape=torch.randn(batch, layout.shape, generator=random),
        expression=torch.rand(batch, layout.expression, generator=random),
        rotation=rotation_from_euler(20.0 * torch.randn(batch, 3, generator=random)),
        translation=torch.tensor([0.0, 0.0, distance]).expand(batch, -1),
        focal=torch.full((batch,), focal),
        principal_point=torch.full((batch, 2), side / 2),
        box=torch.tensor([0.0, 0.0, side, side]).expand(batch, -1),
        affine=torch.tensor([[1 / side, 0.0, 0.0], [0.0, 1 / side, 0.0]]).expand(batch, -1, -1),
        landmark_visibility=torch.full((batch, 68), Visibility.VISIBLE, dtype=torch.uint8),
    )
    targets = targets_from_annotations(heads.to(device), entry.head_model)

    def loss(output: Tensor | Prediction) -> Tensor:
        assert isinstance(output, Prediction)
        return alignment_loss(output, targets, entry.head_model, entry.recipe.losses).total

    return loss


def clock(run: Callable[[], None], device: str) -> float:
    """Seconds."""
    start = time.perf_counter()
    run()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start


def show_costs(contenders: Sequence[Contender]) -> None:
    """Parameters and multiply-adds."""
    table = Table(
        *("network", "backbone", "crop", "parameters, M", "without backbone, M", "GMACs a crop", "without backbone"),
        caption="1 MAC = 2 FLOPs, of convolutions and matrix products alone; the JSON lists all other operations",
    )
    for entry in contenders:
        whole, bare, network = entry.cost, entry.backbone_cost, entry.recipe.network
        unneeded = whole.parameters - whole.needed
        table.add_row(
            *(entry.label, network.backbone, f"{network.crop_size}²"),
            f"{whole.parameters / 1e6:.2f}" + (f" ({unneeded / 1e6:.2f} for training alone)" if unneeded else ""),
            f"{(whole.parameters - bare.parameters) / 1e6:.2f}",
            f"{whole.macs / 1e9:.3f}",
            f"{(whole.macs - bare.macs) / 1e9:.3f}",
        )
    Console(width=max(Console().width, _WIDTH)).print(table)


def show_speeds(rows: Sequence[dict], contenders: int) -> None:
    """Images a second, and both ratios."""
    table = Table("work", "batch", "precision", "network", "images/s", BACKBONE, "of its backbone", "of the first")
    for number, row in enumerate(rows):
        first = number % contenders == 0
        where = (row["title"], str(row["batch"]), row["precision"]) if first else ("", "", "")
        speeds = (f"{row[name]:.1f}" for name in ("images_per_second", "backbone_images_per_second"))
        ratios = (f"{row[name]:.2f}" for name in ("of_its_backbone", "of_the_first"))
        table.add_row(*where, row["network"], *speeds, *ratios, end_section=(number + 1) % contenders == 0)
    Console(width=max(Console().width, _WIDTH)).print(table)


def write(contenders: Sequence[Contender], rows: Sequence[dict], options: argparse.Namespace) -> None:
    """All of it as JSON."""
    content = {
        "settings": {name: value for name, value in vars(options).items() if name != "output"},
        "machine": {"processor": platform.processor() or platform.machine(), "threads": torch.get_num_threads()},
        "torch": torch.__version__,
        "networks": [
            {
                "label": entry.label,
                "network": asdict(entry.recipe.network),
                "cost": asdict(entry.cost),
                "backbone_cost": asdict(entry.backbone_cost),
            }
            for entry in contenders
        ],
        "rows": rows,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written: {options.output}")


if __name__ == "__main__":
    main()
