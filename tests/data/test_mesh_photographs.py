"""DAD-3DHeads as a training set, against synthetic heads written in its layout by the formulas of OpenGL."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from toy_dad import opengl, toy_split
from toy_sets import random_head, toy_head
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dataset import HeadCrops, Sample, SampleKey, collate
from trans3dhead.data.mesh_photographs import DAD3DHeads, MeshHead, is_split
from trans3dhead.data.targets import AnnotatedBatch, MeshBatch, crop_rotation, targets_from_annotations
from trans3dhead.geometry.cameras import Pinhole
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import HeadModel

COUNT, SIZE = 5, (96, 80)


@pytest.fixture(scope="module")
def head_model(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return toy_head(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def known(head_model: HeadModel) -> list[HeadAnnotation]:
    rng = np.random.default_rng(3)
    return [random_head(head_model, rng, SIZE) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory, head_model: HeadModel, known: list[HeadAnnotation]) -> Path:
    """The heads as DAD-3DHeads would have them."""
    return toy_split(tmp_path_factory.mktemp("dad") / "DAD-3DHeadsDataset" / "train", head_model, known)


def batches(known: list[HeadAnnotation], meshes: list[MeshHead], roll: float = 0.0) -> tuple[AnnotatedBatch, MeshBatch]:
    """The same crops with both kinds of label."""
    pixels = np.zeros((1, 1, 3), np.uint8)
    affines = [Crop.around(head.box, 1, 0.1, roll).affine for head in known]
    compact, mesh = (
        collate([Sample(pixels, head, affine) for head, affine in zip(heads, affines, strict=True)])
        for heads in (known, meshes)
    )
    assert isinstance(compact, AnnotatedBatch)
    assert isinstance(mesh, MeshBatch)
    return compact, mesh


@pytest.mark.parametrize("roll", [0.0, 25.0])
def test_its_targets_are_those_of_the_same_heads(
    split: Path, known: list[HeadAnnotation], head_model: HeadModel, roll: float
) -> None:
    photographs = DAD3DHeads(split)
    compact, mesh = batches(known, [photographs.heads(i)[0] for i in range(COUNT)], roll)
    expected, got = (targets_from_annotations(batch, head_model) for batch in (compact, mesh))
    for name in ("vertices", "projected", "landmarks", "box_size"):
        torch.testing.assert_close(getattr(got, name), getattr(expected, name), atol=2e-5, rtol=1e-4)
    assert (got.landmark_mask == expected.landmark_mask).all()
    assert not got.has_coefficients.any()
    # Relative to the photograph's camera, not to the ray through the face: that is what the benchmark compares.
    linear, shift = compact.affine[:, :, :2], compact.affine[:, :, 2]
    face = torch.linalg.solve(linear, expected.landmarks.mean(dim=1) - shift)
    ray = crop_rotation(Pinhole(compact.focal, compact.principal_point), compact.affine, face)
    turned = torch.linalg.solve(ray, expected.rotation)
    angle = torch.deg2rad(torch.tensor(roll))
    turn = torch.tensor([[angle.cos(), -angle.sin(), 0.0], [angle.sin(), angle.cos(), 0.0], [0.0, 0.0, 1.0]])
    linear = mesh.affine[:, :, :2] / torch.linalg.det(mesh.affine[:, :, :2]).sqrt()[:, None, None]
    torch.testing.assert_close(linear.abs(), turn[:2, :2].abs().expand_as(linear), atol=1e-5, rtol=0)
    upright = torch.zeros(COUNT, 3, 3)
    upright[:, :2, :2], upright[:, 2, 2] = linear, 1.0
    torch.testing.assert_close(got.rotation, upright @ turned, atol=1e-5, rtol=0)


def test_a_mirror_image_is_that_of_the_same_head(
    split: Path, known: list[HeadAnnotation], head_model: HeadModel
) -> None:
    photographs = DAD3DHeads(split)
    flipped = [head.mirrored(head_model) for head in known]
    compact, mesh = batches(flipped, [photographs.heads(i)[0].mirrored(head_model) for i in range(COUNT)])
    expected, got = (targets_from_annotations(batch, head_model) for batch in (compact, mesh))
    for name in ("vertices", "projected", "landmarks"):
        torch.testing.assert_close(getattr(got, name), getattr(expected, name), atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(mesh.rotation, compact.rotation, atol=1e-5, rtol=0)
    twice = photographs.heads(0)[0].mirrored(head_model).mirrored(head_model)
    np.testing.assert_allclose(twice.projection, photographs.heads(0)[0].projection, atol=1e-9)


def test_its_samples_come_through_the_same_crops(split: Path, head_model: HeadModel) -> None:
    photographs = DAD3DHeads(split)
    photographs.check(head_model)
    plain = HeadCrops(photographs, head_model, 32)
    augmented = HeadCrops(photographs, head_model, 32, Augmentation(STRONG), seed=1)
    batch = collate([plain[0], augmented[SampleKey(0, 1)], augmented[SampleKey(3, 4)]])
    assert isinstance(batch, MeshBatch)
    assert batch.crops.shape == (3, 3, 32, 32)
    assert torch.isfinite(targets_from_annotations(batch, head_model).parameters).all()


def test_a_matrix_that_scales_gives_a_rotation(
    split: Path, known: list[HeadAnnotation], head_model: HeadModel, tmp_path: Path
) -> None:
    folder = tmp_path / "train"
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True)
    content = opengl(known[0], head_model)
    content["model_view_matrix"] = (np.diag([2.0, 2.0, 2.0, 1.0]) @ np.array(content["model_view_matrix"])).tolist()
    (folder / "annotations" / "head0.json").write_text(json.dumps(content))
    (folder / "images" / "head0.png").write_bytes((split / "images" / "head0.png").read_bytes())
    (folder / "train.json").write_text(json.dumps([{"item_id": "head0", "bbox": known[0].box.tolist()}]))
    head = DAD3DHeads(folder).heads(0)[0]
    np.testing.assert_allclose(head.rotation, known[0].rotation, atol=1e-9)


def test_another_topology_is_refused(split: Path) -> None:
    with pytest.raises(ValueError, match=r"head0\.json: expected the 4570 vertices of head model 'anny', got 54"):
        DAD3DHeads(split).check(HeadModel.shipped())


def test_one_mesh_of_another_topology_is_refused(split: Path, head_model: HeadModel, tmp_path: Path) -> None:
    copy = shutil.copytree(split, tmp_path / "train")
    path = copy / "annotations" / "head1.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"vertices": content["vertices"][:-1]}))
    photographs = DAD3DHeads(copy)
    photographs.check(head_model)
    with pytest.raises(ValueError, match=r"head1\.json: expected the 54 vertices of head model 'toy', got 53"):
        photographs.heads(1)


def test_the_test_split_has_nothing_to_train_on(split: Path, tmp_path: Path) -> None:
    folder = tmp_path / "test"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "head0.png").write_bytes((split / "images" / "head0.png").read_bytes())
    (folder / "test.json").write_text(json.dumps([{"item_id": "head0", "bbox": [1, 2, 3, 4]}]))
    with pytest.raises(ValueError, match="its annotations are not public; train on the split `train`"):
        DAD3DHeads(folder)


def test_both_kinds_of_label_do_not_mix(split: Path, known: list[HeadAnnotation]) -> None:
    pixels, affine = np.zeros((1, 1, 3), np.uint8), np.eye(3)[:2]
    mixed = [Sample(pixels, known[0], affine), Sample(pixels, DAD3DHeads(split).heads(0)[0], affine)]
    with pytest.raises(ValueError, match="got a batch with both"):
        collate(mixed)


def test_what_is_a_split(split: Path, tmp_path: Path) -> None:
    assert is_split(split)
    assert not is_split(tmp_path)
