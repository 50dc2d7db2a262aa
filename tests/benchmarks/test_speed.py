"""Rows, references, what is left out and why. Nothing here looks at how long anything takes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from paths import ASTRONAUT, REPOSITORY
from small_networks import LAYOUT, SMALL, small_network
from trans3dhead.benchmarks import our_rows
from trans3dhead.benchmarks.candidates import ALIGNER, NETWORK, PHOTOGRAPH, TRACKED, Candidate, Label, sorted_out
from trans3dhead.benchmarks.mediapipe_mesh import NAME, mediapipe_rows
from trans3dhead.benchmarks.peers import FromCrops, dad3dnet_like, peer_rows
from trans3dhead.benchmarks.pictures import USUAL, scaled_to
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.runtimes import OpenVinoGraph
from trans3dhead.benchmarks.speed import SpeedSettings, measure_speed, rows_of
from trans3dhead.images import read_photograph
from trans3dhead.inference.aligners import open_aligner
from trans3dhead.networks.alignment import DAD3DNetConfig, PooledConfig, build, config_from_dict, save_checkpoint
from trans3dhead.weights.shipped import shipped_folder


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A small network with random weights."""
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, small_network().float(), "none", "0")
    return path


def label(work: str, name: str, runtime: str = "onnx", threads: int | None = 1, batch: int = 1) -> Label:
    return Label(work, name, runtime, threads, batch)


def test_a_row_is_compared_with_the_first_of_the_same_work_threads_and_batch():
    labels = [
        label(ALIGNER, "a"),
        label(ALIGNER, "b", "torch"),
        label(ALIGNER, "a", threads=2),
        label(ALIGNER, "b", "torch", threads=2),
        label(ALIGNER, "a", batch=32),
        label(ALIGNER, "other", "its own", None),
    ]
    rows = rows_of(labels, [[1.0, 2.0], [3.0, 6.0], [4.0, 4.0], [2.0, 2.0], [9.0, 9.0], [0.5, 1.0]])
    assert [row.ratio.median for row in rows] == [1, 3, 1, 0.5, 1, 0.5]
    assert rows[1].milliseconds.median == 4500
    assert rows[1].seconds == [3.0, 6.0]


def test_networks_of_recipes_run_alone_with_random_weights(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("trans3dhead.benchmarks.peers.missing_exporter", lambda: ["onnx"])  # no export: it takes long
    recipes = tuple(str(REPOSITORY / "recipes" / f"ablation-smoke{end}.yaml") for end in ("", "-dad3dnet"))
    rows, left_out = measure_speed(
        SpeedSettings(ASTRONAUT, models=recipes, threads=(1,), batches=(1, 2), rounds=1, calls=1, pause=0.0)
    )
    assert [entry.what for entry in left_out] == ["networks alone under onnx and openvino"]
    names = ("ablation-smoke", "ablation-smoke-dad3dnet")
    assert [row.label for row in rows] == [label(NETWORK, n, "torch", batch=b) for b in (1, 2) for n in names]


def test_networks_alone_are_compared_within_their_runtime():
    labels = [label(NETWORK, name, runtime) for runtime in ("onnx", "torch") for name in ("ours", "theirs")]
    rows = rows_of(labels, [[1.0], [2.0], [10.0], [30.0]])
    assert [row.ratio.median for row in rows] == [1, 2, 1, 3]


def test_what_is_left_out_is_said_once():
    candidates, left_out = sorted_out([LeftOut("a", "b"), LeftOut("a", "b"), LeftOut("a", "c")])
    assert (candidates, left_out) == ([], [LeftOut("a", "b"), LeftOut("a", "c")])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"works": ("detector", "walking")}, "expected some of detector, aligner, photograph, tracked, got walking"),
        ({"models": ()}, "models: expected one or more"),
        ({"threads": (1, 0)}, "expected 1 or more"),
        ({"rounds": 0}, "expected 1 or more"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict, words: str):
    with pytest.raises(ValueError, match=words):
        SpeedSettings(ASTRONAUT, **wrong)


