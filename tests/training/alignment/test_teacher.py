"""A teacher beside a training: whom it may teach, what it sees, and that it is neither trained nor saved."""

import csv
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from trans3dhead.geometry.rotations import rotation_to_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import AlignmentLossConfig
from trans3dhead.losses.distillation import TeacherLandmarkTerm, TeacherRotationTerm, TeacherSurfaceTerm
from trans3dhead.networks.alignment import Trans3DHeadConfig, build, config_from_dict, load_model, save_checkpoint
from trans3dhead.training.alignment.recipe import read_recipe
from trans3dhead.training.alignment.teacher import load_teacher, resampled
from trans3dhead.training.alignment.train import build_module
from trans3dhead.training.engine.run import STATE, open_sets
from trans3dhead.training.train import train
from trial_runs import quiet, write_recipe

LANDMARKS = AlignmentLossConfig(teacher_landmarks=TeacherLandmarkTerm(1.0))
SURFACE = AlignmentLossConfig(teacher_surface=TeacherSurfaceTerm(1.0))
ROTATION = AlignmentLossConfig(teacher_rotation=TeacherRotationTerm(1.0))
TEACHER = {
    "backbone": "resnet18",
    "crop_size": 64,
    "width": 16,
    "heads": 2,
    "decoder_layers": 1,
    "surface_points": 32,
    "parameter_reference": "average",
}
RECIPE = """
name: trial
head_model: {head_model}
data: {{train: [{folder}], validation: [{folder}], workers: 0, validation_limit: 8, reference_samples: 40}}
network: {{backbone: slim, backbone_widths: [4, 8, 12, 16], memory_stride: 16, crop_size: 32, width: 16, heads: 2,
  feed_forward: 2, decoder_layers: 1, memory_query_init: both, memory_query_rank: 4, shape_parameters: 2, dropout: 0,
  parameter_reference: standardised, landmark_uncertainty: true, surface_points: 16, landmark_memory: true,
  head_fit: true, surface_map: true}}
losses:
  landmark_likelihood: {{weight: 0.1}}
  surface_map: {{weight: 1}}
  teacher_landmarks: {{weight: 10}}
  teacher_surface: {{weight: 10}}
  teacher_parameters: {{weight: 1}}
  teacher_rotation: {{weight: 1}}
  teacher_vertices: {{weight: 1}}
optimizer: {{lr: 1e-3}}
schedule: {{name: constant}}
budget: {{samples: 32}}
monitor: {{log_steps: 1, validate_samples: 16, preview_crops: 4}}
batch_size: 8
average: 0.9
"""


