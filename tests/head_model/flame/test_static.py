import os
from pathlib import Path

import numpy as np
import pytest
import torch

from flame_files import (
    CONTOUR,
    CONTOUR_WEIGHTS,
    INNER,
    INNER_WEIGHTS,
    RANDOM,
    TRIANGLES,
    write_checkout,
    write_contour,
    write_inner,
)
from trans3dhead.head_model.flame.static import read_static


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    write_checkout(tmp_path)
    return tmp_path / "DAD-3DHeads"


@pytest.fixture
def static(checkout: Path) -> Path:
    return checkout / "model_training" / "model" / "static"


def test_the_contour_of_zero_pose_comes_before_the_inner_landmarks(static):
    topology = read_static(static)
    assert topology.vertices == 5023
    np.testing.assert_array_equal(topology.landmark_corners[:17], TRIANGLES[CONTOUR[0]])
    np.testing.assert_array_equal(topology.landmark_corners[17:], TRIANGLES[INNER])
    np.testing.assert_array_equal(topology.landmark_weights, np.concatenate((CONTOUR_WEIGHTS[0], INNER_WEIGHTS)))
    np.testing.assert_array_equal(topology.head, [0, 2, 4, 5022])
    np.testing.assert_array_equal(topology.face, [2, 4])
    for array in (topology.landmark_corners, topology.head, topology.face):
        assert array.dtype == np.int64
    assert topology.landmark_weights.dtype == np.float64


def test_landmarks_are_points_of_the_triangles(static):
    vertices = RANDOM.normal(size=(5023, 3))
    landmarks = read_static(static).landmarks(vertices)
    np.testing.assert_allclose(landmarks[3], CONTOUR_WEIGHTS[0, 3] @ vertices[TRIANGLES[CONTOUR[0, 3]]])
    np.testing.assert_allclose(landmarks[67], INNER_WEIGHTS[50] @ vertices[TRIANGLES[INNER[50]]])


def test_the_checkout_itself_will_do(checkout, static):
    np.testing.assert_array_equal(read_static(checkout).landmark_corners, read_static(static).landmark_corners)


def test_missing_files_are_named_with_what_to_do(checkout, static):
    (static / "head_indices.npy").unlink()
    (static / "flame_indices" / "face.npy").unlink()
    with pytest.raises(ValueError, match=r"without head_indices\.npy, flame_indices/face\.npy; git clone https://"):
        read_static(checkout)
    with pytest.raises(ValueError, match=r"gone: expected a checkout of DAD-3DHeads or .* flame_mesh_faces\.pt"):
        read_static(checkout / "gone")


class Calls:
    """Pickled as a call."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple:
        return os.system, (self.command,)


@pytest.mark.parametrize("write", [write_contour, write_inner])
def test_index_files_are_not_executed(static, write):
    write(static, lmk_face_idx=Calls(f"touch {static / 'mark'}"))
    with pytest.raises(ValueError, match=r"embedding\.\w+: the pickle uses \w+\.system"):
        read_static(static)
    assert not (static / "mark").exists()


FAULTS = {
    "triangles of two corners": (
        lambda f: torch.save(torch.zeros(9, 2, dtype=torch.long), f / "flame_mesh_faces.pt"),
        r"flame_mesh_faces\.pt: expected n × 3 indices, got \(9, 2\)",
    ),
    "triangles of another mesh": (
        lambda f: torch.save(torch.tensor([[0, 1, 5023]]), f / "flame_mesh_faces.pt"),
        r"flame_mesh_faces\.pt: expected indices in 0\.\.5022, got 0\.\.5023",
    ),
    "triangles of floats": (
        lambda f: torch.save(torch.zeros(9, 3), f / "flame_mesh_faces.pt"),
        r"flame_mesh_faces\.pt: expected n × 3 indices, got .* float32",
    ),
    "a point off the mesh": (
        lambda f: write_inner(f, lmk_face_idx=np.full(51, 4)),
        r"static_embedding\.pkl: lmk_face_idx: expected indices in 0\.\.3, got 4",
    ),
    "a point before the mesh": (
        lambda f: write_contour(f, lmk_face_idx=np.full((5, 17), -1)),
        r"dynamic_embedding\.npy: lmk_face_idx: expected indices in 0\.\.3, got -1",
    ),
    "50 points": (lambda f: write_inner(f, lmk_face_idx=INNER[:50]), r"pkl: lmk_face_idx: expected 51 indices"),
    "16 points": (lambda f: write_contour(f, lmk_face_idx=CONTOUR[:, 1:]), r"npy: lmk_face_idx: expected n × 17"),
    "no poses": (lambda f: write_contour(f, lmk_face_idx=CONTOUR[:0]), r"npy: lmk_face_idx: expected n × 17"),
    "ragged": (lambda f: write_contour(f, lmk_face_idx=[[1], [2, 3]]), r"npy: lmk_face_idx: expected numbers"),
    "other weights": (lambda f: write_inner(f, lmk_b_coords=INNER_WEIGHTS[1:]), r"lmk_b_coords: .*got \(50, 3\)"),
    "weights of nothing": (lambda f: write_inner(f, lmk_b_coords=INNER_WEIGHTS * 0), "lmk_b_coords: .*sum to 1"),
    "NaN": (lambda f: write_contour(f, lmk_b_coords=CONTOUR_WEIGHTS * np.nan), "lmk_b_coords: .*sum to 1"),
    "words": (lambda f: write_inner(f, lmk_b_coords="all"), "lmk_b_coords: expected numbers, got str"),
    "no fields": (lambda f: write_inner(f, [1, 2]), r"pkl: expected lmk_face_idx and lmk_b_coords, got list"),
    "a subset of another mesh": (
        lambda f: np.save(f / "head_indices.npy", np.array([5023])),
        r"head_indices\.npy: expected indices in 0\.\.5022, got 5023",
    ),
    "edges for a subset": (
        lambda f: np.save(f / "flame_indices" / "face.npy", np.zeros((3, 2), dtype=int)),
        r"face\.npy: expected n indices, got \(3, 2\)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_index_file_is_named(static, fault):
    spoil, message = FAULTS[fault]
    spoil(static)
    with pytest.raises(ValueError, match=message):
        read_static(static)


def test_the_files_of_a_checkout_hold_what_their_plain_copies_hold(shared):
    plain = shared / "flame_static"
    topology = read_static(plain / "original")
    triangles = np.load(plain / "faces.npy")
    inner, contour = (np.load(plain / f"flame_{kind}_embedding.npz") for kind in ("static", "dynamic"))
    expected = np.concatenate((contour["lmk_face_idx"][0], inner["lmk_face_idx"]))
    np.testing.assert_array_equal(topology.landmark_corners, triangles[expected])
    expected = np.concatenate((contour["lmk_b_coords"][0], inner["lmk_b_coords"]))
    np.testing.assert_array_equal(topology.landmark_weights, expected)
    np.testing.assert_array_equal(topology.head, np.load(plain / "head_indices.npy"))
    np.testing.assert_array_equal(topology.face, np.load(plain / "flame_indices" / "face.npy"))
    assert (len(topology.head), len(topology.face), topology.vertices) == (3669, 2094, 5023)
