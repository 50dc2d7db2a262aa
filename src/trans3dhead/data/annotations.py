"""What is known about one head of one photograph: its parameters and the true camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta, Struct

from trans3dhead.geometry.boxes import mirrored_boxes
from trans3dhead.geometry.cameras import project_pinhole
from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.reading.checked_json import read_json

_FLIP_X = np.diag([-1.0, 1.0, 1.0])


class Visibility(IntEnum):
    """What the camera sees of a landmark. Where several hold, the first of outside, self-occluded, covered counts."""

    OUTSIDE = 0  # of the frame
    VISIBLE = 1
    SELF_OCCLUDED = 2  # on the far side, or behind another part of the same head or body
    COVERED = 3  # by hair, rims, dark lenses, a hat, a mask, a hand, clothes, another head


@dataclass(frozen=True)
class HeadAnnotation:
    """One head of one photograph: p = focal · (x, y) / z + principal_point, (x, y, z) = rotation · v + translation.

    Pixels are continuous: (0, 0) is the top-left corner of the top-left pixel.
    """

    shape: np.ndarray  # (S,) float32, in the units of the head model
    expression: np.ndarray  # (E,) float32
    rotation: np.ndarray  # (3, 3) float64, head space -> camera space
    translation: np.ndarray  # (3,) float64, metres, camera space: where the head's origin is
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) float64, pixels
    image_size: tuple[int, int]  # width, height
    box: np.ndarray  # (4,) float64 [x, y, w, h] pixels: the bounds of the projected subset `head`
    attributes: Mapping[str, str] = field(default_factory=dict)
    landmark_visibility: np.ndarray | None = None  # (68,) uint8 of Visibility; None: not known
    visible: float | None = None  # 0..1, the share of the head's own pixels, those outside too, that are seen
    face_box: np.ndarray | None = None  # (4,) float64 [x, y, w, h] pixels: the bounds of the projected subset `face`

    @property
    def landmark_visible(self) -> np.ndarray | None:
        """(68,) bool: which landmarks the camera sees; None where that is not known."""
        return None if self.landmark_visibility is None else self.landmark_visibility == Visibility.VISIBLE

    @torch.no_grad()
    def vertices(self, head_model: HeadModel) -> np.ndarray:
        """(V, 3) float64 metres, head space; head_model: that of the coefficients."""
        shape, expression = (torch.from_numpy(values)[None] for values in (self.shape, self.expression))
        return head_model(shape, expression)[0].double().numpy()

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 2) pixels of the photograph."""
        return project_pinhole(points @ self.rotation.T + self.translation, self.focal, self.principal_point)

    def landmarks(self, head_model: HeadModel) -> np.ndarray:
        """(68, 2) pixels of the photograph; head_model: that of the coefficients."""
        vertices = torch.from_numpy(self.vertices(head_model))[None]
        return self.project(head_model.landmarks(vertices)[0].numpy())

    def resting_landmarks(self, head_model: NumpyHeadModel) -> np.ndarray:
        """(68, 3) metres, head space, without the expression; head_model: that of the coefficients."""
        return head_model.resting_landmarks(self.shape)

    def mirrored(self, head_model: HeadModel) -> "HeadAnnotation":
        """The same head in the mirror image of the photograph: x -> width - x, left and right change places."""
        width = self.image_size[0]
        cx, cy = self.principal_point
        flags = self.landmark_visibility
        signs, partners = head_model.shape_mirror.cpu().numpy(), head_model.expression_mirror.cpu().numpy()
        return HeadAnnotation(
            shape=(self.shape * signs).astype(np.float32),
            expression=self.expression[partners],
            rotation=_FLIP_X @ self.rotation @ _FLIP_X,
            translation=_FLIP_X @ self.translation,
            focal=self.focal,
            principal_point=np.array([width - cx, cy]),
            image_size=self.image_size,
            box=mirrored_boxes(self.box, width),
            attributes=self.attributes,
            landmark_visibility=None if flags is None else flags[list(LANDMARK_MIRROR)],
            visible=self.visible,
            face_box=None if self.face_box is None else mirrored_boxes(self.face_box, width),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers; `read_heads` gives the same values back to the bit."""
        data = {
            "shape": _shortest(self.shape),
            "expression": _shortest(self.expression),
            "rotation": np.asarray(self.rotation, dtype=np.float64).tolist(),
            "translation": np.asarray(self.translation, dtype=np.float64).tolist(),
            "focal": float(self.focal),
            "principal_point": np.asarray(self.principal_point, dtype=np.float64).tolist(),
            "image_size": [int(side) for side in self.image_size],
            "box": np.asarray(self.box, dtype=np.float64).tolist(),
            "attributes": dict(self.attributes),
        }
        if self.landmark_visibility is not None:
            data["landmark_visibility"] = [int(flag) for flag in self.landmark_visibility]
        if self.visible is not None:
            data["visible"] = float(self.visible)
        if self.face_box is not None:
            data["face_box"] = np.asarray(self.face_box, dtype=np.float64).tolist()
        return data


def read_heads(text: str | bytes, where: str, remedy: str) -> list[HeadAnnotation]:
    """The heads of a sample's JSON, the inverse of `to_json`. Raises ValueError that names the place of a fault.

    where: the file, for messages; remedy: what to do about a fault, likewise.
    """
    return [_annotation(head) for head in read_json(text, _StoredSample, where, remedy=remedy).heads]


# What JSON may hold. The limits are far beyond any photograph; they keep sums and float32 finite.
_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
_Cosine = Annotated[float, Meta(ge=-1.01, le=1.01)]
_Length = Annotated[float, Meta(gt=0, le=1e6)]
_Side = Annotated[int, Meta(ge=1, le=2**16)]
_Flag = Annotated[int, Meta(ge=0, lt=len(Visibility))]
_Flags = Annotated[list[_Flag], Meta(min_length=len(LANDMARK_MIRROR), max_length=len(LANDMARK_MIRROR))]
_Row = tuple[_Cosine, _Cosine, _Cosine]
_Box = tuple[_Number, _Number, _Length, _Length]


class _StoredHead(Struct):
    """The fields of HeadAnnotation, as `to_json` writes them."""

    shape: list[_Number]
    expression: list[_Number]
    rotation: tuple[_Row, _Row, _Row]
    translation: tuple[_Number, _Number, _Number]
    focal: _Length
    principal_point: tuple[_Number, _Number]
    image_size: tuple[_Side, _Side]
    box: _Box
    attributes: dict[str, str] = {}
    landmark_visibility: _Flags | None = None  # sets of format 1 lack this and what follows
    visible: Annotated[float, Meta(ge=0, le=1)] | None = None
    face_box: _Box | None = None


class _StoredSample(Struct):
    heads: list[_StoredHead]


def _annotation(stored: _StoredHead) -> HeadAnnotation:
    flags, face_box = stored.landmark_visibility, stored.face_box
    return HeadAnnotation(
        shape=np.array(stored.shape, dtype=np.float32),
        expression=np.array(stored.expression, dtype=np.float32),
        rotation=np.array(stored.rotation),
        translation=np.array(stored.translation),
        focal=stored.focal,
        principal_point=np.array(stored.principal_point),
        image_size=stored.image_size,
        box=np.array(stored.box),
        attributes=stored.attributes,
        landmark_visibility=None if flags is None else np.array(flags, dtype=np.uint8),
        visible=stored.visible,
        face_box=None if face_box is None else np.array(face_box),
    )


def _shortest(values: np.ndarray) -> list[float]:
    """(N,) values -> the shortest decimals that give the same float32 back."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32)]