@pytest.fixture(scope="module")
def teacher(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an untrained network with more pixels and more surface points; it says that all heads look ahead."""
    torch.manual_seed(1)
    network = build(config_from_dict(TEACHER), toy.layout)
    network.set_reference(torch.rand(68, 2), frontal(toy))
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    save_checkpoint(path, network, toy.name, toy.geometry_hash)
    return path


@pytest.fixture(scope="module")
def recipe(toy_file: Path, toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of four steps on 40 photographs, without its teacher."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "set").symlink_to(toy_folder)
    return write_recipe(folder, RECIPE, toy_file)


def frontal(head: HeadModel) -> torch.Tensor:
    """(P,) a mean head that looks into the camera."""
    parameters = torch.zeros(head.layout.size)
    named = head.layout.unpack(parameters)  # views
    named.rotation[:] = rotation_to_6d(torch.diag(torch.tensor([1.0, -1.0, -1.0])))
    named.scale[:] = 5.0
    return parameters


@pytest.mark.slow
def test_a_training_with_a_teacher_from_end_to_end(recipe: Path, teacher: Path, tmp_path: Path):
    before = load_file(teacher)
    folder = train(recipe, [f"teacher={teacher}"], tmp_path, console=quiet())
    with (folder / "train.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    for name in ("landmarks", "surface", "parameters", "rotation", "vertices"):
        assert all(float(row[f"teacher_{name}"]) > 0 for row in rows), name
    loaded = load_model(folder / "model.safetensors")
    assert (loaded.config.backbone, loaded.config.backbone_widths) == ("slim", (4, 8, 12, 16))
    state = torch.load(folder / STATE, weights_only=True)
    weights = {name for name in state["weights"] if not name.startswith("head_model.")}
    own = {f"{prefix}{name}" for prefix in ("model.", "average.model.") for name in loaded.model.state_dict()}
    assert weights - {"spread"} == own
    assert len(state["optimizer"]["state"]) == len(list(loaded.model.parameters()))
    assert all(torch.equal(tensor, before[name]) for name, tensor in load_file(teacher).items())
    train(recipe, [f"teacher={teacher}", "budget.samples=40"], tmp_path, resume=True, console=quiet())


def test_the_student_alone_learns(recipe: Path, teacher: Path, toy: HeadModel, toy_folder: Path):
    module = build_module(read_recipe(recipe, [f"teacher={teacher}"]), toy, open_sets([str(toy_folder)], toy))
    network = module.teacher.network
    assert not any(part is network for part in module.modules())
    module.train()
    assert not network.training
    crops = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    said = module._taught(crops)
    assert not said.parameters.requires_grad
    assert said.surface.shape == (1, 2, 32, 2)
    expected = module(resampled(crops, 64), network)
    torch.testing.assert_close(said.landmarks, expected.landmarks)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_crops_come_to_the_teachers_size():
    crops = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    assert resampled(crops, 32) is crops
    larger, smaller = resampled(crops, 64), resampled(crops, 16)
    assert (larger.shape, larger.dtype) == ((2, 3, 64, 64), torch.uint8)
    assert (smaller.shape, smaller.dtype) == ((2, 3, 16, 16), torch.uint8)
    flat = torch.full((1, 3, 32, 32), 200, dtype=torch.uint8)
    assert (resampled(flat, 80) == 200).all()
    lines = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    lines[..., ::4] = 255  # a fourth of the columns: a smaller picture of them is grey, not black or white
    assert (resampled(lines, 8)[..., 1:-1].float() - 255 / 4).abs().max() < 20


def test_a_point_stays_where_it_is_in_crop_units():
    crops = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    crops[..., 8:12, 20:24] = 255
    for size in (16, 48, 80):
        weights = resampled(crops, size)[0, 0].double()
        middle = (torch.arange(size) + 0.5) / size
        y, x = ((weights.sum(dim=axis) * middle).sum() / weights.sum() for axis in (1, 0))
        assert y.item() == pytest.approx(10 / 32, abs=2e-3)
        assert x.item() == pytest.approx(22 / 32, abs=2e-3)


def test_a_teacher_and_its_losses_need_one_another(recipe: Path):
    with pytest.raises(ValueError, match=r"teacher: expected one for losses\.teacher_landmarks, losses\.teacher_surf"):
        read_recipe(recipe)
    off = [f"losses.teacher_{n}.weight=0" for n in ("landmarks", "surface", "parameters", "rotation", "vertices")]
    assert read_recipe(recipe, off).teacher is None
    with pytest.raises(ValueError, match="teacher: got small, from which nothing is learned; give a loss such as"):
        read_recipe(recipe, [*off, "teacher=small"])


def test_a_teacher_is_of_the_same_head_model(teacher: Path, anny: HeadModel):
    with pytest.raises(ValueError, match=r"teacher: .*teacher\.safetensors: .*head model"):
        load_teacher(str(teacher), anny, Trans3DHeadConfig(), ROTATION)


def test_a_teacher_that_ships_goes_by_its_name(anny: HeadModel):
    taught = load_teacher("small", anny, Trans3DHeadConfig(), LANDMARKS)
    assert taught.crop_size == 128
    assert not taught.network.training
    with pytest.raises(ValueError, match="teacher: large: model: expected a checkpoint's path or one of small"):
        load_teacher("large", anny, Trans3DHeadConfig(), LANDMARKS)


def test_both_networks_have_the_points_that_are_compared(teacher: Path, toy: HeadModel):
    with_points, plain = Trans3DHeadConfig(surface_points=16), Trans3DHeadConfig()
    assert load_teacher(str(teacher), toy, with_points, SURFACE).crop_size == 64
    with pytest.raises(ValueError, match=r"expected a network with surface_points .* without: the student"):
        load_teacher(str(teacher), toy, plain, SURFACE)
    alone = Trans3DHeadConfig(landmark_branch=False)
    with pytest.raises(ValueError, match=r"expected a network with a landmark_branch .* without: the student"):
        load_teacher(str(teacher), toy, alone, LANDMARKS)
    assert load_teacher(str(teacher), toy, alone, ROTATION)


def test_a_teacher_must_see_the_same_crops():
    with pytest.raises(ValueError, match="teacher: face: its crops show a face, the student's a head"):
        load_teacher("face", HeadModel.shipped(), Trans3DHeadConfig(), LANDMARKS)
