"""From a photograph to its heads: detect, crop, run the network, look again, map back to the photograph."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.defaults import DEFAULT_DETECTOR, reader_of
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.matrices import axis_rotation, matrix_to_6d
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.aligners import AlignedHeads, open_aligner
from trans3dhead.inference.aligners.aligned_heads import posed
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.closer_look import CloserLook
from trans3dhead.inference.detectors import DetectedHead, Detections, Detector, build_detector
from trans3dhead.inference.detectors.any_roll import SIDES, AnyRollDetector, from_all_sides
from trans3dhead.inference.distinct import best_of_any_roll, distinct_heads, distinct_of_any_roll
from trans3dhead.inference.given_boxes import given_boxes
from trans3dhead.inference.head import Head
from trans3dhead.inference.head_score import judged
from trans3dhead.inference.lens import Lens, check_lens
from trans3dhead.inference.mirror import answers_of
from trans3dhead.inference.photograph import Image, Photograph
from trans3dhead.inference.runtimes import Runtime
from trans3dhead.weights.shipped import reader_path

if TYPE_CHECKING:
    from trans3dhead.head_model import HeadModel

_BATCH = 32  # heads in one forward pass
_PASSES_FACE, _PASSES_HEAD = 2, 1  # looks at a head whose box follows from a face, and at one whose box is known
LEAST_SCORE = 0.5  # of a head that our detector found: it is more likely one than not
_BOX_CHANGE = 3.0  # between two looks a box may grow or shrink by no more than this factor


@dataclass(frozen=True)
class _Found:
    """A detected head and where it is from."""

    photograph: int  # its index
    head: DetectedHead
    passes: int  # how often the network looks at it


@dataclass(frozen=True, eq=False)
class _Result:
    """A head as the network sees it, before anyone looks closer."""

    head: Head
    box: np.ndarray  # (4,) [x, y, w, h] pixels: about which its crop was cut out


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
        any_roll: bool = False,
        closer_look: str | Path = "auto",
    ) -> None:
        """
        model: the name of a network that ships, a checkpoint's path, or an .onnx file of `trans3dhead export`;
        detector: "heads", "heads:PATH", "cascade", "yunet:PATH" or your own;
        passes: how often the network looks, each time after the first at the box that its last result implies; None:
        twice where the box follows from a face that was found, once at a head box that is found or given;
        device: of the networks that align, "cpu" or "cuda";
        head_model: for a network whose head model does not ship, the head model or its file;
        flip: look at the mirror image of each crop too and answer the mean of both, in twice the time;
        runtime: "onnx" or "torch", of these networks; "auto": PyTorch for checkpoints, ONNX Runtime for all else;
        threads: of ONNX Runtime, for all networks; None: as many as the processor has cores, four at most;
        min_score: of a head that is answered, 0..1; None: 0.5 of our head detector, of all others what they find;
        focal_length, field_of_view: of the photographs' camera, pixels, or degrees across the photograph; None of both:
        as a photograph's EXIF says, and else a guess, see `Lens`;
        any_roll: find heads that lie on their side or are upside down too, in four times the detector's time and with
        more false heads; a given box is looked at from all four sides;
        closer_look: a network that reads the face of each head upright and close, "face", a checkpoint's path or an
        .onnx file; "auto": the one that ships for this network, if any; "none": no second network looks.
        """
        if passes is not None and passes < 1:
            raise ValueError(f"passes: expected 1 or more, got {passes}")
        if min_score is not None and not 0.0 <= min_score <= 1.0:
            raise ValueError(f"min_score: expected 0 to 1, got {min_score}")
        check_lens(focal_length, field_of_view)
        self._focal_length, self._field_of_view = focal_length, field_of_view
        self._aligner = open_aligner(model, head_model, runtime, device, threads)
        if self._aligner.framing != "head":
            raise ValueError(f"model: {model} reads faces that another network found; give it as the closer look")
        self.head_model, self.crop_size = self._aligner.head_model, self._aligner.crop_size
        self._closer_look: CloserLook | None = None
        if (asked := reader_of(model, closer_look)) is not None:
            reader = open_aligner(reader_path(asked), self.head_model, runtime, device, threads)
            self._closer_look = CloserLook(reader, flip)
        if flip and not self.head_model.has_mirror:
            raise ValueError(
                f"flip: the head model {self.head_model.name!r} does not know which vertices are mirror images; "
                "leave it out"
            )
        upright = build_detector(detector, threads=threads) if isinstance(detector, str) else detector
        self.detector: Detector = AnyRollDetector(upright) if any_roll else upright
        self.passes, self.flip, self.min_score, self.any_roll = passes, flip, min_score, any_roll

    def of_any_roll(self) -> "Predictor":
        """The same with `any_roll`; it shares the networks."""
        if self.any_roll:
            return self
        other = copy(self)
        other.detector, other.any_roll = AnyRollDetector(self.detector), True
        return other

    def __call__(
        self, image: Image | Photograph, boxes: np.ndarray | None = None, rolls: np.ndarray | None = None
    ) -> list[Head]:
        """The heads of a photograph, largest first; an empty list where there is none.

        image: a file, (H, W, 3) uint8 RGB, a picture of PIL, a uint8 tensor (3, H, W) or (H, W, 3), or a `Photograph`;
        a large JPEG is decoded no finer than it is looked at. boxes: (N, 4) head boxes [x, y, w, h], pixels, in place
        of the detector; the result is then one head for each box, in their order. rolls: (N,) degrees by which the
        heads of these boxes are rolled clockwise, roughly; None: they are upright, or with `any_roll` nobody knows.
        """
        return self.batch([image], None if boxes is None else [boxes], None if rolls is None else [rolls])[0]

    def batch(
        self,
        images: Sequence[Image | Photograph],
        boxes: Sequence[np.ndarray] | None = None,
        rolls: Sequence[np.ndarray] | None = None,
    ) -> list[list[Head]]:
        """The heads of each photograph, as one call for each would find them, all in batches of the network.

        All photographs are in memory at once. boxes, rolls: those of each photograph, as a call takes them.
        """
        photographs = [image if isinstance(image, Photograph) else Photograph(image) for image in images]
        if boxes is not None:
            given = given_boxes(photographs, boxes, rolls)
            if not (self.any_roll and rolls is None):
                return self._looked_closer(photographs, self._align(photographs, given))
            seen = self._align(photographs, [from_all_sides(boxes) for boxes in given])
            return self._looked_closer(photographs, [_best_of_sides(results) for results in seen])
        if rolls is not None:
            raise ValueError("rolls: expected boxes beside them, whose heads they are of; got none")
        found = self._align(photographs, [self._detect(photograph) for photograph in photographs])
        distinct = distinct_of_any_roll if self.any_roll else distinct_heads
        kept = [_those_of(results, distinct([result.head for result in results])) for results in found]
        heads = self._looked_closer(photographs, kept)
        return [sorted(of_one, key=lambda head: -float(head.box[2] * head.box[3])) for of_one in heads]

    def _detect(self, photograph: Photograph) -> Detections:
        """What the detector finds in as many pixels as it looks at."""
        longest_side = getattr(self.detector, "longest_side", None)
        pixels, reduction = photograph.pixels(1 if longest_side is None else photograph.coarsest(longest_side))
        return self.detector(pixels).on_photograph(reduction)

    def _align(self, photographs: Sequence[Photograph], found: Sequence[Detections]) -> list[list["_Result"]]:
        """What a detector found in each photograph -> of each the results that count as heads, in their order."""
        detected = [
            _Found(index, head, self._passes(boxes)) for index, boxes in enumerate(found) for head in boxes.heads()
        ]
        finer = 1.0 if self._closer_look is None else self._closer_look.finer(self.crop_size)
        for photograph, boxes in zip(photographs, found, strict=True):  # decoded once for all of its crops
            crops = [Crop.around(box, self.crop_size) for box in boxes.boxes]
            photograph.pixels(min((finer / crop.zoom for crop in crops), default=np.inf))
        results: list[list[_Result]] = [[] for _ in photographs]
        for start in range(0, len(detected), _BATCH):
            chunk = detected[start : start + _BATCH]
            for one, (head, box) in zip(chunk, self._align_batch(photographs, chunk), strict=True):
                scored = judged(head, one.head, box)
                if scored.score >= self._least_score(one.head):
                    results[one.photograph].append(_Result(scored, box))
        return results

    def _looked_closer(
        self, photographs: Sequence[Photograph], results: Sequence[Sequence["_Result"]]
    ) -> list[list[Head]]:
        """The results in each photograph -> its heads, after the closer look where there is one."""
        heads = [[result.head for result in of_one] for of_one in results]
        if self._closer_look is None:
            return heads
        places = [(index, place) for index, of_one in enumerate(results) for place in range(len(of_one))]
        for start in range(0, len(places), _BATCH):
            chunk = places[start : start + _BATCH]
            crops = [Crop.around(results[index][place].box, self.crop_size) for index, place in chunk]
            seen = self._closer_look(
                [photographs[index] for index, _ in chunk], [heads[index][place] for index, place in chunk], crops
            )
            for (index, place), head in zip(chunk, seen, strict=True):
                heads[index][place] = head
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
        boxes, rolls = [one.head.box for one in detected], [one.head.roll for one in detected]
        heads = self._look([photographs[one.photograph] for one in detected], boxes, rolls)
        for look in range(1, max(one.passes for one in detected)):
            again = [index for index, one in enumerate(detected) if one.passes > look]
            for index in again:
                boxes[index] = _next_box(boxes[index], heads[index].box)
            of = [photographs[detected[index].photograph] for index in again]
            seen = self._look(of, [boxes[index] for index in again], [rolls[index] for index in again])
            for index, head in zip(again, seen, strict=True):
                heads[index] = head
        return list(zip(heads, boxes, strict=True))

    def _look(
        self, photographs: Sequence[Photograph], boxes: Sequence[np.ndarray], rolls: Sequence[float]
    ) -> list[Head]:
        """One forward pass over crops about N boxes, one of a photograph each -> what it says of it, head or not.

        Each is turned back by as many degrees as its head is rolled.
        """
        crops = [Crop.around(box, self.crop_size, roll=-roll) for box, roll in zip(boxes, rolls, strict=True)]
        cut = [photograph.cut(crop) for photograph, crop in zip(photographs, crops, strict=True)]
        aligned = self._align_crops(np.stack(cut))
        return [
            self._head(aligned, index, crop, roll, self._lens(photograph))
            for index, (photograph, crop, roll) in enumerate(zip(photographs, crops, rolls, strict=True))
        ]

    def _lens(self, photograph: Photograph) -> Lens:
        if self._focal_length is None and self._field_of_view is None:
            return Lens.guessed(photograph.size, photograph.focal_length_35mm)
        return Lens.given(photograph.size, self._focal_length, self._field_of_view)

    def _align_crops(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> what the network says of them, with `flip` the mean with their mirror images."""
        if not self.flip:
            return self._aligner(crops)
        said = answers_of(self._aligner, crops, flip=True)
        return posed(self.head_model, said.landmarks, said.spread, said.parameters)

    def _head(self, aligned: AlignedHeads, index: int, crop: Crop, roll: float, lens: Lens) -> Head:
        """One head of a batch, on the photograph that its crop was cut from; roll: by which that was turned back."""
        pixels = crop.size / crop.zoom  # of the photograph in a crop unit
        parameters = Parameters.of(aligned.parameters[index], self.head_model.layout)
        on_photograph = crop.to_photograph(aligned.projected[index] * crop.size)
        camera, pose = Camera.of(parameters, crop), _pose(aligned, index)
        if roll:
            parameters, pose = _rolled(parameters, pose, roll)
            box = bounds(on_photograph[self.head_model.subsets["head"]])
        else:
            corner = crop.to_photograph(aligned.box[index, :2] * crop.size)
            box = np.concatenate((corner, aligned.box[index, 2:] * pixels))
        return Head(
            box=box,
            score=1.0,
            landmarks=crop.to_photograph(aligned.landmarks[index] * crop.size),
            vertices=aligned.vertices[index].copy(),
            projected=on_photograph,
            pose=pose,
            camera=camera,
            parameters=parameters,
            head_model=self.head_model,
            landmark_spread=None if aligned.spread is None else aligned.spread[index] * pixels,
            lens=lens,
        )


