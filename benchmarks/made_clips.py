"""Clips whose motion is known, for benchmarks/video.py: heads cut out of a photograph and moved over a background."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from trans3dhead import Predictor
from trans3dhead.geometry.boxes import iou
from trans3dhead.geometry.matrices import axis_rotation

RATE = 30.0  # frames a second
NOISE = 5.0  # levels of 255, the deviation of each channel of each pixel
WIDTH, HEIGHT = 640, 360
SIZE = 110.0  # pixels: the longer side of a head's box at a zoom of one
_HAIR = (1.5, 1.35)  # of the box's width and height: what is cut out about its middle
_COVERED = 0.2  # overlap of two heads from which the farther one counts as hidden
_POST = (265, 385)  # pixels, its left and right edge


@dataclass(frozen=True)
class Place:
    """Where a head is in a frame: its middle, pixels; its zoom; its roll, degrees clockwise."""

    x: float
    y: float
    zoom: float = 1.0
    roll: float = 0.0

    def affine(self, middle: np.ndarray) -> np.ndarray:
        """(2, 3) from the cut-out's pixels, of which `middle` (2,) is the head's middle, to the frame's."""
        linear = self.zoom * axis_rotation("z", self.roll)[:2, :2]
        return np.column_stack((linear, np.array([self.x, self.y]) - linear @ middle))


@dataclass(frozen=True)
class Actor:
    """A person of a scene: a cut-out, and where it is at each time, in seconds; None: not there."""

    person: int
    place: Callable[[float], Place | None]


@dataclass(frozen=True)
class Scene:
    """A clip: the actors, the farther ones first, of each shot; how long it is; whether a post stands in the middle."""

    name: str
    seconds: float
    shots: tuple[tuple[Actor, ...], ...]
    post: bool = False

    def shot(self, time: float) -> int:
        """Which shot it is at a time: all are equally long."""
        return min(int(time / self.seconds * len(self.shots)), len(self.shots) - 1)

    def present(self, time: float) -> list[tuple[Actor, Place]]:
        """Everybody who is in the frame, or would be but for what is before them, the nearest first."""
        actors = [(actor, actor.place(time)) for actor in reversed(self.shots[self.shot(time)])]
        return [(actor, place) for actor, place in actors if place is not None]

    def visible(self, time: float, people: Sequence["CutOut"]) -> list[tuple[int, Place]]:
        """Cut-out and place of everybody who is in the frame and not behind somebody or the post."""
        there: list[tuple[int, Place]] = []
        for actor, place in self.present(time):
            if not 0 < place.x < WIDTH or (self.post and _POST[0] - 40 < place.x < _POST[1] + 40):
                continue
            box = people[actor.person].true_box(place)
            if all(iou(box, people[person].true_box(other)) < _COVERED for person, other in there):
                there.append((actor.person, place))
        return there


