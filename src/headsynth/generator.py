"""Many photographs: shards, resuming, parts. Image i of a seed does not depend on who makes it, or where.

The length of a chunk is a choice.
"""

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from headsynth.claim import claimed
from headsynth.engines import Engine, Processes
from headsynth.layouts import Layout, layout_name, layout_of
from headsynth.record import made_with, record, record_like
from headsynth.sheet import contact_sheet
from headsynth.worker import Order, Sample
from trans3dhead.data.shards import SHARD_SIZE, Manifest, read_manifest
from trans3dhead.images import check_picture_name

_CHUNK = 10  # photographs that a worker makes before it reports


@dataclass(frozen=True)
class Portion:
    """One of several equal parts of a set, so that machines that know nothing of each other share it."""

    number: int = 1  # from 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"part: expected a number from 1 to {max(self.of, 1)}, got {self.number}/{self.of}")

    @classmethod
    def parse(cls, text: str) -> "Portion":
        """A portion from its words, such as 2/8. Raises ValueError for anything else."""
        number, slash, of = text.partition("/")
        if not (slash and number.strip().isdecimal() and of.strip().isdecimal()):
            raise ValueError(f"part: expected a number and how many there are, such as 2/8, got {text!r}")
        return cls(int(number), int(of))

    def shards(self, total: int) -> range:
        """The shards of this portion, of `total` in all; empty where there are more portions than shards."""
        return range(total * (self.number - 1) // self.of, total * self.number // self.of)


def generate(
    output: Path,
    count: int,
    assets: Path | None = None,
    seed: int = 0,
    size: int | None = None,
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    sheet: Path | None = None,
    without: Sequence[str] = (),
    engine: Engine | None = None,
    part: Portion | None = None,
    layout: str = "shards",
    split: str = "train",
    kind: str = "heads",
) -> None:
    """Render `count` photographs of size × size pixels into the folder `output`.

    Whole shards that are there already are kept, so a killed run goes on where it stopped. Raises ValueError when
    the folder holds a set made with other settings. assets: the folder that docs/synthetic-data.md describes, or
    procedural heads alone; seed: photograph i of a seed is the same for any count. without: ingredients to leave
    out; engine: where to render, on `workers` processes of this machine unless given; part: all of the set unless
    given; sheet: where to write a contact sheet of the first photographs; layout: shards, or dad for the folders of
    DAD-3DHeads, of which `split` is one; kind: heads, one large one a photograph, or scenes with any number of people;
    size: 256 for heads, 384 for scenes unless given.
    Worker processes are fresh ones, so a script calls this under `if __name__ == "__main__":`.
    """
    if sheet is not None:
        check_picture_name(Path(sheet), "sheet")
    manifest = replace(record(count, assets, seed, size, shard_size, without, kind), layout=layout_name(layout, split))
    make(Path(output), manifest, assets, engine or Processes(workers), part or Portion())
    if sheet is not None:
        contact_sheet(layout_of(manifest.layout).folder(Path(output)), Path(sheet))


def generate_like(
    like: Path,
    output: Path,
    assets: Path | None = None,
    engine: Engine | None = None,
    part: Portion | None = None,
    any_versions: bool = False,
) -> Manifest:
    """Make the set of a manifest again, to the byte; `like` is the file, or the folder that holds it.

    Raises ValueError that says what differs here, such as assets. any_versions: go on where it is only packages or the
    platform; labels and pictures then are the same but for rounding, their bytes need not be.
    """
    manifest = record_like(like, assets, any_versions)
    make(Path(output), manifest, assets, engine or Processes(), part or Portion())
    return manifest


def make(output: Path, manifest: Manifest, assets: Path | None, engine: Engine, part: Portion) -> None:
    """Render the shards of a part that are not there yet. The manifest must be of these assets."""
    if manifest.kind == "scenes" and manifest.layout != "shards":
        raise ValueError(
            f"layout: expected shards for scenes, some of which have no head at all, got {manifest.layout!r}"
        )
    layout, shards = layout_of(manifest.layout), part.shards(manifest.shards)
    folder = layout.folder(output)
    with claimed(folder, manifest, shards):
        missing = [shard for shard in shards if not layout.whole(folder, shard)]
        order = Order(
            seed=manifest.seed,
            size=manifest.image_size,
            head_model=manifest.head_model,
            assets=assets,
            without=tuple(manifest.without),
            kind=manifest.kind,
            made_with=json.dumps(made_with(manifest.assets, manifest.kind)),
            layout=layout,
        )
        _render(folder, manifest, shards, missing, order, engine)
        layout.finish(folder, manifest)


def kept(output: Path, layout: str = "shards") -> tuple[int, int]:
    """How many photographs lie in whole shards, and how many the set will have; (0, 0) before it has a manifest.

    layout: as the manifest has it.
    """
    place = layout_of(layout)
    folder = place.folder(output)
    try:
        manifest = read_manifest(folder)
    except ValueError:
        return 0, 0
    whole = [shard for shard in range(manifest.shards) if place.whole(folder, shard)]
    return sum(len(manifest.members(shard)) for shard in whole), manifest.count


def _render(
    output: Path, manifest: Manifest, shards: Sequence[int], missing: Sequence[int], order: Order, engine: Engine
) -> None:
    console = Console(stderr=True)
    total, left = (sum(len(manifest.members(shard)) for shard in some) for some in (shards, missing))
    columns = (TextColumn("photographs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        closing(engine.render(order, _chunks(manifest, missing))) as rendered,
        _Writer(order.layout, output) as writer,
    ):
        task = progress.add_task("render", total=total, completed=total - left)
        for shard in missing:
            held: list[Sample] = []
            while len(held) < len(manifest.members(shard)):
                samples = next(rendered)
                held += samples
                progress.advance(task, len(samples))
                writer.check()
            writer.write(shard, held)


def _chunks(manifest: Manifest, shards: Sequence[int]) -> list[range]:
    """The photographs of some shards in chunks that never span two shards."""
    chunks: list[range] = []
    for shard in shards:
        members = manifest.members(shard)
        chunks += [members[start : start + _CHUNK] for start in range(0, len(members), _CHUNK)]
    return chunks


class _Writer:
    """Writes shards while others are rendered; holds no more than one of them."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self._layout, self._folder = layout, folder
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the last one, for a whole shard is worth keeping whatever has happened."""
        self._thread.shutdown()
        if kind is None:
            self.check()

    def write(self, shard: int, samples: list[Sample]) -> None:
        """Write a shard beside the rendering, once the one before is written."""
        if self._last is not None:
            self._last.result()
        self._last = self._thread.submit(self._write, shard, samples)

    def check(self) -> None:
        """Raise what went wrong with the last one, if it is known by now."""
        if self._last is not None and self._last.done():
            self._last.result()

    def _write(self, shard: int, samples: list[Sample]) -> None:
        try:
            self._layout.write(self._folder, shard, samples)
        except OSError as error:
            path = self._layout.path(self._folder, shard)
            raise ValueError(
                f"{path}: could not be written ({error.strerror or error}); the shards before it are whole, and once "
                "there is room the same command goes on from there"
            ) from error