def test_the_usual_photograph_is_filled_from_the_top():
    image = np.zeros((100, 100, 3), np.uint8)
    image[:40] = 200
    scaled = scaled_to(image, USUAL)
    assert scaled.shape == (480, 640, 3)
    assert (scaled[:200] == 200).all()
    assert (scaled[300:] == 0).all()


def test_an_onnx_file_runs_under_onnx_alone(tmp_path: Path):
    shipped = shipped_folder() / "small.onnx"
    assert our_rows.file_for(str(shipped), "onnx", None, tmp_path) == shipped
    assert our_rows.file_for("small", "onnx", None, tmp_path) == shipped
    assert our_rows.file_for("small", "torch", None, tmp_path) == shipped.with_suffix(".safetensors")
    refused = our_rows.file_for(str(shipped), "torch", None, tmp_path)
    assert isinstance(refused, LeftOut)
    assert "PyTorch cannot run" in refused.why


def test_a_checkpoint_is_not_exported_where_the_exporter_is_missing(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(our_rows, "missing_exporter", lambda: ["onnxscript"])
    refused = our_rows.file_for(str(checkpoint), "onnx", None, tmp_path)
    assert isinstance(refused, LeftOut)
    assert refused.why.endswith("needs onnxscript")


def test_the_aligner_is_measured_under_each_runtime():
    settings = SpeedSettings(ASTRONAUT, works=(ALIGNER,), threads=(1,), batches=(1, 2), rounds=1, calls=1, pause=0)
    rows, _ = measure_speed(settings)
    found = {(row.label.name, row.label.runtime, row.label.batch) for row in rows}
    assert found >= {("small", runtime, batch) for runtime in ("onnx", "torch") for batch in (1, 2)}
    assert [row.label.batch for row in rows] == sorted(row.label.batch for row in rows)
    assert all(row.milliseconds.low <= row.milliseconds.median <= row.milliseconds.high for row in rows)


def test_whole_photographs_have_a_head():
    image = scaled_to(read_photograph(ASTRONAUT), USUAL)
    entries = our_rows.our_rows(["small"], [PHOTOGRAPH, TRACKED], image, 1, [1], None, Path())
    first, second = (next(entries) for _ in range(2))
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    assert (first.label.work, second.label.work) == (PHOTOGRAPH, TRACKED)
    found, tracked = first.turn.run(), second.turn.run()
    assert isinstance(found, list)
    assert isinstance(tracked, list)
    assert len(found) == len(tracked) == 1
    np.testing.assert_allclose(found[0].landmarks, tracked[0].landmarks)


def test_a_photograph_without_a_head_is_refused():
    black = np.zeros((480, 640, 3), np.uint8)
    with pytest.raises(ValueError, match="expected one with a head"):
        list(our_rows.our_rows(["small"], [PHOTOGRAPH], black, 1, [1], None, Path()))


def test_the_baseline_has_the_networks_configuration():
    config = config_from_dict({**SMALL, "shape_parameters": 4})
    assert dad3dnet_like(config) == DAD3DNetConfig(backbone="resnet18", crop_size=64, filters=16, shape_parameters=4)


def test_a_baseline_that_does_not_fit_is_said():
    odd = dad3dnet_like(config_from_dict({**SMALL, "crop_size": 96}))
    assert isinstance(odd, LeftOut)
    assert "crop_size: got 96" in odd.why
    assert isinstance(dad3dnet_like(DAD3DNetConfig()), LeftOut)
    plain = dad3dnet_like(PooledConfig())
    assert isinstance(plain, LeftOut)
    assert plain.why == "the network, a pooled, says no width that it could have"


def test_what_a_network_is_compared_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # No export: it takes long.
    monkeypatch.setattr("trans3dhead.benchmarks.peers.missing_exporter", lambda: ["onnx", "onnxscript"])
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, build(config_from_dict({**SMALL, "memory_stride": 16}), LAYOUT), "none", "0")
    candidates, left_out = sorted_out(peer_rows(str(path), [1], [1, 2], tmp_path))
    names = [candidate.label.name for candidate in candidates]
    assert names == [n for n in (str(path), f"DAD-3DNet like {path}", f"backbone of {path}") for _ in range(2)]
    for candidate, shapes in zip(
        candidates[1::2], ([(2, 68, 2), (2, 18)], [(2, 68, 2), (2, 18)], [(2, 256, 4, 4)]), strict=True
    ):
        said = candidate.turn.run()
        assert isinstance(said, tuple)
        assert [tuple(answer.shape) for answer in said] == shapes
    assert [entry.what for entry in left_out] == [
        "DAD-3DNet without the backbone's last stage",
        "networks alone under onnx and openvino",
    ]