class CutOut:
    """The head of a photograph with a soft edge, at the size of a zoom of one, and what the network says of it."""

    def __init__(self, photograph: np.ndarray, predictor: Predictor) -> None:
        (head, *_) = predictor(photograph)
        zoom = SIZE / head.box[2:].max()
        self.pixels = cv2.resize(photograph, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        box = head.box * zoom
        self.middle = box[:2] + box[2:] / 2
        rows, columns = np.indices(self.pixels.shape[:2]) + 0.5
        reach = np.hypot(
            (columns - self.middle[0]) / (box[2] * _HAIR[0]), (rows - self.middle[1]) / (box[3] * _HAIR[1])
        )
        self.alpha = np.clip((0.5 - reach) * 12.0, 0.0, 1.0).astype(np.float32)
        rest, shifts = Place(WIDTH / 2, HEIGHT / 2), np.random.default_rng(0).uniform(-0.5, 0.5, (8, 2))
        canvas = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        found = [predictor(self.drawn(canvas, Place(rest.x + x, rest.y + y)))[0] for x, y in shifts]
        moved = [head.landmarks - shift for head, shift in zip(found, shifts, strict=True)]
        self.landmarks = np.mean(moved, axis=0) - [rest.x, rest.y]  # about the middle
        left, _, right = np.linalg.svd(np.sum([head.pose.rotation for head in found], axis=0))
        self.rotation = left @ right
        self.box = np.mean([head.box - [*shift, 0, 0] for head, shift in zip(found, shifts, strict=True)], axis=0)
        self.box -= [rest.x, rest.y, 0, 0]

    def drawn(self, frame: np.ndarray, place: Place) -> np.ndarray:
        """The frame with the head at a place."""
        affine = place.affine(self.middle)
        affine[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV's pixel centres are integers
        pixels = cv2.warpAffine(self.pixels, affine, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        alpha = cv2.warpAffine(self.alpha, affine, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)[..., None]
        return np.round(frame * (1.0 - alpha) + pixels * alpha).astype(np.uint8)

    def true_landmarks(self, place: Place) -> np.ndarray:
        """(68, 2) pixels of the frame."""
        return place.zoom * self.landmarks @ axis_rotation("z", place.roll)[:2, :2].T + [place.x, place.y]

    def true_rotation(self, place: Place) -> np.ndarray:
        """(3, 3) head space -> camera space."""
        return axis_rotation("z", place.roll) @ self.rotation

    def true_box(self, place: Place) -> np.ndarray:
        """(4,) pixels of the frame, as if the head were not rolled."""
        return place.zoom * self.box + [place.x, place.y, 0, 0]


def scenes() -> list[Scene]:
    """All clips; two seconds each."""
    right, left = (lambda t: Place(110 + 210 * t, 180)), (lambda t: Place(530 - 210 * t, 186))
    leaving = Actor(0, lambda t: Place(480 + 240 * np.sin(np.pi * t / 2), 180))
    slow = Actor(0, lambda t: Place(320 + 25 * np.sin(2 * t), 180 + 8 * np.sin(3 * t), 1.0, 6 * np.sin(1.5 * t)))
    fast = Actor(0, lambda t: Place(320 + 130 * np.sin(5 * t), 180 + 30 * np.sin(8 * t), 1.0, 25 * np.sin(6 * t)))
    very_fast = Actor(0, lambda t: fast.place(2 * t))
    still, other = Actor(0, lambda t: Place(320, 180)), Actor(1, lambda t: Place(330, 176))
    behind = Actor(0, lambda t: Place(200 + 120 * t, 180))
    return [
        Scene("crossing", 2.0, ((Actor(1, left), Actor(0, right)),)),
        Scene("crossing twins", 2.0, ((Actor(2, left), Actor(0, right)),)),
        Scene("leaving and coming back", 2.0, ((leaving, Actor(1, lambda t: Place(150, 190))),)),
        Scene("behind a post", 2.0, ((behind,),), post=True),
        Scene("hard cut", 2.0, ((still,), (other,))),
        Scene("slow motion", 2.0, ((slow,),)),
        Scene("fast motion", 2.0, ((fast,),)),
        Scene("very fast motion", 2.0, ((very_fast,),)),
        Scene("still", 2.0, ((still,),)),
    ]


def frames_of(scene: Scene, people: Sequence[CutOut], random: np.random.Generator) -> Iterator[np.ndarray]:
    """The clip's frames, (360, 640, 3) uint8 RGB."""
    backgrounds = [background(shot) for shot in range(len(scene.shots))]
    for time in times_of(scene):
        shot = scene.shot(time)
        frame = backgrounds[shot]
        for actor in scene.shots[shot]:
            if (place := actor.place(time)) is not None:
                frame = people[actor.person].drawn(frame, place)
        if scene.post:
            frame = frame.copy()
            frame[:, slice(*_POST)] = (70, 60, 50)
        yield np.clip(frame + random.normal(0.0, NOISE, frame.shape), 0, 255).round().astype(np.uint8)


def times_of(scene: Scene) -> np.ndarray:
    """(F,) seconds."""
    return np.arange(round(scene.seconds * RATE)) / RATE


def background(seed: int) -> np.ndarray:
    """Soft patches of colour."""
    colours = np.random.default_rng(100 + seed).uniform(40, 200, (5, 9, 3)).astype(np.float32)
    return cv2.resize(colours, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
