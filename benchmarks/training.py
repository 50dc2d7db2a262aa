"""Speed of the whole training against the bare backbone, interleaved in one run.

    python benchmarks/training.py recipes/small.yaml -o out/training.json data.train=[data/synth]

One round trains a few steps (loading, augmentation, targets, network, losses, optimizer, average), then runs the
backbone alone, forward and backward, on ready batches of the same size and precision. The table shows the medians.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from trans3dhead.data.augmentation import Augmentation
from trans3dhead.data.dataset import HeadCrops
from trans3dhead.data.framing import framing_of
from trans3dhead.data.loading import TrainingOrder, training_loader
from trans3dhead.data.targets import AnnotatedBatch, targets_from_annotations
from trans3dhead.losses import alignment_loss
from trans3dhead.networks.preprocess import normalize
from trans3dhead.training.alignment.module import AlignmentModule
from trans3dhead.training.alignment.recipe import read_recipe
from trans3dhead.training.alignment.train import build_module
from trans3dhead.training.engine.memory import keep_freed_memory
from trans3dhead.training.engine.optimizer import build_optimizer
from trans3dhead.training.engine.run import load_head_model, open_sets


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", help="key.sub=value")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=16, help="of each kind in a round")
    arguments = parser.parse_intermixed_args()
    recipe = read_recipe(arguments.recipe, arguments.overrides)
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    keep_freed_memory()
    head_model = load_head_model(recipe.head_model)
    photographs = recipe.data.kept(open_sets(recipe.data.train, head_model, recipe.data.partial))
    module = build_module(recipe, head_model, photographs)
    module.model.train()
    framing = framing_of(recipe.network.framing, head_model)
    augmentation = Augmentation(recipe.augmentation)
    crops = HeadCrops(photographs, head_model, recipe.network.crop_size, augmentation, framing=framing)
    order = TrainingOrder(len(photographs), recipe.batch_size, recipe.seed)
    batches = iter(training_loader(crops, order, recipe.data.workers))
    ready = list(itertools.islice(batches, arguments.steps))
    optimizer = build_optimizer(module.model, recipe.optimizer)
    clock = Clock(arguments.steps * recipe.batch_size)
    for warm in (True, *[False] * arguments.rounds):
        clock.time("training", lambda: train_steps(module, optimizer, batches, arguments.steps), warm)
        clock.time(
            "training, batches ready", lambda: train_steps(module, optimizer, iter(ready), arguments.steps), warm
        )
        clock.time("bare backbone", lambda: backbone_steps(module, ready), warm)
    report(clock, recipe.name, torch.get_num_threads(), recipe.data.workers, arguments.output)


class Clock:
    """Images a second of several kinds of work, round by round."""

    def __init__(self, images: int) -> None:
        self.images = images
        self.speeds: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], None], warm: bool) -> None:
        """Do the work; keep its speed unless it is there to warm up."""
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if not warm:
            self.speeds.setdefault(name, []).append(self.images / (time.perf_counter() - start))


def train_steps(module: AlignmentModule, optimizer: torch.optim.Optimizer, batches, steps: int) -> None:
    """What the trainer does in so many steps."""
    for step in range(steps):
        batch: AnnotatedBatch = next(batches)
        targets = targets_from_annotations(batch, module.head_model)
        alignment_loss(module(batch.crops), targets, module.head_model, module.recipe.losses).total.backward()
        if module.recipe.optimizer.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(module.model.parameters(), module.recipe.optimizer.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if module.average is not None:
            module.average.update(module.model, step)


def backbone_steps(module: AlignmentModule, batches: list[AnnotatedBatch]) -> None:
    """Forward and backward of the backbone alone, in the recipe's precision."""
    half = module.recipe.precision == "bfloat16"
    for batch in batches:
        with torch.autocast(batch.crops.device.type, dtype=torch.bfloat16, enabled=half):
            maps = module.model.backbone(normalize(batch.crops))
        maps.float().square().mean().backward()
        module.model.zero_grad()


def report(clock: Clock, name: str, threads: int, workers: int, output: Path | None) -> None:
    """The table, and the same as JSON."""
    medians = {kind: statistics.median(speeds) for kind, speeds in clock.speeds.items()}
    pairs = zip(clock.speeds["training"], clock.speeds["bare backbone"], strict=True)
    ratio = statistics.median(training / bare for training, bare in pairs)
    table = Table(
        "work", "images/s", "slowest round", "fastest round", title=f"{name}, {threads} threads, {workers} workers"
    )
    for kind, speeds in clock.speeds.items():
        table.add_row(kind, f"{medians[kind]:.1f}", f"{min(speeds):.1f}", f"{max(speeds):.1f}")
    console = Console()
    console.print(table)
    console.print(f"training reaches {100 * ratio:.0f} % of the bare backbone (median of rounds)")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        figures = {"recipe": name, "threads": threads, "workers": workers, "ratio": ratio, "images_per_second": medians}
        output.write_text(json.dumps({**figures, "rounds": clock.speeds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
