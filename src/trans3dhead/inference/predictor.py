"""From a photograph to its heads: detect, crop, run the network, look again, map back to the photograph."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch

from trans3dhead.defaults import DEFAULT_DETECTOR
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import angle_between, euler_from_rotation, rotation_from_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.inference.detectors import Detections, Detector, build_detector
from trans3dhead.inference.head import (
    CONFIRMING_AGREEMENT,
    DOUBTFUL_ANGLE,
    DOUBTFUL_FACTOR,
    Camera,
    Head,
    Parameters,
    Pose,
    agreement,
)
from trans3dhead.inference.mirror import mean_prediction, mirrored_prediction
from trans3dhead.inference.photographs import check_photograph, read_photograph
from trans3dhead.networks.alignment import Prediction, check_head_model, load_model
from trans3dhead.networks.detection.found import suppress
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import network_path

_BATCH = 32  # heads in one forward pass
_SAME_HEAD = 0.5  # two results whose boxes overlap more than this are one head
_PASSES_FACE, _PASSES_HEAD = 2, 1  # looks at a head whose box follows from a face, and at one whose box is known
_BOX_CHANGE = 3.0  # between two looks a box may grow or shrink by no more than this factor


class Predictor:
    """Finds and aligns the heads of photographs. It keeps nothing of a photograph between calls."""

    def __init__(
        self,
        model: str | Path = "small",
        detector: str | Detector = DEFAULT_DETECTOR,
        passes: int | None = None,
        device: str | torch.device = "cpu",
        head_model: HeadModel | str | Path | None = None,
        flip: bool = False,
    ) -> None:
        """
        model: the name of a network that ships, or a checkpoint's path; detector: "heads", "heads:PATH", "cascade",
        "yunet:PATH" or your own;
        passes: how often the network looks, each time after the first at the box that its last result implies; None:
        twice where the box follows from a face that was found, once at a head box that is found or given;
        head_model: for a checkpoint whose head model does not ship, the `HeadModel` or its file;
        flip: look at the mirror image of each crop too and answer the mean of both, in twice the time.
        """
        if passes is not None and passes < 1:
            raise ValueError(f"passes: expected 1 or more, got {passes}")
        loaded = load_model(network_path(model))
        head_model = _head_model(head_model, loaded.head_model_name)
        check_head_model(loaded, head_model)
        if flip and not head_model.has_mirror:
            raise ValueError(
                f"flip: the head model {head_model.name!r} does not know which vertices are mirror images; leave it out"
            )
        self.detector: Detector = build_detector(detector) if isinstance(detector, str) else detector
        self.head_model = head_model.to(device)
        self.crop_size = loaded.crop_size
        self.passes, self.flip = passes, flip
        self._network = loaded.model.to(device).eval()
        self._device = torch.device(device)
        self._head_subset = self.head_model.subsets["head"].cpu().numpy()

    def __call__(self, image: str | Path | np.ndarray, boxes: np.ndarray | None = None) -> list[Head]:
        """The heads of a photograph, largest first; an empty list where there is none.

        image: a file, or (H, W, 3) uint8 RGB. boxes: (N, 4) head boxes [x, y, w, h], pixels, in place of the
        detector; the result is then one head for each box, in their order.
        """
        image = check_photograph(image) if isinstance(image, np.ndarray) else read_photograph(image)
        if boxes is not None:
            boxes = _check_boxes(boxes, image)
            return self._align(image, Detections(boxes, np.ones(len(boxes)), from_faces=False))
        heads = _distinct(self._align(image, self.detector(image)))
        return sorted(heads, key=lambda head: -float(head.box[2] * head.box[3]))

    def _align(self, image: np.ndarray, found: Detections) -> list[Head]:
        """N head boxes with their scores -> one head for each that is certain or that its result confirms."""
        passes = self.passes or (_PASSES_FACE if found.from_faces else _PASSES_HEAD)
        results: list[_Result] = []
        seen: list[np.ndarray] = []  # the boxes of the last looks
        for start in range(0, len(found.boxes), _BATCH):
            chunk = found.boxes[start : start + _BATCH]
            looks = self._look(image, chunk)
            for _ in range(1, passes):
                chunk = np.stack([_next_box(box, result.box) for box, result in zip(chunk, looks, strict=True)])
                looks = self._look(image, chunk)
            results += looks
            seen += list(chunk)
        rotations = [None] * len(results) if found.rotations is None else found.rotations
        heads = [
            result.head(float(score), rotation, self.head_model)
            for result, score, rotation in zip(results, found.scores, rotations, strict=True)
        ]
        return [
            head
            for head, score, box in zip(heads, found.scores, seen, strict=True)
            if score >= found.certain or (not head.doubtful and agreement(head, box) >= CONFIRMING_AGREEMENT)
        ]

    @torch.inference_mode()
    def _look(self, image: np.ndarray, boxes: np.ndarray) -> list["_Result"]:
        """One forward pass over the crops about (N, 4) boxes."""
        crops = [Crop.around(box, self.crop_size) for box in boxes]
        pixels = torch.from_numpy(np.stack([_cut(crop, image) for crop in crops])).permute(0, 3, 1, 2)
        prediction = self._predict(pixels.to(self._device))
        parameters = self.head_model.clamp(self.head_model.layout.unpack(prediction.parameters))
        vertices = self.head_model.vertices(parameters)
        camera = WeakPerspective(rotation_from_6d(parameters.rotation), parameters.translation, parameters.scale)
        projected = camera.project(vertices)
        landmarks = prediction.landmarks
        if landmarks is None:  # a network without a landmark branch
            landmarks = self.head_model.landmarks(projected)
        spread = prediction.landmark_spread
        origin = camera.project(torch.zeros_like(vertices[:, :1]))
        metre = camera.project(camera.rotation[:, :1])  # the point one metre along the camera's x axis
        return [
            _Result(
                crop=crop,
                landmarks=_array(landmarks[i]) * crop.size,
                landmark_spread=None if spread is None else _array(spread[i]) * crop.size,
                vertices=_array(vertices[i]),
                projected=_array(projected[i]) * crop.size,
                rotation=_array(camera.rotation[i]),
                euler=_array(euler_from_rotation(camera.rotation[i])),
                origin=_array(origin[i, 0]) * crop.size,
                scale=float((metre - origin)[i, 0, 0]) * crop.size,
                parameters=_at(parameters, i),
                subset=self._head_subset,
            )
            for i, crop in enumerate(crops)
        ]

    def _predict(self, pixels: torch.Tensor) -> Prediction:
        """(B, 3, S, S) uint8 RGB -> the network's prediction, or its mean with that of the mirror images."""
        prediction = self._network(normalize(pixels))
        if not self.flip:
            return prediction
        mirrored = mirrored_prediction(self._network(normalize(pixels.flip(-1))), self.head_model)
        return mean_prediction(prediction, mirrored, self.head_model)


