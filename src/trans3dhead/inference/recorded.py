"""What a predictor answered, as few numbers: enough to follow heads through a video again without the network.

A tracker's and a smoother's state follows from all frames before, and from nothing but the answers that the predictor
gave. So a video that was interrupted goes on exactly where it was once these are given again, one by one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Camera, Parameters
from trans3dhead.inference.head import Head
from trans3dhead.inference.lens import Lens
from trans3dhead.inference.posed_mesh import PosedMesh

if TYPE_CHECKING:
    from trans3dhead.inference.predictor import Predictor


# Bounds for whoever reads them from a file, far beyond any head's: whatever follows from such numbers is finite.
_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
_Scale = Annotated[float, Meta(ge=1e-9, le=1e6)]
_ROUNDING = 1e-3  # of a rotation times its transpose


@dataclass(frozen=True)
class LensNumbers:
    """A `Lens` as plain numbers."""

    focal_length: _Scale
    principal_point: tuple[_Number, _Number]
    source: Literal["given", "exif", "assumed"]

    @classmethod
    def of(cls, lens: Lens) -> "LensNumbers":
        """The numbers of a lens."""
        x, y = lens.principal_point.tolist()
        return cls(lens.focal_length, (x, y), lens.source)

    def lens(self) -> Lens:
        """The lens with these numbers."""
        return Lens(self.focal_length, np.array(self.principal_point), self.source)


@dataclass(frozen=True)
class HeadNumbers:
    """A `Head` without what follows from it through the head model, as plain numbers."""

    parameters: list[_Number]  # in the order of the layout
    rotation: list[_Number]  # nine, row by row
    scale: _Scale  # of the camera, and its translation
    translation: tuple[_Number, _Number]
    landmarks: list[_Number]  # x and y of the 68, in turn
    landmark_spread: list[_Number] | None
    score: _Number
    detector_score: _Number | None
    agreement: _Number | None
    rotation_check: _Number | None
    lens: LensNumbers | None

    @classmethod
    def of(cls, head: Head) -> "HeadNumbers":
        """What there is to remember of a head."""
        x, y = head.camera.translation.tolist()
        return cls(
            head.parameters.vector(head.head_model.layout).tolist(),
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
        """Whether there are as many numbers as a head of this head model has, and its rotation is one."""
        spread = 68 if self.landmark_spread is None else len(self.landmark_spread)
        counts = (len(self.parameters), len(self.rotation), len(self.landmarks), spread)
        if counts != (head_model.layout.size, 9, 136, 68):
            return False
        rotation = np.array(self.rotation).reshape(3, 3)
        return bool(np.abs(rotation @ rotation.T - np.eye(3)).max() < _ROUNDING)

    def head(self, head_model: NumpyHeadModel) -> Head:
        """The head that they are of."""
        parameters = Parameters.of(np.array(self.parameters, np.float32), head_model.layout)
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
        """The heads of a frame, as `Predictor` answers them. Raises ValueError where another question was answered
        before.
        """
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
