"""Networks under ONNX Runtime and under PyTorch: which of them runs, and that both say the same."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from lively_networks import mosaics
from paths import ASTRONAUT
from toy_heads import toy_checkpoint
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.face_square import FACE_SIDE
from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.images import read_photograph
from trans3dhead.inference import HeadDetector, Predictor
from trans3dhead.inference.aligners import AlignedHeads, open_aligner
from trans3dhead.inference.aligners.onnx_aligner import OnnxAligner
from trans3dhead.inference.aligners.torch_aligner import TorchAligner
from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.inference.runtimes import choose_runtime, usable_device
from trans3dhead.weights.shipped import network_path

BOX = np.array([173.0, 28.0, 110.0, 149.0])  # the head of the example photograph, pixels
# Largest differences between the runtimes: of landmarks, parameters and so on in their units, of angles in degrees.
TOLERANCES = {"landmarks": 1e-5, "parameters": 1e-4, "rotation": 1e-5, "euler": 1e-2, "vertices": 1e-6}
TOLERANCES |= {"projected": 1e-5, "spread": 1e-5, "box": 1e-5}


def crops(size: int) -> np.ndarray:
    """The example's head, cut at five places, and three crops of noise."""
    photograph = read_photograph(ASTRONAUT)
    cut = [
        Crop.around(BOX + np.array([dx, dy, 0, 0]), size).cut(photograph)
        for dx, dy in ((0, 0), (5, 3), (-9, 2), (0, 12))
    ]
    return np.concatenate((np.stack(cut), mosaics(3, size)))


def assert_same(one: AlignedHeads, other: AlignedHeads) -> None:
    for name, tolerance in TOLERANCES.items():
        here, there = getattr(one, name), getattr(other, name)
        if here is there is None:
            continue
        np.testing.assert_allclose(here, there, atol=tolerance, rtol=1e-4, err_msg=name)


def test_what_ships_says_the_same_under_both_runtimes_at_any_batch():
    fast, slow = (open_aligner("small", runtime=runtime) for runtime in ("onnx", "torch"))
    assert isinstance(fast, OnnxAligner)
    assert isinstance(slow, TorchAligner)
    seen = crops(fast.crop_size)
    together = slow(seen)
    assert_same(fast(seen), together)
    for index in range(0, len(seen), 3):
        alone = fast(seen[index : index + 1])
        assert_same(
            alone, AlignedHeads(**{n: None if a is None else a[index : index + 1] for n, a in vars(together).items()})
        )


def test_a_photograph_has_the_same_heads_under_both_runtimes():
    photograph = read_photograph(ASTRONAUT)
    for flip in (False, True):
        fast, slow = (Predictor(runtime=runtime, flip=flip)(photograph) for runtime in ("onnx", "torch"))
        for one, other in zip(fast, slow, strict=True):
            np.testing.assert_allclose(one.landmarks, other.landmarks, atol=1e-2)
            np.testing.assert_allclose(one.projected, other.projected, atol=1e-2)
            np.testing.assert_allclose(one.vertices, other.vertices, atol=1e-5)
            assert one.pose.yaw == pytest.approx(other.pose.yaw, abs=1e-2)


def test_the_detector_that_ships_says_the_same_under_both_runtimes():
    photograph = read_photograph(ASTRONAUT)
    fast, slow = (HeadDetector(threshold=0.1, runtime=runtime)(photograph) for runtime in ("onnx", "torch"))
    assert len(fast.boxes) == len(slow.boxes) > 1
    np.testing.assert_allclose(fast.boxes, slow.boxes, atol=1e-2)
    np.testing.assert_allclose(fast.scores, slow.scores, atol=1e-4)
    np.testing.assert_allclose(fast.rotations, slow.rotations, atol=1e-3)


