"""FLAME's pickle into a head model file, held against the smplx package's FLAME on random, well-formed arrays."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from flame_files import JOINTS, VERTICES, flame_arrays, write_checkout
from trans3dhead.cli import app
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.flame.convert import convert_flame
from trans3dhead.head_model.flame.static import read_flame_static

ORIGIN = torch.tensor([0.0, 0.0, 0.05], dtype=torch.float64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's index files, FLAME's pickle beside them, and the converted head model."""
    folder = tmp_path_factory.mktemp("flame")
    write_checkout(folder)
    (folder / "FLAME_NEUTRAL.pkl").write_bytes(pickle.dumps(flame_arrays(), protocol=2))
    convert_flame(folder / "FLAME_NEUTRAL.pkl", folder / "DAD-3DHeads", folder / "flame.safetensors")
    return folder


@pytest.fixture(scope="module")
def flame(folder: Path) -> HeadModel:
    return HeadModel.load(folder / "flame.safetensors").double()


def random_parameters(batch: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shape, expression = (torch.randn(batch, count, generator=generator, dtype=torch.float64) for count in (300, 100))
    return shape, expression, 0.5 * torch.randn(batch, JOINTS, 3, generator=generator, dtype=torch.float64)


def test_vertices_equal_those_of_smplx(folder: Path, flame: HeadModel) -> None:
    """Jaw, neck and eyes turned, in float64, to 1e-6 m; the file holds float32."""
    smplx = pytest.importorskip("smplx", reason="needs smplx, an oracle of [dev]")
    np.save(folder / "flame_static_embedding.npy", 0)  # the package looks for the landmarks of its own release
    embedding = {"lmk_face_idx": np.zeros(51, np.int64), "lmk_b_coords": np.full((51, 3), 1 / 3)}
    (folder / "flame_static_embedding.pkl").write_bytes(pickle.dumps(embedding, 2))
    shape, expression, pose = random_parameters()
    oracle = smplx.FLAME(
        str(folder), use_face_contour=False, num_betas=300, num_expression_coeffs=100, dtype=torch.float64, batch_size=3
    )
    output = oracle(
        betas=shape,
        expression=expression,
        global_orient=pose[:, 0],
        neck_pose=pose[:, 1],
        jaw_pose=pose[:, 2],
        leye_pose=pose[:, 3],
        reye_pose=pose[:, 4],
    )
    ours = flame(shape, expression, pose)
    # The root turns about its joint, so the moved origin turns with it: the moved mesh is the mesh, moved.
    torch.testing.assert_close(ours, output.vertices + ORIGIN, atol=1e-6, rtol=0)


def test_gradients_agree_with_finite_differences(flame: HeadModel) -> None:
    shape, expression, pose = random_parameters(1)
    some = torch.arange(0, VERTICES, 500)

    def vertices(shape: torch.Tensor, expression: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
        padded = torch.cat((shape, shape.new_zeros(1, 296)), 1), torch.cat((expression, shape.new_zeros(1, 97)), 1)
        return flame(*padded, pose)[:, some]

    inputs = (shape[:, :4], expression[:, :3], pose)
    assert torch.autograd.gradcheck(vertices, [value.clone().requires_grad_() for value in inputs], eps=1e-6)


@pytest.mark.parametrize(("counts", "size"), [((300, 100, True), 413), ((100, 50, False), 160), ((40, 10, False), 60)])
def test_the_layouts_of_the_paper(folder: Path, counts: tuple[int, int, bool], size: int) -> None:
    output = folder / f"{size}.safetensors"
    convert_flame(folder / "FLAME_NEUTRAL.pkl", folder / "DAD-3DHeads", output, *counts)
    assert HeadModel.load(output).layout.size == size


def test_what_is_kept_are_the_first_components(folder: Path, flame: HeadModel) -> None:
    output = folder / "few.safetensors"
    convert_flame(folder / "FLAME_NEUTRAL.pkl", folder / "DAD-3DHeads", output, 40, 10)
    few, (shape, expression, _) = HeadModel.load(output).double(), random_parameters()
    shape[:, 40:], expression[:, 10:] = 0.0, 0.0
    torch.testing.assert_close(few(shape[:, :40], expression[:, :10]), flame(shape, expression))


def test_an_array_of_chumpy_is_as_good(folder: Path, tmp_path: Path, flame: HeadModel) -> None:
    content = flame_arrays()
    text = pickle.dumps({**content, "shapedirs": _Chumpy(content["shapedirs"])}, protocol=2)
    (tmp_path / "chumpy.pkl").write_bytes(text.replace(__name__.encode() + b"\n_Chumpy", b"chumpy.ch\nCh"))
    convert_flame(tmp_path / "chumpy.pkl", folder / "DAD-3DHeads", tmp_path / "flame.safetensors")
    assert HeadModel.load(tmp_path / "flame.safetensors").geometry_hash == flame.geometry_hash


class _Chumpy:
    def __init__(self, x: np.ndarray) -> None:
        self.x = x


class _Calls:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.mark}",)


def test_a_pickle_that_calls_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    content = {**flame_arrays(), "bs_type": _Calls(tmp_path / "mark")}
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match=r"the pickle uses posix\.system, which is not data"):
        convert_flame(tmp_path / "bad.pkl", folder / "DAD-3DHeads", tmp_path / "flame.safetensors")
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "flame.safetensors").exists()