def _best_of_sides(results: Sequence[_Result]) -> list[_Result]:
    """Results on boxes that were looked at from all sides -> the best one on each."""
    sides = (results[start : start + SIDES] for start in range(0, len(results), SIDES))
    return [_those_of(of_box, [best_of_any_roll([result.head for result in of_box])])[0] for of_box in sides]


def _those_of(results: Sequence[_Result], heads: Sequence[Head]) -> list[_Result]:
    """The results of these heads, in their order."""
    by_head = {id(result.head): result for result in results}
    return [by_head[id(head)] for head in heads]


def _next_box(box: np.ndarray, implied: np.ndarray) -> np.ndarray:
    """The implied box, unless it has run away: not finite, far off in size, or centred outside of the last box."""
    if not np.isfinite(implied).all():
        return box
    change = max(implied[2:].max(), 1e-9) / box[2:].max()
    centre = implied[:2] + implied[2:] / 2
    inside = ((centre >= box[:2]) & (centre <= box[:2] + box[2:])).all()
    return implied if inside and 1 / _BOX_CHANGE < change < _BOX_CHANGE and (implied[2:] > 0).all() else box


def _pose(aligned: AlignedHeads, index: int) -> Pose:
    pitch, yaw, roll = aligned.euler[index].tolist()
    return Pose(pitch, yaw, roll, aligned.rotation[index].copy())


def _rolled(parameters: Parameters, pose: Pose, roll: float) -> tuple[Parameters, Pose]:
    """What is said of a head in a crop that was turned back by so many degrees, as of one that was not turned."""
    turn = axis_rotation("z", roll)
    rotation = (turn @ pose.rotation).astype(pose.rotation.dtype)
    dtype = parameters.translation.dtype
    said = {
        "rotation": matrix_to_6d(rotation).astype(dtype),
        "translation": (turn @ parameters.translation).astype(dtype),
    }
    return replace(parameters, **said), Pose.of(rotation)
