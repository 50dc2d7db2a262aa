"""From a photograph to its heads: detect, crop, run the network, look again, map back to the photograph."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch

from trans3dhead.defaults import DEFAULT_DETECTOR
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import angle_between, euler_from_rotation, rotation_from_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.images import check_photograph, read_photograph
from trans3dhead.inference.agreement import counts_as_head
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.detectors import DetectedHead, Detections, Detector, build_detector
from trans3dhead.inference.head import DOUBTFUL_ANGLE, DOUBTFUL_FACTOR, Head
from trans3dhead.inference.mirror import mean_prediction, mirrored_prediction
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
        """N head boxes with their scores -> one head for each that counts as one, in their order."""
        passes = self.passes or (_PASSES_FACE if found.from_faces else _PASSES_HEAD)
        detected = list(found.heads())
        chunks = (detected[start : start + _BATCH] for start in range(0, len(detected), _BATCH))
        return [head for chunk in chunks for head in self._align_batch(image, chunk, passes)]

    def _align_batch(self, image: np.ndarray, detected: Sequence[DetectedHead], passes: int) -> list[Head]:
        """As many detected heads as go through the network at once, each looked at `passes` times."""
        boxes = np.stack([found.box for found in detected])
        heads = self._look(image, boxes)
        for _ in range(1, passes):
            boxes = np.stack([_next_box(box, head.box) for box, head in zip(boxes, heads, strict=True)])
            heads = self._look(image, boxes)
        heads = [_checked(head, found) for head, found in zip(heads, detected, strict=True)]
        looks = zip(heads, detected, boxes, strict=True)
        return [head for head, found, box in looks if counts_as_head(head, found, box)]

    @torch.inference_mode()
    def _look(self, image: np.ndarray, boxes: np.ndarray) -> list[Head]:
        """One forward pass over the crops about (N, 4) boxes -> what it says of each, whether that is a head or not."""
        crops = [Crop.around(box, self.crop_size) for box in boxes]
        pixels = torch.from_numpy(np.stack([crop.cut(image) for crop in crops])).permute(0, 3, 1, 2)
        prediction = self._predict(pixels.to(self._device))
        parameters = self.head_model.clamp(self.head_model.layout.unpack(prediction.parameters))
        vertices = self.head_model.vertices(parameters)
        camera = WeakPerspective(rotation_from_6d(parameters.rotation), parameters.translation, parameters.scale)
        projected = camera.project(vertices)
        landmarks = prediction.landmarks
        if landmarks is None:  # a network without a landmark branch
            landmarks = self.head_model.landmarks(projected)
        spread = prediction.landmark_spread
        heads = []
        for i, crop in enumerate(crops):
            on_photograph = crop.to_photograph(_array(projected[i]) * crop.size)
            heads.append(
                Head(
                    box=bounds(on_photograph[self._head_subset]),
                    score=1.0,
                    landmarks=crop.to_photograph(_array(landmarks[i]) * crop.size),
                    vertices=_array(vertices[i]),
                    projected=on_photograph,
                    pose=_pose(camera.rotation[i]),
                    camera=_on_photograph(float(camera.metre[i]), _array(camera.origin[i]), crop),
                    parameters=_of_head(parameters, i),
                    head_model=self.head_model,
                    landmark_spread=None if spread is None else _array(spread[i]) * crop.size / crop.zoom,
                )
            )
        return heads

    def _predict(self, pixels: torch.Tensor) -> Prediction:
        """(B, 3, S, S) uint8 RGB -> the network's prediction, or its mean with that of the mirror images."""
        prediction = self._network(normalize(pixels))
        if not self.flip:
            return prediction
        mirrored = mirrored_prediction(self._network(normalize(pixels.flip(-1))), self.head_model)
        return mean_prediction(prediction, mirrored, self.head_model)


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


def _checked(head: Head, detected: DetectedHead) -> Head:
    """The head with its detector's score, which counts less where network and detector differ too much in rotation."""
    if detected.rotation is None:
        return replace(head, score=detected.score)
    seen, coarse = (torch.from_numpy(np.asarray(r, dtype=np.float64)) for r in (head.pose.rotation, detected.rotation))
    apart = float(angle_between(seen, coarse))
    score = detected.score * DOUBTFUL_FACTOR if apart > DOUBTFUL_ANGLE else detected.score
    return replace(head, score=score, rotation_check=apart)


def _pose(rotation: torch.Tensor) -> Pose:
    """(3, 3) head space -> camera space, with its angles."""
    pitch, yaw, roll = euler_from_rotation(rotation).tolist()
    return Pose(pitch, yaw, roll, _array(rotation))


def _on_photograph(metre: float, origin: np.ndarray, crop: Crop) -> Camera:
    """A crop's camera in pixels of the photograph. metre: crop units for each metre; origin: (2,) crop units."""
    return Camera(metre * crop.size / crop.zoom, crop.to_photograph(origin * crop.size))


def _of_head(parameters: HeadParameters, index: int) -> Parameters:
    """The parameters of one head of a batch."""
    return Parameters(**{f.name: _array(getattr(parameters, f.name)[index]) for f in fields(Parameters)})


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()
