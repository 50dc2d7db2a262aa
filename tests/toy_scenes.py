"""Small scenes, without a renderer: heads are drawn as ellipses with a nose, on clutter of straight edges."""

from pathlib import Path

import cv2
import numpy as np
import torch

from toy_sets import project, write_set
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.shards import Manifest, StoredSample, sample_annotation, sample_key
from trans3dhead.geometry.boxes import bounds, iou
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.images import encode_jpeg

SIZE = 96  # pixels
_FOCAL = 120.0


def toy_scenes(folder: Path, head_model: HeadModel, count: int, seed: int = 0, shard_size: int = 16) -> Path:
    """A set of scenes on disk; the third and every fifth after it hold nobody."""

    def sample(index: int) -> StoredSample:
        rng = np.random.default_rng((seed, index))
        heads = [] if index % 5 == 2 else scene_heads(head_model, rng)
        jpeg, label = encode_jpeg(paint_scene(heads, rng)), sample_annotation(head_model.name, heads)
        return StoredSample(sample_key(index), jpeg, label)

    name, geometry = head_model.name, head_model.geometry_hash
    return write_set(folder, Manifest(count, SIZE, name, geometry, seed, shard_size, kind="scenes"), sample)


def scene_heads(head_model: HeadModel, rng: np.random.Generator) -> list[HeadAnnotation]:
    """One to three heads of 16 to 70 pixels that hardly overlap, turned anyhow; each wholly visible or half so."""
    heads: list[HeadAnnotation] = []
    for _ in range(int(rng.integers(1, 4))):
        head = scene_head(head_model, rng)
        if all(iou(head.box, other.box) < 0.05 for other in heads):
            heads.append(head)
    return heads


def scene_head(head_model: HeadModel, rng: np.random.Generator) -> HeadAnnotation:
    """One head anywhere in the frame."""
    depth = _FOCAL * 0.22 / np.exp(rng.uniform(np.log(18), np.log(70)))
    centre = rng.uniform(0.1, 0.9, 2) * SIZE
    euler = torch.tensor([rng.normal(0, 10), rng.uniform(-180, 180), rng.normal(0, 10)], dtype=torch.float64)
    head = HeadAnnotation(
        shape=0.3 * rng.normal(size=head_model.layout.shape).astype(np.float32),
        expression=np.zeros(head_model.layout.expression, np.float32),
        rotation=rotation_from_euler(euler).numpy(),
        translation=np.array([*((centre - SIZE / 2) / _FOCAL * depth), depth]),
        focal=_FOCAL,
        principal_point=np.array([SIZE / 2, SIZE / 2]),
        image_size=(SIZE, SIZE),
        box=np.zeros(4),
        visible=float(rng.choice([1.0, 0.5])),
    )
    box = bounds(project(head_model, head)[head_model.subsets["head"].numpy()])
    return HeadAnnotation(**{**vars(head), "box": box})


def paint_scene(heads: list[HeadAnnotation], rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) uint8 RGB: bluish rectangles, and in each head's box an ellipse of skin with a dark nose."""
    picture = np.full((SIZE, SIZE, 3), (90, 110, 140), np.uint8)
    for _ in range(6):
        x, y, w, h = rng.integers(0, SIZE, 4)
        colour = (int(rng.integers(0, 80)), int(rng.integers(40, 160)), int(rng.integers(100, 255)))
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w // 3), int(y + h // 3)), colour, -1)
    for head in sorted(heads, key=lambda each: -each.translation[2]):
        x, y, w, h = head.box
        middle = np.array([x + w / 2, y + h / 2])
        cv2.ellipse(picture, ((middle[0] - 0.5, middle[1] - 0.5), (w, h), 0.0), (230, 170, 140), -1)
        nose = head.rotation[:, 2]
        if nose[2] < 0:  # towards the camera
            at = middle + 0.35 * np.array([w, h]) * nose[:2]
            cv2.circle(picture, (round(at[0] - 0.5), round(at[1] - 0.5)), max(1, round(0.1 * w)), (90, 30, 30), -1)
    return picture
