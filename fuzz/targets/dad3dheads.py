"""A folder of DAD-3DHeads with one mutated file: the list of a split, or the annotation of a head."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from toy_dad import opengl
from toy_sets import random_head, toy_head
from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dad3dheads import read_split
from trans3dhead.data.dataset import HeadCrops, SampleKey, collate
from trans3dhead.data.mesh_photographs import DAD3DHeads
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.evaluation.dad3dheads import open_ground_truth
from trans3dhead.head_model import topology_of

with TemporaryDirectory() as _folder:
    _HEAD_MODEL = toy_head(Path(_folder))
_TOPOLOGY = topology_of(_HEAD_MODEL.numpy())
_HEADS = [random_head(_HEAD_MODEL, np.random.default_rng(seed)) for seed in range(2)]
_MESHES = [json.dumps(opengl(head, _HEAD_MODEL)).encode() for head in _HEADS]
_LIST = json.dumps(
    [
        {
            "item_id": str(number),
            "img_path": f"images/{number}.png",
            "annotation_path": f"annotations/{number}.json",
            "bbox": head.box.tolist(),
            "attributes": {"pose": "front", "occlusions": True, "age": None},
        }
        for number, head in enumerate(_HEADS)
    ]
).encode()
_PICTURE = cv2.imencode(".png", np.full((80, 96, 3), 120, np.uint8))[1].tobytes()


def seeds() -> list[bytes]:
    """The list and an annotation."""
    return [_LIST, _MESHES[1]]


def read(data: bytes, folder: Path) -> None:
    """As training and `evaluate dad` read it: the list, the crops with their targets, the true heads."""
    files = {"train.json": _LIST, "annotations/0.json": _MESHES[0], "annotations/1.json": _MESHES[1]}
    files |= {"images/0.png": _PICTURE, "images/1.png": _PICTURE}
    files["train.json" if data.lstrip()[:1] == b"[" else "annotations/1.json"] = data
    for name, content in files.items():
        path = folder / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    read_split(folder, "train", skip_bad=True)
    for head in open_ground_truth(None, folder, "train", skip_bad=True).heads():
        head.true_head(_TOPOLOGY)
    photographs = DAD3DHeads(folder / "train")
    photographs.check(_HEAD_MODEL)
    plain = HeadCrops(photographs, _HEAD_MODEL, 32)
    augmented = HeadCrops(photographs, _HEAD_MODEL, 32, Augmentation(STRONG))
    samples = [plain[number] for number in range(len(plain))]
    samples += [augmented[SampleKey(0, number)] for number in range(len(plain))]
    targets_from_annotations(collate(samples), _HEAD_MODEL)
