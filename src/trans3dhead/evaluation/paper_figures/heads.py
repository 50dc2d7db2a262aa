"""The heads that figures show: of a synthetic set, DAD-3DHeads, AFLW2000-3D, one's own set, or plain photographs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from trans3dhead.data.annotated_photographs import (
    AnnotatedHead,
    read_aflw2000,
    read_annotations_json,
    read_pts,
)
from trans3dhead.data.dad3dheads import SPLITS, DADHead, read_mesh, read_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.predictions import PredictedHead, completed
from trans3dhead.evaluation.synthetic import head_model_of, true_head
from trans3dhead.head_model import HeadModel, NumpyHeadModel, topology_of
from trans3dhead.images import find_photographs, read_photograph
from trans3dhead.inference import Predictor, head_box_from_landmarks


@dataclass(frozen=True, eq=False)
class PicturedHead:
    """One head of one photograph."""

    id: str  # of its set; of a photograph without annotation the file's stem
    photograph: np.ndarray  # (H, W, 3) uint8 RGB
    box: np.ndarray  # (4,) [x, y, w, h] pixels, the head box
    truth: PredictedHead | None  # what its set says of it; None for a photograph without annotation


_Entry = tuple[str, Callable[[], PicturedHead]]  # an id, and what opens the head


def read_heads(
    sources: Sequence[Path], count: int, ids: Sequence[str] = (), own: HeadModel | None = None
) -> Iterator[PicturedHead]:
    """The first `count` heads of the sources, or those with these ids, in the order of `ids`.

    sources: photographs, folders of them and sets; of a photograph without annotation the largest head that we find.
    own: the head model of a set's labels where it does not ship. Photographs are opened one at a time.
    Raises ValueError for an id that no source has or that two heads have, and for a photograph without a head.
    """
    entries = _distinct(entry for source in sources for entry in _entries(source, own))
    if not ids:
        for _, (_, opened) in zip(range(count), entries, strict=False):
            yield opened()
        return
    found = {name: opened for name, opened in entries if name in ids}
    if missing := [name for name in ids if name not in found]:
        raise ValueError(f"head: expected ids that {', '.join(map(str, sources))} hold, got {', '.join(missing)}")
    for name in ids:
        yield found[name]()


def _distinct(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """The same entries; systems answer by ids, so that two of one name would be drawn with one answer."""
    known = set()
    for name, opened in entries:
        if name in known:
            raise ValueError(
                f"{name}: two heads of the figure are called so; leave one out, or give its file another name"
            )
        known.add(name)
        yield name, opened


def _entries(source: Path, own: HeadModel | None) -> Iterable[_Entry]:
    """What a source holds, by what lies in it."""
    if (source / "manifest.json").is_file():
        return _of_synthetic(ShardedSet(source), own)
    if source.name in SPLITS and (source / f"{source.name}.json").is_file():
        return ((head.id, partial(_of_dad, head, own)) for head in read_split(source.parent, source.name)[0])
    if (source / "annotations.json").is_file():
        return _of_annotated(read_annotations_json(source)[0])
    if source.is_dir() and any(source.glob("*.mat")):
        return _of_annotated(read_aflw2000(source)[0])
    if source.is_dir() and any(source.glob("*.pts")):
        return _of_annotated(read_pts(source)[0])
    return ((path.stem, partial(_of_photograph, path)) for path in find_photographs([source]))


def _of_synthetic(photographs: ShardedSet, own: HeadModel | None) -> Iterator[_Entry]:
    head_model = head_model_of(photographs, own)
    for index in range(len(photographs)):
        yield photographs.key(index), partial(_of_sample, photographs, index, head_model)


def _of_sample(photographs: ShardedSet, index: int, head_model: HeadModel) -> PicturedHead:
    head = true_head(photographs.key(index), photographs.heads(index)[0], head_model)
    truth = PredictedHead(rotation=head.rotation, landmarks=head.landmarks, vertices=head.vertices)
    return PicturedHead(head.id, photographs.image(index), head.box, completed(truth))


def _of_dad(head: DADHead, own: HeadModel | None) -> PicturedHead:
    """Landmarks are known where `own` is of the annotation's topology, and nothing of the test split."""
    photograph = read_photograph(head.photograph)
    if head.annotation is None:
        return PicturedHead(head.id, photograph, head.box, None)
    mesh = read_mesh(head.annotation)
    landmarks = None
    if own is not None and len(own.template) == len(mesh.vertices):
        points = topology_of(own.numpy()).landmarks(mesh.vertices)
        landmarks = mesh.project(points, float(photograph.shape[0]))
    truth = PredictedHead(rotation=mesh.rotation, landmarks=landmarks, vertices=mesh.camera_vertices)
    return PicturedHead(head.id, photograph, head.box, completed(truth))


def _of_annotated(heads: Iterable[AnnotatedHead]) -> Iterator[_Entry]:
    head_model = NumpyHeadModel.shipped()
    return ((head.id, partial(_of_landmarks, head, head_model)) for head in heads)


def _of_landmarks(head: AnnotatedHead, head_model: NumpyHeadModel) -> PicturedHead:
    box = head_box_from_landmarks(head.landmarks, head_model)
    truth = completed(PredictedHead(euler=head.pose, landmarks=head.landmarks))
    return PicturedHead(head.id, read_photograph(head.photograph), box, truth)


def _of_photograph(path: Path) -> PicturedHead:
    photograph = read_photograph(path)
    found = _finder()(photograph)
    if not found:
        raise ValueError(f"{path}: expected a photograph with a head, we find none in it; leave it out")
    return PicturedHead(path.stem, photograph, found[0].box, None)


@lru_cache(maxsize=1)
def _finder() -> Predictor:
    """What finds heads where no annotation says where they are: the default network, whatever the figure compares."""
    return Predictor()
