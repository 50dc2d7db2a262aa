"""Pictures of a head model for the documentation: `python -m headsynth.head_model_sheets docs/images`.

Views, colours and sizes are by eye.
"""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from headsynth.identity_prior.prior import AVERAGE_ADULT, IdentityPrior
from headsynth.people.base_mesh import BaseMesh
from trans3dhead.files import write_atomically
from trans3dhead.head_model.anny.picture import View, draw_points, shade
from trans3dhead.head_model.head_model import HeadModel
from trans3dhead.images import encode_png, picture_grid

_POINTS = (215, 30, 30)
_LANDMARK_VIEWS = (
    View(0, 0, (0.0, -0.035, 0.0), 0.18, 440),
    View(0, 45, (0.0, -0.05, 0.05), 0.18, 440),
    View(90, 0, (0.0, -0.04, 0.03), 0.18, 440),
    View(-90, 0, (0.0, -0.04, 0.03), 0.18, 440),
)
_SUBSET_COLOURS = {
    "skin": (205, 190, 180),
    "face": (240, 205, 90),
    "ears": (90, 180, 90),
    "neck": (215, 100, 70),
    "mouth": (200, 60, 160),
    "left_eye": (60, 90, 220),
    "right_eye": (60, 190, 220),
}
_AGES = (3.0, 7.0, 12.0, 30.0, 60.0, 85.0)
_EXPRESSIONS = ("jawOpen", "eyeBlinkLeft", "mouthSmileRight", "browInnerUp", "mouthPucker", "cheekPuff")


def landmark_sheet(model: HeadModel) -> np.ndarray:
    """The 68 landmarks on the template: front and from below, left and right. Hidden points are left out."""
    vertices, triangles = _arrays(model)
    landmarks = model.landmarks(model.template[None])[0].double().numpy()
    pictures = []
    for view in _LANDMARK_VIEWS:
        picture = shade(vertices, triangles, view)
        visible = landmarks if view.yaw == 0 else landmarks[landmarks[:, 0] * np.sign(view.yaw) > -1e-6]
        order = [int(np.flatnonzero((landmarks == point).all(axis=1))[0]) for point in visible]
        draw_points(picture, visible, view, _POINTS, numbers=order)
        pictures.append(picture)
    return picture_grid(pictures, columns=2)


def subset_sheet(model: HeadModel) -> np.ndarray:
    """The subsets in colours: front, half profile, profile, back, below, and the mouth open."""
    vertices, triangles = _arrays(model)
    colours = np.full(vertices.shape, 120.0)
    for name, colour in _SUBSET_COLOURS.items():
        colours[model.subsets[name].numpy()] = colour
    opened = _expressed(model, "jawOpen")
    views = [(vertices, View(y, p, size=340)) for y, p in ((0, 0), (50, 0), (90, 0), (150, 0), (0, 60))]
    views.append((opened, View(20, 10, size=340)))
    pictures = [shade(points, triangles, view, colours) for points, view in views]
    return picture_grid(pictures, columns=3)


def variation_sheet(model: HeadModel, base_mesh: HeadModel, seed: int = 0) -> np.ndarray:
    """Random heads (0.8 deviations) with their shoulders, then single expressions at full weight."""
    random = torch.Generator().manual_seed(seed)
    shapes = 0.8 * torch.randn(6, model.layout.shape, generator=random)
    heads = base_mesh(shapes, torch.zeros(6, model.layout.expression)).double().numpy()
    body = View(25, 0, (0.0, -0.03, 0.0), 0.34, 230)
    first = [shade(head, base_mesh.triangles.numpy(), body) for head in heads]
    near = View(20, 0, (0.0, -0.03, 0.0), 0.22, 230)
    second = [shade(_expressed(model, name), model.triangles.numpy(), near) for name in _EXPRESSIONS]
    return picture_grid(first + second, columns=6)


def identity_sheet(model: HeadModel, base_mesh: HeadModel, seed: int = 0) -> np.ndarray:
    """Mean girls and women by age, then boys and men; mean women and men of three ancestries; six adults as scanned."""
    prior, random = IdentityPrior.shipped().of(model), np.random.default_rng(seed)
    people = [
        replace(AVERAGE_ADULT, age=np.array([age]), female=np.array([female])) for female in (1.0, 0.0) for age in _AGES
    ]
    people += [
        replace(AVERAGE_ADULT, ancestry=shares[None], female=np.array([female]))
        for shares in np.eye(3)
        for female in (1.0, 0.0)
    ]
    shapes = np.concatenate([prior.mean(person) for person in people])
    adult = prior.mean(AVERAGE_ADULT) + prior.scan_mean
    shapes = np.concatenate((shapes, adult + random.normal(size=(6, len(prior.scans))) @ prior.scans))
    still = torch.zeros(len(shapes), model.layout.expression)
    heads = base_mesh(torch.from_numpy(shapes).float(), still).double().numpy()
    view = View(25, 0, (0.0, -0.03, 0.0), 0.34, 190)
    pictures = [shade(head, base_mesh.triangles.numpy(), view) for head in heads]
    return picture_grid(pictures, columns=6)


def write_sheets(folder: Path) -> list[Path]:
    """Write the four pictures of the shipped head model as PNG files into the folder."""
    model, base_mesh = HeadModel.shipped("anny"), BaseMesh.shipped().model
    pictures = {
        "head-model-landmarks.png": landmark_sheet(model),
        "head-model-subsets.png": subset_sheet(model),
        "head-model-variation.png": variation_sheet(model, base_mesh),
        "head-model-identities.png": identity_sheet(model, base_mesh),
    }
    for name, picture in pictures.items():
        write_atomically(folder / name, encode_png(picture, (cv2.IMWRITE_PNG_COMPRESSION, 9)))
    return [folder / name for name in pictures]


def _arrays(model: HeadModel) -> tuple[np.ndarray, np.ndarray]:
    return model.template.double().numpy(), model.triangles.numpy()


def _expressed(model: HeadModel, name: str) -> np.ndarray:
    return (model.template + model.expression_basis[model.expression_names.index(name)]).double().numpy()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m headsynth.head_model_sheets FOLDER")
    for written in write_sheets(Path(sys.argv[1])):
        print(written)
