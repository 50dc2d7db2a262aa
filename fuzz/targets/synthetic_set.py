"""A synthetic set with one mutated file: its manifest, or its one shard."""

from pathlib import Path
from tempfile import TemporaryDirectory

from headsynth.layouts import layout_of
from toy_sets import toy_head, toy_set
from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dataset import HeadCrops, SampleKey, collate
from trans3dhead.data.scenes import SceneLabels
from trans3dhead.data.shards import MANIFEST, ShardedSet, read_manifest, shard_path
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.evaluation.set_description import describe_set, description_tables
from trans3dhead.evaluation.synthetic import true_heads

with TemporaryDirectory() as _name:
    _HEAD_MODEL = toy_head(Path(_name))
    _SET = toy_set(Path(_name), _HEAD_MODEL, 2)
    _FILES = {path.name: path.read_bytes() for path in (_SET / MANIFEST, shard_path(_SET, 0))}


def seeds() -> list[bytes]:
    """The manifest and the shard."""
    return list(_FILES.values())


def read(data: bytes, folder: Path) -> None:
    """As training, `evaluate synthetic` and `synth --describe` read it."""
    changed = MANIFEST if data.lstrip()[:1] == b"{" else shard_path(_SET, 0).name
    for name, content in (_FILES | {changed: data}).items():
        (folder / name).write_bytes(content)
    layout_of(read_manifest(folder).layout)
    description = describe_set(folder)
    description_tables(description)
    description.to_json()
    photographs = ShardedSet(folder)
    photographs.check(_HEAD_MODEL)
    for index in range(len(photographs)):
        photographs.image(index)
        photographs.segmentation(index)
        SceneLabels(_HEAD_MODEL)(photographs.heads(index))
    list(true_heads(photographs, _HEAD_MODEL))
    plain = HeadCrops(photographs, _HEAD_MODEL, 32)
    augmented = HeadCrops(photographs, _HEAD_MODEL, 32, Augmentation(STRONG))
    samples = [plain[number] for number in range(len(plain))]
    samples += [augmented[SampleKey(0, number)] for number in range(len(plain))]
    targets_from_annotations(collate(samples), _HEAD_MODEL)
