"""Other heads nearby: one more person beside, behind or in front of the photograph's subject.

Places and shares are by eye; so is from when on a neighbour counts as seen.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np

from headsynth.dresser import Dressed, Dresser
from headsynth.ingredients import Ingredients, Streams
from headsynth.people.person import Person
from headsynth.people.poses import View, place, sample_view
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from trans3dhead.data.annotations import HeadAnnotation

NEIGHBOUR = 0.10  # share of photographs
# Share, metres nearer (-) or farther than the subject, metres aside, metres lower (-) or higher.
_PLACES = {
    "beside": (0.45, (-0.10, 0.12), (0.19, 0.34), (-0.07, 0.07)),
    "behind": (0.35, (0.25, 1.50), (0.08, 0.45), (-0.15, 0.15)),
    "in front": (0.20, (-0.34, -0.18), (0.15, 0.30), (-0.14, 0.0)),
}
_ROOM = (0.55, 0.85)  # factor on the subject's size in the frame
_NARROWEST = 0.40  # of the picture's side, a subject's head: below it the end of the torso would show
_BUST = 0.34  # metres from the middle of a head down to where the drawn body surely goes on
_FREE_SIDE = 0.75  # share of neighbours at the side where the frame has more room
_ROOM_IN_FRONT = 0.75  # metres between camera and subject from which somebody fits in between
_CLOSEST = 0.21  # metres between the middles of two heads
_HIDDEN = 0.45  # share of the subject's head that somebody in front may hide
_POSES, _ROLL = 3, 40.0  # poses to choose from; degrees of roll up to which any is as good
_IN_FRAME = 0.2  # share of the neighbour's head box inside the frame below which nobody is drawn
LABELLED = 0.30  # share of a neighbour's silhouette that must be seen for a label
_BOX_IN_FRAME = 0.6  # share of a labelled head's box
_SMALLEST = 0.10  # of the picture's side: smaller heads get no label


class Sitter(NamedTuple):
    """One of the people in a photograph, dressed."""

    person: Person
    view: View
    dressed: Dressed


def distribution() -> dict[str, Any]:
    """The share of photographs with somebody else, where they are, and from when on they are labelled."""
    return {
        "share": NEIGHBOUR,
        "places": {name: share for name, (share, *_) in _PLACES.items()},
        "hidden_at_most": _HIDDEN,
        "labelled_from": {"visible": LABELLED, "box_in_frame": _BOX_IN_FRAME, "box_side": _SMALLEST},
    }


def in_company(rng: np.random.Generator, ingredients: Ingredients) -> bool:
    """Whether somebody else is to be in the photograph; rng: the stream that `sample_neighbour` goes on with."""
    return ingredients.occlusion and rng.random() < NEIGHBOUR


def with_room(rng: np.random.Generator, view: View, size: int) -> View:
    """The subject smaller in the frame, as far away: photographs of two are taken wider. size: of the frame, pixels."""
    wider = min(max(rng.uniform(*_ROOM), _NARROWEST * size / view.side), 1.0)
    return replace(view, side=view.side * wider, focal=view.focal * wider)


def sample_neighbour(
    rng: np.random.Generator,
    streams: Streams,
    dresser: Dresser,
    subject: Person,
    view: View,
    size: int,
    ingredients: Ingredients,
) -> list[Sitter]:
    """Somebody else, or nobody where they do not fit in. view: the subject's; size: pixels, the photograph's side."""
    wardrobe, own = dresser.wardrobe, Streams(streams.seed, streams.index, "neighbour: ")
    theirs = _view(rng, own, subject, view, size)
    if theirs is None:
        return []
    plain = replace(ingredients, occlusion=False)  # nothing is worn, nothing comes in front of the head
    person = Person.sample(own, wardrobe.head, wardrobe.mesh, theirs, plain)
    placed = _aside(person, theirs, subject, view, wardrobe.head_rows, size)
    if placed is None:
        return []
    person, theirs = placed
    return [Sitter(person, theirs, dresser.dress(person, own, plain))]


def of_person(parts: Sequence[Part], number: int) -> list[Part]:
    """The parts, marked as belonging to the person of annotation `number`."""
    return [replace(part, person=number) for part in parts] if number else list(parts)


def _view(rng: np.random.Generator, own: Streams, subject: Person, view: View, size: int) -> View | None:
    """The neighbour before the same camera, at a plausible place, in a pose of their own.

    Of a few drawn poses the most upright one, so that hardly anybody lies or stands on their head; None: no room.
    """
    at = subject.body.placement.translation
    shares = np.array([share for share, *_ in _PLACES.values()])
    if at[2] < _ROOM_IN_FRONT:
        shares[2] = 0.0
    name = one_of(rng, list(_PLACES), shares)
    _, nearer, aside, higher = _PLACES[name]
    free = 1.0 if view.centre[0] < size / 2.0 else -1.0
    way = free if rng.random() < _FREE_SIDE else -free
    offset = np.array([way * rng.uniform(*aside), -rng.uniform(*higher), rng.uniform(*nearer)])
    offset *= max(1.0, _CLOSEST / float(np.linalg.norm(offset)))
    there = at + offset
    deepest = _BUST * view.focal / max(size - view.centre[1], 1.0)  # beyond, the lower end of a bust would show
    there[2] = min(there[2], max(deepest, at[2]))
    if there[2] < 0.3:
        return None
    poses = own["view"]
    drawn = (sample_view(poses, size).euler for _ in range(_POSES))
    euler = min(drawn, key=lambda pose: max(abs(pose[2]), _ROLL) + 1e-3 * abs(pose[2] - view.euler[2]))
    centre = view.focal * there[:2] / there[2] + view.principal_point
    length = view.side * at[2] / view.focal * np.exp(rng.normal(0.0, 0.03))  # metres: heads differ little
    return View(euler, view.focal, view.principal_point, centre, view.focal * length / there[2])


def _aside(
    person: Person, theirs: View, subject: Person, view: View, rows: np.ndarray, size: int
) -> tuple[Person, View] | None:
    """The neighbour moved sideways until enough of the subject is seen; None where nothing of them would be in the
    frame.
    """
    head = person.body.posed[rows].astype(np.float64)
    for _ in range(4):
        body = replace(person.body, placement=place(theirs, head))
        person = replace(person, body=body)
        if body.placement.translation[2] > subject.body.placement.translation[2] + 0.1:
            break  # behind: hides nothing
        if _hidden(person, subject, rows) <= _HIDDEN:
            break
        theirs = replace(theirs, centre=view.centre + 1.3 * (theirs.centre - view.centre))
    else:
        return None
    x, y = theirs.centre - theirs.side / 2.0
    inside = [max(min(low + theirs.side, size) - max(low, 0.0), 0.0) / theirs.side for low in (x, y)]
    return (person, theirs) if inside[0] * inside[1] > _IN_FRAME else None


def _hidden(person: Person, subject: Person, rows: np.ndarray) -> float:
    """The share of the subject's head in the hull of the other's head, in the picture."""
    hull = cv2.convexHull(person.body.placement.project(person.body.posed[rows]).astype(np.float32))
    points = subject.body.placement.project(subject.body.posed[rows[::40]])
    return float(np.mean([cv2.pointPolygonTest(hull, (float(x), float(y)), False) >= 0 for x, y in points]))


def labelled(annotation: HeadAnnotation, size: int) -> bool:
    """Whether a neighbour's head is seen well enough to be asked for. size: pixels, the side of the photograph."""
    box = annotation.box
    low, high = np.maximum(box[:2], 0.0), np.minimum(box[:2] + box[2:], size)
    inside = float(np.prod(np.maximum(high - low, 0.0)) / np.prod(box[2:]))
    seen = annotation.visible is None or annotation.visible >= LABELLED
    return seen and inside >= _BOX_IN_FRAME and float(box[2:].max()) >= _SMALLEST * size
