"""Synthetic sets on disk: a folder with `manifest.json` and WebDataset shards.

A sample is `<key>.jpg`, `<key>.json` and, since format 2, `<key>.seg.png`; docs/synthetic-format.md tells each field.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta

from trans3dhead.data.annotations import HeadAnnotation, read_heads
from trans3dhead.data.segments import decode_segmentation
from trans3dhead.files import write_atomically
from trans3dhead.head_model import HeadModel
from trans3dhead.images import decode_photograph
from trans3dhead.reading.checked_json import read_json
from trans3dhead.reading.picture_sizes import size_in_header

FORMAT = "trans3dhead-synth-2"
READABLE = ("trans3dhead-synth-1", FORMAT)  # the first has no segmentation, visibility and face boxes
MANIFEST = "manifest.json"
SHARD_SIZE = 500  # photographs
_BLOCK = tarfile.BLOCKSIZE
_LONGEST = 2**24  # bytes of a manifest, which lists some hundred files

Count = Annotated[int, Meta(ge=1, le=10**9)]  # photographs; those of a set have keys of nine digits
Side = Annotated[int, Meta(ge=1, le=2**16)]  # pixels
Name = Annotated[str, Meta(max_length=100, pattern=r"^[^/\\\0]*$")]  # never a path


@dataclass(frozen=True)
class Manifest:
    """What a set is made of. Two sets with the same manifest hold the same photographs."""

    count: Count  # photographs in the whole set
    image_size: Side  # of each photograph
    head_model: Name  # the head model's name
    geometry_hash: str  # the head model's
    seed: int = 0
    shard_size: Count = SHARD_SIZE  # photographs in each shard, the last one may hold fewer
    generator: str = ""  # name and version of what made it
    without: list[str] = field(default_factory=list)  # ingredients that were left out
    assets: dict[str, str] = field(default_factory=dict)  # file -> hash
    versions: dict[str, str] = field(default_factory=dict)  # packages and platform -> version
    distribution: dict[str, Any] = field(default_factory=dict)  # part of the generator -> how it draws
    kind: str = "heads"  # or "scenes", in which every head is labelled, seen or not, and which may hold none
    layout: str = "shards"  # or dad/<split>: the folders of DAD-3DHeads, which data/dad3dheads.py reads
    format: str = FORMAT

    @property
    def shards(self) -> int:
        """How many shards the whole set has."""
        return -(-self.count // self.shard_size)

    def members(self, shard: int) -> range:
        """The indices of the photographs in a shard."""
        return range(shard * self.shard_size, min(self.count, (shard + 1) * self.shard_size))


class StoredSample(NamedTuple):
    """One photograph as a shard holds it."""

    key: str
    jpeg: bytes
    annotation: dict[str, Any]  # see `sample_annotation`
    segmentation: bytes | None = None  # a PNG of Segment's values, as large as the photograph


def sample_key(index: int) -> str:
    """The nine digits under which photograph `index` is stored."""
    return f"{index:09d}"


def shard_path(folder: Path, shard: int) -> Path:
    """Where a shard lies in its set."""
    return folder / f"shard-{shard:06d}.tar"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`, whole or not at all."""
    text = json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n"
    write_atomically(folder / MANIFEST, text.encode())


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a set's folder, or a manifest file.

    Raises ValueError where there is none, or where it is of another format.
    """
    path = Path(folder) if Path(folder).is_file() else Path(folder) / MANIFEST
    if not path.is_file():
        raise ValueError(
            f"{path}: expected the manifest of a synthetic set, found none; make one with `trans3dhead synth`"
        )
    remedy = "the set has to be rendered again"
    with path.open("rb") as file:
        text = file.read(_LONGEST + 1)
    found = read_json(text, _AnyManifest, str(path), longest=_LONGEST, remedy=remedy).format
    if found not in READABLE:
        raise ValueError(f"{path}: expected format {' or '.join(READABLE)}, got {found[:60]!r}; render the set again")
    return read_json(text, Manifest, str(path), longest=_LONGEST, remedy=remedy)


@dataclass(frozen=True)
class _AnyManifest:
    """What a manifest of any format says of itself."""

    format: str = ""


def write_shard(path: Path, samples: Iterable[StoredSample]) -> None:
    """Write samples to a tar, whole or not at all; equal samples give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for sample in samples:
            _add(tar, f"{sample.key}.jpg", sample.jpeg)
            _add(tar, f"{sample.key}.json", json.dumps(sample.annotation, separators=(",", ":")).encode())
            if sample.segmentation is not None:
                _add(tar, f"{sample.key}.seg.png", sample.segmentation)
    write_atomically(path, buffer.getvalue())


