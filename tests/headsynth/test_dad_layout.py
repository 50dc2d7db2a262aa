"""Sets in the folders of DAD-3DHeads: our own reader and the benchmark take them as theirs."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from labelled import labelled_vertices

from headsynth import generate
from headsynth.dad_layout import DADLayout, mesh_annotation
from headsynth.dresser import Dresser
from headsynth.generator import generate_like
from headsynth.photograph import Studio
from headsynth.sheet import check_sheet
from headsynth.wear.wardrobe import Wardrobe
from one_process import OneProcess
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.dad3dheads import read_mesh, read_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.dad3dheads import open_ground_truth
from trans3dhead.evaluation.head_alignment import score_head_alignment
from trans3dhead.evaluation.predictions import read_predictions
from trans3dhead.head_model import SEVEN_LANDMARKS, HeadModel, topology_of

SETTINGS = {"count": 5, "seed": 3, "size": 64, "shard_size": 2}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dad")
    generate(folder, layout="dad", split="val", engine=OneProcess(), sheet=folder / "sheet.png", **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def labels(wardrobe: Wardrobe, dresser: Dresser) -> list[HeadAnnotation]:
    """Of the same photographs."""
    studio = Studio(wardrobe, 64, dresser=dresser)
    return [studio.photograph(3, index).annotation for index in range(5)]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_reader_finds_every_head_with_its_attributes(written: Path, labels: list[HeadAnnotation]) -> None:
    heads, unreadable = read_split(written, "val")
    assert not unreadable
    assert [head.id for head in heads] == [f"{index:09d}" for index in range(5)]
    for head, label in zip(heads, labels, strict=True):
        np.testing.assert_allclose(head.box, label.box)
        assert set(head.attributes) == {
            *("quality", "gender", "expression", "age", "occlusions", "pose", "standard light")
        }
        assert head.attributes["pose"] == label.attributes["pose"]
        assert head.attributes["expression"] == label.attributes["expressive"]


def test_meshes_project_as_the_annotations_do(written: Path, labels: list[HeadAnnotation]) -> None:
    model = HeadModel.shipped("anny")
    for head, label in zip(read_split(written, "val")[0], labels, strict=True):
        mesh, points = read_mesh(head.annotation), labelled_vertices(model, label)
        expected = label.focal * points[:, :2] / points[:, 2:] + label.principal_point
        np.testing.assert_allclose(mesh.project(mesh.vertices, 64.0), expected, atol=1e-3)
        np.testing.assert_allclose(mesh.rotation, label.rotation, atol=1e-12)
        np.testing.assert_allclose(mesh.camera_vertices, points, atol=1e-6)


def test_the_principal_point_counts_from_the_top(labels: list[HeadAnnotation]) -> None:
    """OpenGL's pixels count from the bottom: a picture that is not square would show a mistake."""
    model, head = HeadModel.shipped("anny"), labels[0]
    wide = HeadAnnotation(**{**vars(head), "image_size": (120, 64), "principal_point": np.array([70.0, 11.0])})
    mesh, points = mesh_annotation(wide, model), labelled_vertices(model, wide)
    expected = wide.focal * points[:, :2] / points[:, 2:] + wide.principal_point
    np.testing.assert_allclose(mesh.project(mesh.vertices, 64.0), expected, atol=1e-3)


def test_a_submission_made_from_the_truth_scores_perfectly(written: Path, tmp_path: Path) -> None:
    topology = topology_of(HeadModel.shipped("anny").numpy())
    truths = [truth.true_head(topology) for truth in open_ground_truth(None, written, "val").heads()]
    submission = {
        truth.id: {
            "68_landmarks_2d": truth.landmarks.tolist(),
            "N_landmarks_3d": truth.vertices.tolist(),
            "7_landmarks_3d": topology.landmarks(truth.vertices)[list(SEVEN_LANDMARKS)].tolist(),
            "rotation_matrix": truth.rotation.tolist(),
        }
        for truth in truths
    }
    (tmp_path / "submission.json").write_text(json.dumps(submission))
    report = score_head_alignment(truths, topology, read_predictions(tmp_path / "submission.json"), "truth")
    assert not report.problems
    assert len(report.samples) == 5
    for key in ("nme", "pose_error", "chamfer"):
        np.testing.assert_allclose(report.values[key], 0.0, atol=1e-6)
    for key in ("z5", "z5_paper"):  # a submission is read in float32, in which a few vertices are equally near
        np.testing.assert_allclose(report.values[key], 1.0, atol=1e-3)
    assert set(report.attributes) >= {"pose", "quality", "standard light"}


def test_a_killed_run_goes_on_and_ends_with_the_same_files(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of all heads, which makes a set whole, comes last."""
    done = []

    def dying(layout: DADLayout, folder: Path, unit: int, samples: list) -> None:
        if done:
            write(layout, folder, unit, samples[:1])  # killed before the unit's heads are listed
            (folder / f"heads-{unit:06d}.json").unlink()
            raise KeyboardInterrupt
        done.append(unit)
        write(layout, folder, unit, samples)

    write = DADLayout.write
    monkeypatch.setattr(DADLayout, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, layout="dad", split="val", engine=OneProcess(), **SETTINGS)
    folder = DADLayout("val").folder(tmp_path)
    with pytest.raises(ValueError, match=r"val\.json"):
        read_split(tmp_path, "val")
    first = folder / "images" / "000000000.png"
    stamp = first.stat().st_mtime_ns
    monkeypatch.setattr(DADLayout, "write", write)
    generate(tmp_path, layout="dad", split="val", engine=OneProcess(), **SETTINGS)
    assert first.stat().st_mtime_ns == stamp
    assert _bytes(folder) == _bytes(DADLayout("val").folder(written))


def test_a_whole_set_is_left_alone_and_another_refused(written: Path) -> None:
    before = _bytes(written)
    generate(written, layout="dad", split="val", engine=OneProcess(), **SETTINGS)
    assert _bytes(written) == before
    with pytest.raises(ValueError, match=r"made with other settings.*seed"):
        generate(written, layout="dad", split="val", engine=OneProcess(), **{**SETTINGS, "seed": 4})
    with pytest.raises(ValueError, match=r"layout 'dad/val'"):
        ShardedSet(DADLayout("val").folder(written))


def test_its_manifest_makes_it_again(written: Path, tmp_path: Path) -> None:
    folder = DADLayout("val").folder(written)
    generate_like(folder, tmp_path, engine=OneProcess())
    assert _bytes(DADLayout("val").folder(tmp_path)) == _bytes(folder)


def test_wrong_choices_are_listed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"layout: expected one of shards, dad, got 'coco'"):
        generate(tmp_path, layout="coco", **SETTINGS)
    with pytest.raises(ValueError, match=r"split: expected one of train, val, test, got 'valid'"):
        generate(tmp_path, layout="dad", split="valid", **SETTINGS)
    with pytest.raises(ValueError, match=r"labels: expected the layout shards"):
        check_sheet(tmp_path / "sheet.png", "dad/val", labels=True)
    assert not list(tmp_path.iterdir())


def test_the_sheet_shows_its_photographs(written: Path) -> None:
    sheet = cv2.imread(str(written / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 192, 3 * 192, 3)
