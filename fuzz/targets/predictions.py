"""Predictions: ours, the submission of DAD-3DHeads, its ground truth, and what converters read."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.data.annotated_photographs import read_annotations_json, read_points
from trans3dhead.evaluation.converters import from_3ddfa, from_csv, from_img2pose, from_landmarks, from_mediapipe
from trans3dhead.evaluation.dad3dheads import read_ground_truth
from trans3dhead.evaluation.predictions import FORMAT, read_predictions
from trans3dhead.head_model import MeshTopology

_POINTS = np.arange(136.0).reshape(68, 2).tolist()
_VERTICES = np.linspace(-0.1, 0.1, 15).reshape(5, 3)
_TURN = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]
_TOPOLOGY = MeshTopology(5, np.arange(204).reshape(68, 3) % 5, np.full((68, 3), 1 / 3), np.arange(3), np.arange(4))


def seeds() -> list[bytes]:
    """One of each."""
    ours = {
        "pose": {"pitch": 1.0, "yaw": 2, "roll": -3.5},
        "rotation_matrix": _TURN,
        "landmarks_2d": _POINTS,
        "landmarks_3d": [[*point, 0.5] for point in _POINTS],
        "vertices": _VERTICES.tolist(),
        "blendshapes": {"jawOpen": 0.5},
    }
    official = {
        "68_landmarks_2d": [_POINTS],
        "7_landmarks_3d": list(range(21)),
        "N_landmarks_3d": _VERTICES.tolist(),
        "rotation_matrix": _TURN,
    }
    truth = {
        "id": "a",
        "bbox": [1, 2, 30, 40],
        "vertices": _VERTICES.tolist(),
        "model_view_matrix": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, -1], [0, 0, 0, 1]],
        "projection_matrix": [[700, 0, -32, 0], [0, 700, -24, 0], [0, 0, -1, -0.1], [0, 0, -1, 0]],
        "image_height": 48,
        "attributes": {"pose": "front", "occlusions": True},
    }
    row = {"file": "a.png", "landmarks_68": _POINTS, "pose": {"pitch": 1, "yaw": 2, "roll": 3}}
    written: list[Any] = [{"format": FORMAT, "heads": {"a": ours, "b": {}}}, {"a": official}, [truth], [row]]
    points = "".join(f"{x} {y}\n" for x, y in _POINTS)
    return [
        *(json.dumps(part).encode() for part in written),
        b"id,pitch,yaw,roll\na,1,2,3\nb,4,5,6\n",
        f"version: 1\nn_points: 68\n{{\n{points}}}\n".encode(),
    ]


def read(data: bytes, folder: Path) -> None:
    """With the reader that the file's first bytes are meant for, as `evaluate` and `predictions` read it."""
    path = folder / "file"
    path.write_bytes(data)
    if data[:2] == b"[{" and b"landmarks_68" in data:
        (folder / "a.png").touch()
        path.rename(folder / "annotations.json")
        read_annotations_json(folder, skip_bad=True)
        read_annotations_json(folder)
    elif data[:1] == b"[":
        for head in read_ground_truth(path):
            head.true_head(_TOPOLOGY)
    elif data[:2] == b"PK":
        for convert in (from_3ddfa, from_img2pose, from_landmarks, from_mediapipe):
            convert(path)
    elif data[:2] == b"id":
        from_csv(path, order="zyx")
    elif data[:2] == b"ve":
        read_points(path)
    else:
        read_predictions(path)