def sample_annotation(head_model: str, heads: Iterable[HeadAnnotation]) -> dict[str, Any]:
    """The annotation that lies as JSON beside a photograph; head_model: the head model's name."""
    return {"head_model": head_model, "heads": [head.to_json() for head in heads]}


class ShardedSet:
    """Random access to the photographs of a synthetic set, by the offsets of its tar members.

    It holds an index and no open file, so it can be pickled, forked and read from several processes.
    """

    def __init__(self, folder: Path, partial: bool = False) -> None:
        """partial: accept a set whose rendering has not ended, as many whole shards as there are."""
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        if self.manifest.layout != "shards":
            raise ValueError(
                f"{self.folder}: is in the layout {self.manifest.layout!r}, which "
                "trans3dhead.data.dad3dheads reads; render the set with the layout 'shards' for this"
            )
        self._shards: list[Path] = []
        self._coefficients: tuple[int, int] | None = None  # of shape and expression; None until `check`
        tables = []
        for shard in _shards_there(self.folder, self.manifest) if partial else range(self.manifest.shards):
            path = shard_path(self.folder, shard)
            if not path.is_file():
                raise ValueError(f"{path}: missing; the set has {self.manifest.shards} shards, render it to its end")
            tables.append(_index(path, self.manifest.members(shard), len(self._shards)))
            self._shards.append(path)
        if not tables:
            raise ValueError(f"{self.folder}: expected at least one shard-*.tar, found none")
        self._table = np.concatenate(tables)

    def __len__(self) -> int:
        return len(self._table)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels were made with this head model's geometry.

        From then on `heads` raises for labels with other numbers of coefficients than the head model's.
        """
        if self.manifest.geometry_hash != head_model.geometry_hash:
            raise ValueError(
                f"{self.folder}: its labels are of head model {self.manifest.head_model!r} "
                f"({self.manifest.geometry_hash[:12]}), the one in use is {head_model.name!r} "
                f"({head_model.geometry_hash[:12]}); render the set again or load the head model that it names"
            )
        self._coefficients = head_model.layout.shape, head_model.layout.expression

    def key(self, index: int) -> str:
        """The number of the photograph, nine digits."""
        return sample_key(int(self._table[index, 7]))

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph. Raises ValueError where its header says that it is larger than those of the set."""
        shard, offset, size = self._table[index, :3]
        return self._sized(self._read(shard, offset, size), f"{self.key(index)}.jpg")

    def image(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        try:
            return decode_photograph(self.jpeg(index))
        except ValueError as error:
            raise ValueError(
                f"{self.folder}: photograph {self.key(index)} is damaged ({error}); render its shard again"
            ) from error

    def heads(self, index: int) -> list[HeadAnnotation]:
        """The annotations of the photograph's heads."""
        shard, offset, size = self._table[index, [0, 3, 4]]
        where, remedy = f"{self._shards[shard]}: damaged annotation {self.key(index)}.json", "render the shard again"
        heads = read_heads(self._read(shard, offset, size), where, remedy)
        for head in heads:
            found = len(head.shape), len(head.expression)
            if found != (self._coefficients or found):
                wanted = " and ".join(map(str, self._coefficients or ()))
                raise ValueError(
                    f"{where}: expected {wanted} coefficients of shape and expression, got {found[0]} and {found[1]}; "
                    f"{remedy}"
                )
        return heads

    def segmentation(self, index: int) -> np.ndarray:
        """(H, W) uint8 of Segment: what the camera sees at each pixel. Raises ValueError for a set without any."""
        shard, offset, size = self._table[index, [0, 5, 6]]
        if not size:
            raise ValueError(
                f"{self.folder}: format {self.manifest.format} has no segmentation of {self.key(index)}; "
                f"render the set again for {FORMAT}"
            )
        png = self._sized(self._read(shard, offset, size), f"{self.key(index)}.seg.png")
        try:
            return decode_segmentation(png)
        except ValueError as error:
            raise ValueError(
                f"{self._shards[shard]}: damaged {self.key(index)}.seg.png ({error}); render the shard again"
            ) from error

    def _read(self, shard: int, offset: int, size: int) -> bytes:
        with self._shards[shard].open("rb") as file:
            file.seek(offset)
            data = file.read(size)
        if len(data) != size:
            raise ValueError(
                f"{self._shards[shard]}: expected {size} bytes at {offset}, got {len(data)}; render it again"
            )
        return data

    def _sized(self, picture: bytes, name: str) -> bytes:
        """The same picture, before it is decoded: some bytes can stand for gigabytes of pixels."""
        size, side = size_in_header(picture), self.manifest.image_size
        if size is not None and max(size) > side:
            raise ValueError(
                f"{self.folder}: {name}: expected {side} × {side} pixels, as the manifest says, its header says "
                f"{size[0]} × {size[1]}; render its shard again"
            )
        return picture


def _shards_there(folder: Path, manifest: Manifest) -> list[int]:
    """The numbers of the shards that are rendered already, of those that the manifest tells of."""
    numbers = (path.stem.removeprefix("shard-") for path in folder.glob("shard-*.tar"))
    there = sorted(int(number) for number in numbers if number.isascii() and number.isdecimal())
    return [number for number in there if number < manifest.shards and shard_path(folder, number).is_file()]


def _index(path: Path, numbers: range, shard: int) -> np.ndarray:
    """(N, 8) int64: shard, offset and size of the JPEG, the JSON and the PNG (0, 0: none), number of the photograph."""
    try:
        members = {name: place for name, *place in _members(path)}
    except (tarfile.TarError, ValueError) as error:
        raise ValueError(f"{path}: damaged shard ({error}); delete it and render it again") from error
    rows = []
    for number in numbers:
        key = sample_key(number)
        jpeg, label, classes = (members.get(f"{key}{ending}") for ending in (".jpg", ".json", ".seg.png"))
        if jpeg is None or label is None:
            raise ValueError(f"{path}: damaged shard, photograph {key} is not whole; delete it and render it again")
        rows.append((shard, *jpeg, *label, *(classes or (0, 0)), number))
    return np.array(rows, dtype=np.int64)


def _members(path: Path) -> Iterator[tuple[str, int, int]]:
    """The name, offset and size of each plain file in a tar.

    Header by header, since TarFile believes whatever sizes they say: a negative one makes it read the same header for
    ever. Nothing is allocated by them here, and one that leads out of the file is a ValueError.
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        while any(header := file.read(_BLOCK)):  # blocks of zeros end a tar
            member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
            offset = file.tell()
            if not 0 <= member.size <= length - offset:
                raise ValueError(f"{member.name[:60]!r} of {member.size} bytes at {offset} is not in it")
            if member.isreg():
                yield member.name, offset, member.size
            file.seek(-(-member.size // _BLOCK) * _BLOCK, io.SEEK_CUR)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)  # time and owner stay zero, so that the bytes depend on the samples alone
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
