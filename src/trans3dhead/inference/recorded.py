"""What a predictor answered, as few numbers: enough to follow heads through a video again without the network.

A tracker's and a smoother's state follows from all frames before, and from nothing but the answers that the predictor
gave. So a video that was interrupted goes on exactly where it was once these are given again, one by one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Camera, Parameters
from trans3dhead.inference.head import Head
from trans3dhead.inference.lens import Lens
from trans3dhead.inference.posed_mesh import PosedMesh

if TYPE_CHECKING:
    from trans3dhead.inference.predictor import Predictor


@dataclass(frozen=True)
class LensNumbers:
    """A `Lens` as plain numbers."""

    focal_length: float
    principal_point: tuple[float, float]
    source: Literal["given", "exif", "assumed"]

    @classmethod
    def of(cls, lens: Lens) -> "LensNumbers":
        """Those of a lens."""
        x, y = lens.principal_point.tolist()
        return cls(lens.focal_length, (x, y), lens.source)

    def lens(self) -> Lens:
        """The lens that they are of."""
        return Lens(self.focal_length, np.array(self.principal_point), self.source)


@dataclass(frozen=True)
class HeadNumbers:
    """A `Head` without what follows from it through the head model, as plain numbers."""

    parameters: list[float]  # in the order of the layout
    rotation: list[float]  # nine, row by row
    scale: float  # of the camera, and its translation
    translation: tuple[float, float]
    landmarks: list[float]  # x and y of the 68, in turn
    landmark_spread: list[float] | None
    score: float
    detector_score: float | None
    agreement: float | None
    rotation_check: float | None
    lens: LensNumbers | None

    @classmethod
    def of(cls, head: Head) -> "HeadNumbers":
        """What there is to remember of a head."""
        layout = head.head_model.layout
        vector = np.concatenate([getattr(head.parameters, name) for name in layout.widths._fields])
        x, y = head.camera.translation.tolist()
        return cls(
            vector.tolist(),
            head.pose.rotation.ravel().tolist(),
            float(head.camera.scale),
            (x, y),
            head.landmarks.ravel().tolist(),
            None if head.landmark_spread is None else head.landmark_spread.tolist(),
            float(head.score),
            head.detector_score,
            head.agreement,
            head.rotation_check,
            None if head.lens is None else LensNumbers.of(head.lens),
        )

    def fits(self, head_model: NumpyHeadModel) -> bool:
        """Whether there are as many numbers as a head of this head model has."""
        spread = 68 if self.landmark_spread is None else len(self.landmark_spread)
        counts = (len(self.parameters), len(self.rotation), len(self.landmarks), spread)
        return counts == (head_model.layout.size, 9, 136, 68)

    def head(self, head_model: NumpyHeadModel) -> Head:
        """The head that they are of."""
        parts = head_model.layout.split(np.array([self.parameters], np.float32))
        parameters = Parameters(**{name: part[0] for name, part in parts.items()})
        camera = Camera(self.scale, np.array(self.translation))
        mesh = PosedMesh.of(head_model, parameters, np.array(self.rotation).reshape(3, 3), camera)
        return Head(
            box=mesh.box,
            score=self.score,
            landmarks=np.array(self.landmarks).reshape(68, 2),
            vertices=mesh.vertices,
            projected=mesh.projected,
            pose=mesh.pose,
            camera=camera,
            parameters=parameters,
            head_model=head_model,
            landmark_spread=None if self.landmark_spread is None else np.array(self.landmark_spread),
            detector_score=self.detector_score,
            agreement=self.agreement,
            rotation_check=self.rotation_check,
            lens=None if self.lens is None else self.lens.lens(),
        )


@dataclass(frozen=True)
class Answer:
    """What a predictor said of one frame."""

    boxes: int | None  # how many it was asked about; None: the detector looked
    heads: list[HeadNumbers]


class RecordedPredictor:
    """A predictor for `HeadTracker` whose answers are noted, and that gives those first that were noted before.

    Heads are made of the numbers that are noted, the first time too: what a tracker sees, and all files of it, are the
    same whether an answer is new or remembered.
    """

    def __init__(self, predictor: "Predictor", before: Iterator[Answer], note: Callable[[Answer], None]) -> None:
        """before: the answers to the first calls; note: what is done with each new one."""
        self._predictor, self._before, self._note = predictor, before, note
        self.any_roll = predictor.any_roll
        self.remembers = False  # whether the last answer was one from before

    def __call__(
        self, frame: np.ndarray, boxes: np.ndarray | None = None, rolls: np.ndarray | None = None
    ) -> list[Head]:
        """As a `Predictor`. Raises ValueError where another question was answered before."""
        asked = None if boxes is None else len(boxes)
        answer = next(self._before, None)
        self.remembers = answer is not None
        if answer is None:
            found = self._predictor(frame, boxes, rolls)
            answer = Answer(asked, [HeadNumbers.of(head) for head in found])
            self._note(answer)
        elif answer.boxes != asked:
            raise ValueError("what is remembered of its frames is of another video; leave out --resume to begin anew")
        return [numbers.head(self._predictor.head_model) for numbers in answer.heads]