@pytest.mark.slow
def test_peers_are_exported_as_they_are(checkpoint: Path, tmp_path: Path):
    candidates, _ = sorted_out(peer_rows(str(checkpoint), [1], [2], tmp_path))
    under_torch, under_onnx = (
        [c.turn.run() for c in candidates if c.label.runtime == runtime] for runtime in ("torch", "onnx")
    )
    assert len(under_torch) == len(under_onnx) == 3
    for one, other in zip(under_torch, under_onnx, strict=True):
        assert isinstance(one, tuple)
        assert isinstance(other, dict)
        for mine, theirs in zip(one, other.values(), strict=True):
            torch.testing.assert_close(mine, torch.from_numpy(theirs), rtol=1e-3, atol=1e-3)


def test_an_onnx_file_has_nothing_to_compare_with(tmp_path: Path):
    _, left_out = sorted_out(peer_rows(str(shipped_folder() / "small.onnx"), [1], [1], tmp_path))
    assert len(left_out) == 1
    assert "does not say its configuration" in left_out[0].why


def test_a_network_without_a_landmark_branch_answers_parameters():
    network = small_network(landmark_branch=False).float()
    assert len(FromCrops(network)(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))) == 1


class FaceMesh:
    """A stand-in for MediaPipe's, which sees a face unless the picture is black."""

    def __init__(self, static_image_mode: bool, max_num_faces: int) -> None:
        assert max_num_faces == 1

    def process(self, image: np.ndarray) -> SimpleNamespace:
        return SimpleNamespace(multi_face_landmarks=[object()] if image.any() else None)


def test_mediapipe_detects_in_photographs_and_follows_in_frames(monkeypatch: pytest.MonkeyPatch):
    solutions = SimpleNamespace(face_mesh=SimpleNamespace(FaceMesh=FaceMesh))
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace(solutions=solutions))
    candidates, left_out = sorted_out(mediapipe_rows(np.ones((4, 4, 3), np.uint8)))
    assert [candidate.label.work for candidate in candidates] == [PHOTOGRAPH, TRACKED]
    assert not left_out
    candidates, left_out = sorted_out(mediapipe_rows(np.zeros((4, 4, 3), np.uint8)))
    assert not candidates
    assert {entry.why for entry in left_out} == {"it finds no face in the photograph"}


def test_mediapipe_without_its_models_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mediapipe", SimpleNamespace())
    _, left_out = sorted_out(mediapipe_rows(np.ones((4, 4, 3), np.uint8)))
    assert [entry.what for entry in left_out] == [NAME]
    assert "0.10.21" in left_out[0].why


def test_openvino_answers_as_onnx_runtime_does():
    pytest.importorskip("openvino")
    file = shipped_folder() / "small.onnx"
    aligner = open_aligner(file)
    crops = np.random.default_rng(0).integers(0, 256, (2, aligner.crop_size, aligner.crop_size, 3), dtype=np.uint8)
    said = OpenVinoGraph(file, threads=1)({"crops": crops})
    np.testing.assert_allclose(said["landmarks"], aligner(crops).landmarks, atol=1e-4)
