"""`trans3dhead synth`: render a set of annotated synthetic photographs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported

if TYPE_CHECKING:
    from headsynth.engines import Engine


class Kind(str, Enum):
    """What the photographs show."""

    heads = "heads"
    scenes = "scenes"


class EngineName(str, Enum):
    """Where the photographs are rendered."""

    processes = "processes"
    ray = "ray"


@reported
def synth(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the set; finished shards in it are kept.")],
    count: Annotated[
        int | None, typer.Option(min=1, help="Photographs in the whole set.", show_default="20000")
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="heads: a large head in each; scenes: any number of people, near and far.", show_default="heads"
        ),
    ] = None,
    assets: Annotated[
        Path | None, typer.Option(help="Skins, hair, eyes, clothes and HDRIs. Without it: plain procedural heads.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Photograph i of a seed is the same for any count and workers.", show_default="0"),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=32, help="Side of the square photographs, pixels.", show_default="256, scenes 384")
    ] = None,
    shard_size: Annotated[
        int | None, typer.Option(min=1, help="Photographs in each file of the set.", show_default="500")
    ] = None,
    without: Annotated[
        str | None, typer.Option(help="Ingredients to leave out, such as hair,occlusion; a wrong name lists them.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="A set or its manifest.json, to make the same again in place of these settings.")
    ] = None,
    any_versions: Annotated[
        bool, typer.Option("--any-versions", help="With --like: other versions of packages will do.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores unless given.")] = None,
    part: Annotated[str, typer.Option(help="Only a part, such as 2/8: the second machine of eight.")] = "1/1",
    engine: Annotated[EngineName, typer.Option(help="Processes of this machine, or Ray.")] = EngineName.processes,
    ray_address: Annotated[
        str | None,
        typer.Option(envvar="RAY_ADDRESS", help="Address of a Ray cluster; without it one is started on this machine."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="shards, or dad: the folders of DAD-3DHeads.", show_default="shards")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="With --layout dad: train, val or test.", show_default="train")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Also write a contact sheet, .jpg or .png, to this file.")] = None,
    sheet_count: Annotated[int, typer.Option(min=1, help="Photographs on the sheet, the first ones.")] = 48,
    sheet_columns: Annotated[
        int | None, typer.Option(min=1, help="Columns of the sheet.", show_default="about square")
    ] = None,
    sheet_side: Annotated[int, typer.Option(min=16, help="Side of a photograph on the sheet, pixels.")] = 192,
    labels: Annotated[bool, typer.Option("--labels", help="Show segmentation and landmarks on the sheet.")] = False,
) -> None:
    """Render synthetic photographs with exact labels. Run it again after an interruption: it goes on."""
    from headsynth.generator import Portion, generate_like, kept, make
    from headsynth.layouts import layout_name, layout_of
    from headsynth.record import record
    from headsynth.sheet import check_sheet, contact_sheet
    from trans3dhead.data.shards import SHARD_SIZE, read_manifest

    chosen, its_part = _engine(engine, workers, ray_address), Portion.parse(part)
    if like is not None:
        settings = {"count": count, "seed": seed, "size": size, "shard_size": shard_size, "without": without}
        _check_alone(**settings, kind=kind, layout=layout, split=split)
    place = layout_name(layout or "shards", split or "train") if like is None else read_manifest(like).layout
    if sheet is not None:
        check_sheet(sheet, place, labels)
    with _interruptible(output, place):
        if like is not None:
            generate_like(like, output, assets, chosen, its_part, any_versions)
        else:
            names = [name.strip() for name in (without or "").split(",") if name.strip()]
            shows = (kind or Kind.heads).value
            manifest = record(count or 20_000, assets, seed or 0, size, shard_size or SHARD_SIZE, names, shows)
            make(output, replace(manifest, layout=place), assets, chosen, its_part)
    if sheet is not None:
        contact_sheet(layout_of(place).folder(output), sheet, sheet_count, sheet_columns, sheet_side, labels)
    whole, of = kept(output, place)
    words = f"{whole} photographs" if whole == of else f"{whole} of {of} photographs; part {part} is whole"
    Console().print(f"{output}: {words}", highlight=False, markup=False, soft_wrap=True)


def _engine(name: EngineName, workers: int | None, address: str | None) -> "Engine":
    from headsynth.engines import Processes, Ray

    return Ray(workers, address) if name is EngineName.ray else Processes(workers)


def _check_alone(**settings: object) -> None:
    """Nothing may be given that --like gives."""
    if given := [f"--{name.replace('_', '-')}" for name, value in settings.items() if value is not None]:
        raise ValueError(f"like: the manifest says it already, leave out {', '.join(given)}")


@contextmanager
def _interruptible(output: Path, layout: str) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop at once and say what is kept."""
    from headsynth.generator import kept

    try:
        yield
    except KeyboardInterrupt as interrupt:
        whole, of = kept(output, layout)
        raise type(interrupt)(
            f"stopped; {whole} of {of} photographs are in whole shards, the same command goes on from there"
        ) from interrupt
