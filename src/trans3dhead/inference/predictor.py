"""From a photograph to its heads: detect, crop, run the network, look again, map back to the photograph."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.defaults import DEFAULT_DETECTOR
from trans3dhead.geometry.boxes import bounds, suppress
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.aligners import AlignedHeads, open_aligner
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.detectors import DetectedHead, Detections, Detector, build_detector
from trans3dhead.inference.head import Head
from trans3dhead.inference.head_score import judged
from trans3dhead.inference.lens import Lens, check_lens
from trans3dhead.inference.mirror import mean_of, mirrored
from trans3dhead.inference.photograph import Image, Photograph
from trans3dhead.inference.runtimes import Runtime

if TYPE_CHECKING:
    from trans3dhead.head_model import HeadModel

_BATCH = 32  # heads in one forward pass
SAME_HEAD = 0.5  # two results whose boxes overlap more than this are one head
_PASSES_FACE, _PASSES_HEAD = 2, 1  # looks at a head whose box follows from a face, and at one whose box is known
LEAST_SCORE = 0.5  # of a head that our detector found: it is more likely one than not
_BOX_CHANGE = 3.0  # between two looks a box may grow or shrink by no more than this factor


@dataclass(frozen=True)
class _Found:
    """A detected head and where it is from."""

    photograph: int  # its index
    head: DetectedHead
    passes: int  # how often the network looks at it


class Predictor:
    """Finds and aligns the heads of photographs; of what ships nothing needs PyTorch.

    It keeps nothing of a photograph between calls.
    """

    def __init__(
        self,
        model: str | Path = "small",
        detector: str | Detector = DEFAULT_DETECTOR,
        passes: int | None = None,
        device: str = "cpu",
        head_model: "NumpyHeadModel | HeadModel | str | Path | None" = None,
        flip: bool = False,
        runtime: Runtime = "auto",
        threads: int | None = None,
        min_score: float | None = None,
        focal_length: float | None = None,
        field_of_view: float | None = None,
    ) -> None:
        """
        model: the name of a network that ships, a checkpoint's path, or an .onnx file of `trans3dhead export`;
        detector: "heads", "heads:PATH", "cascade", "yunet:PATH" or your own;
        passes: how often the network looks, each time after the first at the box that its last result implies; None:
        twice where the box follows from a face that was found, once at a head box that is found or given;
        device: of the network that aligns, "cpu" or "cuda";
        head_model: for a network whose head model does not ship, the head model or its file;
        flip: look at the mirror image of each crop too and answer the mean of both, in twice the time;
        runtime: "onnx" or "torch", of that network; "auto": PyTorch for checkpoints, ONNX Runtime for all else;
        threads: of ONNX Runtime, for both networks; None: as many as the processor has cores, four at most;
        min_score: of a head that is answered, 0..1; None: 0.5 of our head detector, of all others what they find;
        focal_length, field_of_view: of the photographs' camera, pixels, or degrees across the photograph; None of both:
        as a photograph's EXIF says, and else a guess, see `Lens`.
        """
        if passes is not None and passes < 1:
            raise ValueError(f"passes: expected 1 or more, got {passes}")
        if min_score is not None and not 0.0 <= min_score <= 1.0:
            raise ValueError(f"min_score: expected 0 to 1, got {min_score}")
        check_lens(focal_length, field_of_view)
        self._focal_length, self._field_of_view = focal_length, field_of_view
        self._aligner = open_aligner(model, head_model, runtime, device, threads)
        self.head_model, self.crop_size = self._aligner.head_model, self._aligner.crop_size
        if flip and not self.head_model.has_mirror:
            raise ValueError(
                f"flip: the head model {self.head_model.name!r} does not know which vertices are mirror images; "
                "leave it out"
            )
        self.detector: Detector = build_detector(detector, threads=threads) if isinstance(detector, str) else detector
        self.passes, self.flip, self.min_score = passes, flip, min_score
        self._head_subset = self.head_model.subsets["head"]

    def __call__(self, image: Image | Photograph, boxes: np.ndarray | None = None) -> list[Head]:
        """The heads of a photograph, largest first; an empty list where there is none.

        image: a file, (H, W, 3) uint8 RGB, a picture of PIL, a uint8 tensor (3, H, W) or (H, W, 3), or a `Photograph`;
        a large JPEG is decoded no finer than it is looked at. boxes: (N, 4) head boxes [x, y, w, h], pixels, in place
        of the detector; the result is then one head for each box, in their order.
        """
        return self.batch([image], None if boxes is None else [boxes])[0]

    def batch(
        self, images: Sequence[Image | Photograph], boxes: Sequence[np.ndarray] | None = None
    ) -> list[list[Head]]:
        """The heads of each photograph, as one call for each would find them, all in batches of the network.

        All photographs are in memory at once. boxes: those of each photograph, as a call takes them.
        """
        photographs = [image if isinstance(image, Photograph) else Photograph(image) for image in images]
        if boxes is None:
            heads = self._align(photographs, [self._detect(photograph) for photograph in photographs])
            return [sorted(_distinct(found), key=lambda head: -float(head.box[2] * head.box[3])) for found in heads]
        if len(boxes) != len(photographs):
            raise ValueError(f"boxes: expected those of {len(photographs)} photographs, got {len(boxes)}")
        given = (_check_boxes(rows, photograph) for rows, photograph in zip(boxes, photographs, strict=True))
        return self._align(photographs, [Detections(rows, np.ones(len(rows)), from_faces=False) for rows in given])

    def _detect(self, photograph: Photograph) -> Detections:
        """What the detector finds in as many pixels as it looks at."""
        longest_side = getattr(self.detector, "longest_side", None)
        pixels, reduction = photograph.pixels(1 if longest_side is None else photograph.coarsest(longest_side))
        return self.detector(pixels).on_photograph(reduction)

    def _align(self, photographs: Sequence[Photograph], found: Sequence[Detections]) -> list[list[Head]]:
        """What a detector found in each photograph -> of each the results that count as heads, in their order."""
        detected = [
            _Found(index, head, self._passes(boxes)) for index, boxes in enumerate(found) for head in boxes.heads()
        ]
        for photograph, boxes in zip(photographs, found, strict=True):  # decoded once for all of its crops
            _fine_enough(photograph, [Crop.around(box, self.crop_size) for box in boxes.boxes])
        heads: list[list[Head]] = [[] for _ in photographs]
        for start in range(0, len(detected), _BATCH):
            chunk = detected[start : start + _BATCH]
            for one, (head, box) in zip(chunk, self._align_batch(photographs, chunk), strict=True):
                scored = judged(head, one.head, box)
                if scored.score >= self._least_score(one.head):
                    heads[one.photograph].append(scored)
        return heads

    def _least_score(self, detected: DetectedHead) -> float:
        if self.min_score is not None:
            return self.min_score
        return LEAST_SCORE if detected.known else 0.0

    def _passes(self, found: Detections) -> int:
        return self.passes or (_PASSES_FACE if found.from_faces else _PASSES_HEAD)

    def _align_batch(
        self, photographs: Sequence[Photograph], detected: Sequence["_Found"]
    ) -> list[tuple[Head, np.ndarray]]:
        """As many detected heads as go through the network at once -> of each its result and its last look's box."""
        boxes = [one.head.box for one in detected]
        heads = self._look([photographs[one.photograph] for one in detected], boxes)
        for look in range(1, max(one.passes for one in detected)):
            again = [index for index, one in enumerate(detected) if one.passes > look]
            for index in again:
                boxes[index] = _next_box(boxes[index], heads[index].box)
            seen = self._look([photographs[detected[i].photograph] for i in again], [boxes[i] for i in again])
            for index, head in zip(again, seen, strict=True):
                heads[index] = head
        return list(zip(heads, boxes, strict=True))

    def _look(self, photographs: Sequence[Photograph], boxes: Sequence[np.ndarray]) -> list[Head]:
        """One forward pass over crops about N boxes, one of a photograph each -> what it says of it, head or not."""
        crops = [Crop.around(box, self.crop_size) for box in boxes]
        cut = []
        for photograph, crop in zip(photographs, crops, strict=True):
            pixels, reduction = _fine_enough(photograph, [crop])
            cut.append(crop.on_reduced(reduction).cut(pixels))
        aligned = self._align_crops(np.stack(cut))
        return [
            self._head(aligned, index, crop, self._lens(photograph))
            for index, (photograph, crop) in enumerate(zip(photographs, crops, strict=True))
        ]

    def _lens(self, photograph: Photograph) -> Lens:
        if self._focal_length is None and self._field_of_view is None:
            return Lens.guessed(photograph.size, photograph.focal_length_35mm)
        return Lens.given(photograph.size, self._focal_length, self._field_of_view)

    def _align_crops(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> what the network says of them, with `flip` the mean with their mirror images."""
        aligned = self._aligner(crops)
        if not self.flip:
            return aligned
        of_mirrored = self._aligner(np.ascontiguousarray(crops[:, :, ::-1]))
        return mean_of(aligned, mirrored(of_mirrored, self.head_model), self.head_model)

    def _head(self, aligned: AlignedHeads, index: int, crop: Crop, lens: Lens) -> Head:
        """One head of a batch, on the photograph that its crop was cut from."""
        pixels = crop.size / crop.zoom  # of the photograph in a crop unit
        parts = self.head_model.layout.split(aligned.parameters[index])
        parameters = Parameters(**{f.name: parts[f.name].copy() for f in fields(Parameters)})
        on_photograph = crop.to_photograph(aligned.projected[index] * crop.size)
        pitch, yaw, roll = aligned.euler[index].tolist()
        return Head(
            box=bounds(on_photograph[self._head_subset]),
            score=1.0,
            landmarks=crop.to_photograph(aligned.landmarks[index] * crop.size),
            vertices=aligned.vertices[index].copy(),
            projected=on_photograph,
            pose=Pose(pitch, yaw, roll, aligned.rotation[index].copy()),
            camera=_on_photograph(parameters, crop),
            parameters=parameters,
            head_model=self.head_model,
            landmark_spread=None if aligned.spread is None else aligned.spread[index] * pixels,
            lens=lens,
        )


def _fine_enough(photograph: Photograph, crops: Sequence[Crop]) -> tuple[np.ndarray, int]:
    """A photograph's pixels, and how many of it one of these is wide: no more than a pixel of any crop."""
    return photograph.pixels(min((1 / crop.zoom for crop in crops), default=np.inf))


def _check_boxes(boxes: np.ndarray, photograph: Photograph) -> np.ndarray:
    try:
        boxes = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"boxes: expected (N, 4) head boxes [x, y, w, h] in pixels, got others ({error})") from error
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError(f"boxes: expected (N, 4) finite head boxes [x, y, w, h] in pixels, got shape {boxes.shape}")
    width, height = photograph.size
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
    kept = suppress(boxes, scores, SAME_HEAD, len(heads))
    return [heads[index] for index in kept.tolist()]


def _on_photograph(parameters: Parameters, crop: Crop) -> Camera:
    """The camera of a crop in pixels of the photograph."""
    translation, scale = (part.astype(np.float64)[None] for part in (parameters.translation, parameters.scale))
    camera = WeakPerspective(np.eye(3)[None], translation, scale)  # the turn does not matter here
    return Camera(float(camera.metre[0]) * crop.size / crop.zoom, crop.to_photograph(camera.origin[0] * crop.size))
