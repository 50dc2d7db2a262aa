"""A small head with mirror symmetry, and a set of small photographs of it, for tests of data and training."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.data.segments import Segment, encode_segmentation
from trans3dhead.data.shards import (
    Manifest,
    StoredSample,
    sample_annotation,
    sample_key,
    shard_path,
    write_manifest,
    write_shard,
)
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel, HeadModelMetadata, write_head_model
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.images import encode_jpeg

PAIRS, MIDDLE = 24, 6  # vertices: pairs first (left, right, left, ...), then those of the middle
MIRROR = np.concatenate((np.arange(2 * PAIRS).reshape(-1, 2)[:, ::-1].ravel(), 2 * PAIRS + np.arange(MIDDLE)))
SHAPE_MIRROR = np.array([1, 1, -1, -1])
EXPRESSION_MIRROR = np.array([1, 0, 2])


def toy_head(folder: Path) -> HeadModel:
    """54 vertices on an ellipsoid, 4 shapes (two of them antisymmetric), 3 expressions (two of them partners)."""
    rng = np.random.default_rng(1)
    vertices = len(MIRROR)
    points = rng.normal(size=(vertices, 3))
    points = symmetric(np.array([0.07, 0.11, 0.09]) * points / np.linalg.norm(points, axis=1, keepdims=True), 1)
    shapes = np.stack([symmetric(rng.normal(size=(vertices, 3)) / 200, sign) for sign in SHAPE_MIRROR])
    left = rng.normal(size=(vertices, 3)) / 100
    expressions = np.stack((left, mirrored(left), symmetric(rng.normal(size=(vertices, 3)) / 100, 1)))
    triangles, weights = landmark_embedding(rng)
    arrays = {
        "template": points,
        "triangles": triangles,
        "shape_basis": shapes,
        "expression_basis": expressions,
        "landmark_triangles": np.arange(68),
        "landmark_weights": weights,
        "subset_head": np.arange(44),
        "subset_face": np.arange(8, 40),
        "mirror": MIRROR,
        "shape_mirror": SHAPE_MIRROR,
        "expression_mirror": EXPRESSION_MIRROR,
    }
    path = folder / "toy.safetensors"
    metadata = HeadModelMetadata("toy", "none", "a random number generator", "0", ("left", "right", "both"), (0.0, 1.0))
    write_head_model(path, metadata, arrays)
    return HeadModel.load(path)


def mirrored(field: np.ndarray) -> np.ndarray:
    """The mirror image of a field of points or offsets on the vertices, (V, 3)."""
    return field[MIRROR] * [-1, 1, 1]


def symmetric(field: np.ndarray, sign: int) -> np.ndarray:
    """Its symmetric (sign 1) or antisymmetric (sign -1) part."""
    return (field + sign * mirrored(field)) / 2


def landmark_embedding(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(68, 3) triangles and (68, 3) weights, of which left and right are mirror images."""
    triangles, weights = np.zeros((68, 3), int), np.zeros((68, 3))
    for point, partner in enumerate(LANDMARK_MIRROR):
        if partner == point:
            corner = 2 * int(rng.integers(PAIRS))
            share = rng.uniform(0.1, 0.4)
            triangles[point] = corner, corner + 1, 2 * PAIRS + int(rng.integers(MIDDLE))
            weights[point] = share, share, 1 - 2 * share
        elif partner > point:
            triangles[point] = rng.permutation(2 * PAIRS)[:3]
            weights[point] = rng.dirichlet((1, 1, 1))
            triangles[partner], weights[partner] = MIRROR[triangles[point]], weights[point]
    return triangles, weights


