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