FAULTS = {
    "missing": (lambda c: c.pop("posedirs"), r"missing array 'posedirs'"),
    "few components": (lambda c: c.update(shapedirs=c["shapedirs"][..., :100]), r"shapedirs: expected 5023 × 3 × 400"),
    "another mesh": (
        lambda c: c.update(v_template=np.zeros((6890, 3))),
        r"v_template: expected 5023 × 3, got 6890 × 3",
    ),
    "words": (lambda c: c.update(weights="all"), r"weights: expected numbers, got str"),
    "not numbers": (lambda c: c.update(v_template=c["v_template"] * np.nan), r"v_template: expected finite numbers"),
    "weights": (lambda c: c.update(weights=c["weights"] * 2), r"weights: expected rows that sum to 1"),
    "triangles": (lambda c: c.update(f=c["f"][:, ::-1]), r"are not the 4 of"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_pickle_is_named_by_array_and_shape(folder: Path, tmp_path: Path, fault: str) -> None:
    spoil, message = FAULTS[fault]
    content = flame_arrays()
    spoil(content)
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match=message):
        convert_flame(tmp_path / "bad.pkl", folder / "DAD-3DHeads", tmp_path / "flame.safetensors")


def test_the_subsets_are_those_of_the_checkout(folder: Path, flame: HeadModel) -> None:
    subsets = read_flame_static(folder / "DAD-3DHeads").subsets
    assert set(subsets) == {"head", "face", "face_with_ears", "eyes", "z5", "landmarks_191", "landmarks_445"}
    for name, rows in subsets.items():
        np.testing.assert_array_equal(flame.subsets[name], rows)


def test_the_dense_landmarks_of_a_real_checkout(shared: Path) -> None:
    plain = shared / "flame_static"
    subsets = read_flame_static(plain / "original").subsets
    for count in (191, 445):
        np.testing.assert_array_equal(subsets[f"landmarks_{count}"], np.load(plain / f"keypoints_{count}_flat.npy"))
    np.testing.assert_array_equal(subsets["face_with_ears"], np.load(plain / "flame_indices" / "face_w_ears.npy"))


def test_the_command_converts(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "flame.safetensors"
    arguments = ["convert", "flame", str(folder / "FLAME_NEUTRAL.pkl"), "--static", str(folder / "DAD-3DHeads")]
    counts = ["--shape", "40", "--expression", "10", "--no-jaw"]
    result = CliRunner().invoke(app, [*arguments, *counts, "-o", str(output)])
    assert result.exit_code == 0, result.output
    assert "5023 vertices, 60 parameters, without a left-right symmetry" in result.output
    assert HeadModel.load(output).metadata.jaw_joint is None
