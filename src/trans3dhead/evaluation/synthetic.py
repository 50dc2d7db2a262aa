"""A benchmark of 3D head alignment that needs nobody's licence: synthetic photographs with exact labels.

The test set is fixed: 1,000 photographs of seed 1,000,003, whose identities no training set of another seed holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.shards import ShardedSet
from trans3dhead.data.targets import rotations_towards
from trans3dhead.evaluation.blendshapes import with_blendshapes
from trans3dhead.evaluation.expression import with_expression
from trans3dhead.evaluation.head_alignment import TrueHead, score_head_alignment
from trans3dhead.evaluation.pictures import TruthLookup
from trans3dhead.evaluation.predict import HeadToFind
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report
from trans3dhead.evaluation.synthetic_groups import groups_of_head, with_breakdowns
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.head_model import HeadModel, topology_of

TEST_SEED = 1_000_003
TEST_COUNT = 1_000
TEST_SIZE = 256  # pixels


def render_test_set(folder: Path, assets: Path | None) -> None:
    """Render the fixed test set; assets as for `trans3dhead synth`. Needs embreex."""
    from headsynth import generate

    generate(folder, TEST_COUNT, assets, TEST_SEED, TEST_SIZE)


def open_test_set(folder: Path) -> ShardedSet:
    """The photographs of a whole set; ValueError where shards are missing or there is no set."""
    return ShardedSet(folder)


def head_model_of(photographs: ShardedSet, own: HeadModel | None = None) -> HeadModel:
    """The head model of a set's labels: `own` where they are of it, else the one that ships under their name.

    Raises ValueError where neither is it.
    """
    if own is not None and own.geometry_hash == photographs.manifest.geometry_hash:
        return own
    of = "of" if own is None else f"not of {own.name!r} ({own.geometry_hash[:12]}) but of"
    head_model = HeadModel.shipped(photographs.manifest.head_model, f"the labels of {photographs.folder} are {of}")
    photographs.check(head_model)
    return head_model


def score_synthetic(photographs: ShardedSet, head_model: HeadModel, predictions: Predictions, title: str) -> Report:
    """The metrics of 3D head alignment and the pose error in degrees; by yaw and its sign, expression, glasses, light,
    and by skin tone, age and gender where the set records them; of predicted blendshapes the variance explained,
    and how far the points agree on expressions.

    head_model: that of the set's labels.
    """
    topology = topology_of(head_model.numpy())
    landmarks: dict[str, np.ndarray] = {}
    heads = _noting_landmarks(true_heads(photographs, head_model), landmarks)
    report = with_breakdowns(score_head_alignment(heads, topology, predictions, title))
    report = with_expression(report, landmarks, predictions)
    expressions = {photographs.key(index): photographs.heads(index)[0].expression for index in range(len(photographs))}
    report = with_blendshapes(report, expressions, head_model.expression_names, predictions)
    manifest = photographs.manifest
    fixed = (manifest.seed, manifest.count, manifest.image_size) == (TEST_SEED, TEST_COUNT, TEST_SIZE)
    note = f"{len(photographs)} photographs of seed {manifest.seed}, {'the' if fixed else 'not the'} fixed test set."
    return replace(report, notes=(*report.notes, note))


def true_heads(photographs: ShardedSet, head_model: HeadModel) -> Iterator[TrueHead]:
    """The first head of each photograph, its id the photograph's number."""
    for index in range(len(photographs)):
        yield true_head(photographs.key(index), photographs.heads(index)[0], head_model)


def _noting_landmarks(heads: Iterable[TrueHead], landmarks: dict[str, np.ndarray]) -> Iterator[TrueHead]:
    """The heads as they come, each one's (68, 2) landmarks put down by its id: meshes are kept one at a time."""
    for head in heads:
        landmarks[head.id] = head.landmarks
        yield head


def heads_to_find(photographs: ShardedSet) -> Iterator[HeadToFind]:
    """The first head of each photograph with its true box, for a predictor; its id is the photograph's number."""
    for index in range(len(photographs)):
        yield HeadToFind(photographs.key(index), photographs.image(index), photographs.heads(index)[0].box)


def truth_of_set(photographs: ShardedSet, head_model: HeadModel) -> TruthLookup:
    """Look up photographs by their numbers, for the sheets of worst cases."""
    indices = {photographs.key(index): index for index in range(len(photographs))}

    def true_picture(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        head = true_head(name, photographs.heads(indices[name])[0], head_model)
        return photographs.image(indices[name]), head.box, head.landmarks

    return true_picture


def true_head(name: str, head: HeadAnnotation, head_model: HeadModel) -> TrueHead:
    """The labelled head as the metrics take it.

    The rotation is relative to the ray through the face, as in training: what a crop shows of a head does not tell
    where in the photograph it was cut.
    """
    vertices = head.vertices(head_model)
    landmarks = head.landmarks(head_model)
    rotation = rotations_towards([head], landmarks.mean(axis=0)[None])[0]
    return TrueHead(
        id=name,
        box=head.box,
        landmarks=landmarks,
        vertices=vertices @ rotation.T,
        rotation=rotation,
        attributes=groups_of_head(head.attributes, float(euler_from_rotation(torch.from_numpy(rotation)[None])[0, 1])),
    )