@dataclass(frozen=True, eq=False)
class _Result:
    """What one look says of one head; image coordinates are pixels of the crop."""

    crop: Crop
    landmarks: np.ndarray  # (68, 2)
    landmark_spread: np.ndarray | None  # (68,)
    vertices: np.ndarray  # (V, 3) metres, head space
    projected: np.ndarray  # (V, 2)
    rotation: np.ndarray  # (3, 3)
    euler: np.ndarray  # (3,) degrees
    origin: np.ndarray  # (2,) head space's origin
    scale: float  # pixels for each metre
    parameters: Parameters
    subset: np.ndarray  # vertex indices of "head"

    @property
    def box(self) -> np.ndarray:
        """(4,) pixels of the photograph: the head box that this result implies."""
        return bounds(self.crop.to_photograph(self.projected[self.subset].astype(np.float64)))

    def head(self, score: float, coarse: np.ndarray | None, head_model: HeadModel) -> Head:
        """The result in pixels of the photograph, checked against the detector's coarse rotation (3, 3), if any."""
        back = self.crop.to_photograph
        check = None if coarse is None else _angle(self.rotation, coarse)
        pitch, yaw, roll = self.euler.tolist()
        return Head(
            box=self.box,
            score=score * DOUBTFUL_FACTOR if check is not None and check > DOUBTFUL_ANGLE else score,
            landmarks=back(self.landmarks),
            vertices=self.vertices,
            projected=back(self.projected),
            pose=Pose(pitch, yaw, roll, self.rotation),
            camera=Camera(self.scale / self.crop.zoom, back(self.origin)),
            parameters=self.parameters,
            head_model=head_model,
            landmark_spread=None if self.landmark_spread is None else self.landmark_spread / self.crop.zoom,
            rotation_check=check,
        )