def random_head(head_model: HeadModel, rng: np.random.Generator, size: tuple[int, int] = (96, 80)) -> HeadAnnotation:
    """A head anywhere in a photograph of a random camera."""
    width, height = size
    focal = float(rng.uniform(0.8, 2.0) * width)
    distance = focal * 0.22 / (0.6 * height)
    centre = rng.uniform(0.35, 0.65, size=2) * size
    principal = np.array([width / 2, height / 2]) + rng.normal(0, 2, size=2)
    translation = np.array([*((centre - principal) / focal * distance), distance])
    euler = torch.tensor(rng.normal(0, (15, 40, 15)))
    head = HeadAnnotation(
        shape=rng.normal(size=head_model.layout.shape).astype(np.float32),
        expression=rng.random(head_model.layout.expression).astype(np.float32),
        rotation=rotation_from_euler(euler).numpy(),
        translation=translation,
        focal=focal,
        principal_point=principal,
        image_size=size,
        box=np.zeros(4),
        attributes={"glasses": "no"},
    )
    boxes = (bounds(project(head_model, head)[head_model.subsets[name].numpy()]) for name in ("head", "face"))
    (seen,) = rng.spawn(1)  # draws nothing from the stream itself
    flags, share = seen.integers(0, len(Visibility), 68).astype(np.uint8), float(seen.random())
    box, face_box = boxes
    known = {"box": box, "face_box": face_box, "landmark_visibility": flags, "visible": share}
    return HeadAnnotation(**{**vars(head), **known})


def project(head_model: HeadModel, head: HeadAnnotation) -> np.ndarray:
    """(V, 2) pixels: the vertices of an annotated head in its photograph."""
    return head.project(head.vertices(head_model))


def paint(head_model: HeadModel, head: HeadAnnotation, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8: each vertex a dot of its own colour, on a random gray."""
    width, height = head.image_size
    picture = np.full((height, width, 3), int(rng.integers(40, 200)), np.uint8)
    colours = np.random.default_rng(0).integers(0, 256, size=(len(head_model.template), 3)).tolist()
    for (x, y), colour in zip(project(head_model, head), colours, strict=True):
        cv2.circle(picture, (round(x - 0.5), round(y - 0.5)), 2, colour, -1)
    return picture


def toy_classes(picture: np.ndarray) -> np.ndarray:
    """(H, W) uint8: skin wherever a picture of `paint` differs from its corner."""
    painted = (picture != picture[0, 0]).any(axis=2)
    return np.where(painted, Segment.SKIN, Segment.BACKGROUND).astype(np.uint8)


def toy_set(folder: Path, head_model: HeadModel, count: int, shard_size: int = 16, seed: int = 0) -> Path:
    """A synthetic set on disk."""

    def sample(index: int) -> StoredSample:
        rng = np.random.default_rng((seed, index))
        head = random_head(head_model, rng)
        picture = paint(head_model, head, rng)
        label, classes = sample_annotation(head_model.name, [head]), encode_segmentation(toy_classes(picture))
        return StoredSample(sample_key(index), encode_jpeg(picture), label, classes)

    return write_set(folder, Manifest(count, 96, head_model.name, head_model.geometry_hash, seed, shard_size), sample)


def write_set(folder: Path, manifest: Manifest, sample: Callable[[int], StoredSample]) -> Path:
    """A set on disk whose photograph of each number is `sample`'s."""
    write_manifest(folder, manifest)
    for shard in range(manifest.shards):
        write_shard(shard_path(folder, shard), [sample(index) for index in manifest.members(shard)])
    return folder


def one_shard_set(
    folder: Path,
    head_model: HeadModel,
    size: int,
    photographs: Sequence[tuple[bytes, Sequence[HeadAnnotation]]],
    **manifest: Any,
) -> Path:
    """A set in one shard: encoded photographs of `size` pixels with their heads; manifest: its other fields."""

    def sample(index: int) -> StoredSample:
        jpeg, heads = photographs[index]
        return StoredSample(sample_key(index), jpeg, sample_annotation(head_model.name, heads))

    return write_set(
        folder, Manifest(len(photographs), size, head_model.name, head_model.geometry_hash, **manifest), sample
    )
