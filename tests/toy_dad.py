"""Heads of toy_sets in the layout of DAD-3DHeads, by the formulas of OpenGL."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from toy_sets import paint
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.head_model import HeadModel


def toy_split(folder: Path, head_model: HeadModel, heads: Sequence[HeadAnnotation]) -> Path:
    """A split, such as .../train, of one photograph a head."""
    rng = np.random.default_rng(0)
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True)
    rows = []
    for number, head in enumerate(heads):
        key = f"head{number}"
        cv2.imwrite(str(folder / "images" / f"{key}.png"), paint(head_model, head, rng))
        (folder / "annotations" / f"{key}.json").write_text(json.dumps(opengl(head, head_model)))
        rows.append({"item_id": key, "bbox": head.box.tolist(), "attributes": {"pose": "front"}})
    (folder / f"{folder.name}.json").write_text(json.dumps(rows))
    return folder


def opengl(head: HeadAnnotation, head_model: HeadModel) -> dict[str, list]:
    """Y up, the camera looks down -z, pixels count upwards from the photograph's bottom."""
    shape, expression = (torch.from_numpy(values)[None] for values in (head.shape, head.expression))
    view, projection = np.eye(4), np.zeros((4, 4))
    view[:3] = np.diag([1.0, -1.0, -1.0]) @ np.column_stack((head.rotation, head.translation))
    (cx, cy), height = head.principal_point, head.image_size[1]
    projection[0], projection[1] = (head.focal, 0, -cx, 0), (0, head.focal, -(height - cy), 0)
    projection[2], projection[3] = (0, 0, -1, -0.1), (0, 0, -1, 0)
    return {
        "vertices": head_model(shape, expression)[0].double().tolist(),
        "model_view_matrix": view.tolist(),
        "projection_matrix": projection.tolist(),
    }


def naive_figures(split: Path, head_model: HeadModel, submission: Path) -> dict[str, float]:
    """NME and pose error of a submission, by their formulas from the files of a split."""
    predictions, nme, pose_error = json.loads(submission.read_text()), [], []
    for row in json.loads((split / f"{split.name}.json").read_text()):
        mesh = json.loads((split / "annotations" / f"{row['item_id']}.json").read_text())
        vertices, view = np.array(mesh["vertices"]), np.array(mesh["model_view_matrix"])
        height = cv2.imread(str(split / "images" / f"{row['item_id']}.png")).shape[0]
        points = head_model.landmarks(torch.from_numpy(vertices)[None])[0].numpy()
        clip = np.column_stack((points, np.ones(68))) @ (np.array(mesh["projection_matrix"]) @ view).T
        pixels = np.column_stack((clip[:, 0] / clip[:, 3], height - clip[:, 1] / clip[:, 3]))
        predicted = predictions[row["item_id"]]
        assert np.shape(predicted["N_landmarks_3d"]) == vertices.shape
        misses = np.linalg.norm(np.array(predicted["68_landmarks_2d"]) - pixels, axis=1)
        nme.append(100 * misses.mean() / np.sqrt(row["bbox"][2] * row["bbox"][3]))
        turn = np.array(predicted["rotation_matrix"]) @ (np.diag([1, -1, -1]) @ view[:3, :3]).T
        pose_error.append(np.linalg.norm(np.eye(3) - turn))
    return {"nme": float(np.mean(nme)), "pose_error": float(np.mean(pose_error))}