def test_which_runtime_runs_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ships, own = network_path("small"), tmp_path / "own.safetensors"
    exported = tmp_path / "own.onnx"
    assert choose_runtime(ships, "auto", "cpu") == choose_runtime(ships, "onnx", "cpu") == ships.with_suffix(".onnx")
    assert choose_runtime(ships, "torch", "cpu") is None
    assert choose_runtime(own, "auto", "cpu") is None
    assert choose_runtime(exported, "auto", "cuda") == exported
    for has_cuda, expected in ((False, None), (True, ships.with_suffix(".onnx"))):
        monkeypatch.setattr("trans3dhead.inference.runtimes.has_cuda", lambda there=has_cuda: there)
        assert choose_runtime(ships, "auto", "cuda") == expected
    for path, runtime, message in (
        (exported, "torch", r"PyTorch cannot run an \.onnx file"),
        (own, "onnx", "ONNX Runtime cannot run a checkpoint; write it as ONNX, `trans3dhead export --model"),
        (own, "tensorrt", "runtime: expected one of auto, onnx, torch, got 'tensorrt'"),
    ):
        with pytest.raises(ValueError, match=message):
            choose_runtime(path, runtime, "cpu")
    monkeypatch.setattr("trans3dhead.inference.runtimes.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"a checkpoint needs PyTorch: pip install 'torch>="):
        choose_runtime(own, "auto", "cpu")
    monkeypatch.setattr("trans3dhead.inference.runtimes.has_cuda", lambda: False)
    for runtime, device, message in (
        ("torch", "cpu", "runtime: 'torch' needs PyTorch: pip install .*; or leave it out"),
        ("auto", "cuda", "device: 'cuda' needs the package onnxruntime-gpu .*, or PyTorch: pip install"),
        ("auto", "gpu", "device: expected cpu or cuda without PyTorch, got 'gpu'"),
    ):
        with pytest.raises(ValueError, match=message):
            choose_runtime(ships, runtime, device)


def test_devices_that_are_none_are_refused():
    with pytest.raises(ValueError, match="device: expected cpu, cuda or cuda:N for ONNX Runtime, got 'gpu'"):
        OnnxGraph(network_path("small").with_suffix(".onnx"), device="gpu")
    with pytest.raises(ValueError, match="device: expected cpu, cuda, cuda:N or another one of PyTorch's, got 'gpu'"):
        usable_device("gpu")
    assert usable_device("cpu") == torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_machine_without_a_gpu_is_told_so():
    with pytest.raises(ValueError, match=r"device: PyTorch has no 'cuda' on this machine \(.+\); take cpu"):
        usable_device("cuda")


def test_files_that_are_no_exported_networks_are_refused(tmp_path: Path):
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(ValueError, match=r"text\.onnx: ONNX Runtime cannot read it"):
        Predictor(tmp_path / "text.onnx")
    with pytest.raises(ValueError, match="expected a network that aligns heads, got a detector"):
        Predictor("detector")


def test_a_reader_of_other_squares_is_refused(tmp_path: Path):
    """As a graph is that was exported when the square about a face was another one."""
    onnx = pytest.importorskip("onnx", reason="needs the extra `export`")
    shipped = network_path("face")
    shutil.copy(shipped, tmp_path / shipped.name)
    model = onnx.load(str(shipped.with_suffix(".onnx")), load_external_data=False)
    (entry,) = model.metadata_props
    described = json.loads(entry.value)
    for side in (described["crop"]["side"], 0.2):
        described["crop"]["side"] = side
        entry.value = json.dumps(described)
        onnx.save(model, str(tmp_path / f"{side}.onnx"))
    assert open_aligner(tmp_path / f"{FACE_SIDE}.onnx").framing == "face"
    with pytest.raises(ValueError, match=r"0\.2\.onnx: expected a network that reads faces in squares of 2\.8 radii"):
        open_aligner(tmp_path / "0.2.onnx")


def test_another_head_model_is_refused_under_onnx_runtime(toy: HeadModel):
    with pytest.raises(ValueError, match="head model: the network was trained on 'anny'"):
        Predictor("small", head_model=toy)


@pytest.mark.slow
def test_an_exported_checkpoint_says_what_the_checkpoint_says(tmp_path: Path, toy: HeadModel):
    from trans3dhead.export import export_onnx

    checkpoint = toy_checkpoint(tmp_path / "own.safetensors", toy, landmark_uncertainty=True, decoder_layers=1)
    of_checkpoint = open_aligner(checkpoint, toy)
    seen = mosaics(4, of_checkpoint.crop_size)
    for mesh in (True, False):
        exported = export_onnx(checkpoint, tmp_path / f"{mesh}.onnx", toy, mesh=mesh).path
        of_file = open_aligner(exported, toy)
        assert isinstance(of_file, OnnxAligner)
        assert isinstance(of_file.head_model, NumpyHeadModel)
        assert_same(of_file(seen), of_checkpoint(seen))


def test_threads_sleep_while_they_wait():
    """Those that spin slow whatever runs next to half its speed and less; no test of time could hold that."""
    graph = OnnxGraph(network_path("small").with_suffix(".onnx"), threads=2)
    options = graph._session.get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