def _head_model(given: HeadModel | str | Path | None, name: str) -> HeadModel:
    """The user's head model, or the one of that name that ships."""
    if isinstance(given, HeadModel):
        return given
    if given is not None:
        return HeadModel.load(given)
    return HeadModel.shipped(name, "the network was trained on")


def _check_boxes(boxes: np.ndarray, image: np.ndarray) -> np.ndarray:
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError(f"boxes: expected (N, 4) finite head boxes [x, y, w, h] in pixels, got shape {boxes.shape}")
    height, width = image.shape[:2]
    end = boxes[:, :2] + boxes[:, 2:]
    wrong = (boxes[:, 2:] <= 0).any(axis=1) | (boxes[:, :2] >= (width, height)).any(axis=1) | (end <= 0).any(axis=1)
    if wrong.any():
        raise ValueError(
            f"boxes: {boxes[wrong][0].tolist()} has no area inside of the {width} × {height} photograph; "
            "expected [x, y, w, h] in pixels, (x, y) the top-left corner"
        )
    return boxes


def _cut(crop: Crop, image: np.ndarray) -> np.ndarray:
    """What `crop.cut` gives, filtering only the part of the photograph about the crop: heads may be small in it.

    The part begins on a multiple of the shrinking factor and is wide enough for the filter, so the pixels are the same.
    """
    step = 2 ** max(0, int(np.ceil(-np.log2(crop.zoom))))
    corners = crop.to_photograph(crop.size * np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    low = np.maximum((corners.min(axis=0) // step - 8) * step, 0).astype(int)
    high = ((corners.max(axis=0) // step + 9) * step).astype(int)
    part = image[low[1] : max(high[1], low[1]), low[0] : max(high[0], low[0])]
    if not part.size:
        return np.zeros((crop.size, crop.size, 3), np.uint8)
    affine = crop.affine.copy()
    affine[:, 2] += affine[:, :2] @ low
    return Crop(affine, crop.size).cut(part)


def _next_box(box: np.ndarray, implied: np.ndarray) -> np.ndarray:
    """The implied box, unless it has run away: not finite, far off in size, or centred outside of the last box."""
    if not np.isfinite(implied).all():
        return box
    change = max(implied[2:].max(), 1e-9) / box[2:].max()
    centre = implied[:2] + implied[2:] / 2
    inside = ((centre >= box[:2]) & (centre <= box[:2] + box[2:])).all()
    return implied if inside and 1 / _BOX_CHANGE < change < _BOX_CHANGE and (implied[2:] > 0).all() else box


def _distinct(heads: list[Head]) -> list[Head]:
    """Two boxes that led to the same head leave one result, the one with the better score."""
    if not heads:
        return []
    boxes, scores = np.stack([head.box for head in heads]), np.array([head.score for head in heads])
    kept = suppress(torch.from_numpy(boxes), torch.from_numpy(scores), _SAME_HEAD, len(heads))
    return [heads[index] for index in kept.tolist()]


def _angle(rotation: np.ndarray, coarse: np.ndarray) -> float:
    """Degrees between two (3, 3) rotations."""
    first, second = (torch.from_numpy(np.asarray(matrix, dtype=np.float64)) for matrix in (rotation, coarse))
    return float(angle_between(first, second))


def _at(parameters: HeadParameters, index: int) -> Parameters:
    return Parameters(**{f.name: _array(getattr(parameters, f.name)[index]) for f in fields(Parameters)})


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()
