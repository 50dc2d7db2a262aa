"""Many photographs: shards, resuming. Image i of a seed does not depend on who makes it."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from trans3dhead.data.shards import (
    MANIFEST,
    SHARD_SIZE,
    Manifest,
    read_manifest,
    shard_path,
    write_manifest,
    write_shard,
)
from trans3dhead.synth.engines import Engine, Processes
from trans3dhead.synth.record import differences, record
from trans3dhead.synth.sheet import check_sheet_name, contact_sheet
from trans3dhead.synth.worker import Order, Sample

_CHUNK = 10  # photographs that a worker makes before it reports


def generate(
    output: Path,
    count: int,
    assets: Path | None = None,
    seed: int = 0,
    size: int = 256,
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    sheet: Path | None = None,
    without: Sequence[str] = (),
) -> None:
    """Render `count` photographs of size × size pixels into the folder `output`.

    Whole shards that are there already are kept, so a killed run goes on where it stopped. Raises ValueError when
    the folder holds a set made with other settings. sheet: where to write a contact sheet of the first photographs.
    without: ingredients to leave out. Workers are fresh processes, so a script calls this under
    `if __name__ == "__main__":`.
    """
    if sheet is not None:
        check_sheet_name(Path(sheet))
    manifest = record(count, assets, seed, size, shard_size, without)
    _claim(Path(output), manifest)
    missing = [shard for shard in range(manifest.shards) if not shard_path(Path(output), shard).is_file()]
    order = Order(seed, size, manifest.head_model, assets, tuple(manifest.without))
    _render(Path(output), manifest, missing, order, Processes(workers))
    if sheet is not None:
        contact_sheet(Path(output), Path(sheet))


def _render(output: Path, manifest: Manifest, missing: Sequence[int], order: Order, engine: Engine) -> None:
    console = Console(stderr=True)
    done = manifest.count - sum(len(manifest.members(shard)) for shard in missing)
    columns = (TextColumn("photographs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("render", total=manifest.count, completed=done)
        held: list[Sample] = []
        waiting = iter(missing)
        shard = next(waiting, None)
        for samples in engine.render(order, _chunks(manifest, missing)):
            held += samples
            progress.advance(task, len(samples))
            if shard is not None and len(held) == len(manifest.members(shard)):
                write_shard(shard_path(output, shard), held)
                held, shard = [], next(waiting, None)


def _chunks(manifest: Manifest, shards: Sequence[int]) -> list[range]:
    """The photographs of some shards in chunks that never span two shards."""
    chunks: list[range] = []
    for shard in shards:
        members = manifest.members(shard)
        chunks += [members[start : start + _CHUNK] for start in range(0, len(members), _CHUNK)]
    return chunks


def _claim(output: Path, manifest: Manifest) -> None:
    """Write the manifest, or check that the one there is the same. One without shards yet gives way."""
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output}: expected a folder for the set, found a file")
    begun, known = any(output.glob("shard-*.tar")), (output / MANIFEST).is_file()
    if begun and not known:
        raise ValueError(f"{output}: holds shards without a manifest; give an empty folder")
    if not begun:
        write_manifest(output, manifest)
        return
    if different := differences(read_manifest(output), manifest):
        words = "; ".join(f"{name}: {what}" for name, what in different.items())
        raise ValueError(f"{output}: holds a set made with other settings, give another folder. {words}")
