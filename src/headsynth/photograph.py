"""One photograph: draw a person and a camera, light them, trace, develop; and the exact annotation.

Its shares are by eye.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from embreex.rtcore import EmbreeDevice

from headsynth import labels
from headsynth.annotator import Annotator
from headsynth.dresser import Dresser
from headsynth.ingredients import ALL, Ingredients, Streams
from headsynth.neighbours import Sitter, in_company, labelled, of_person, sample_neighbour, with_room
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.rendering.background import background
from headsynth.rendering.degradation import Exposed, Shot, shoot
from headsynth.rendering.environment import Environment, PlacedEnvironment, procedural
from headsynth.rendering.film import take
from headsynth.rendering.light import Light, sample_light
from headsynth.rendering.scene import Scene
from headsynth.wear.hides import make_hides
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.annotations import HeadAnnotation

_LIT_FACE = 0.6  # share of the surroundings turned so that their lamp is the further in front of two chances
_MADE_UP = 0.04  # share of surroundings that are made up though the assets have some


def distribution() -> dict[str, Any]:
    """How often the light is on the face, and the surroundings made up though there are some."""
    return {"lit_face": _LIT_FACE, "made_up": _MADE_UP}


@dataclass(frozen=True)
class Photograph:
    """A picture and what is known of everything in it."""

    image: np.ndarray  # (S, S, 3) uint8 RGB
    annotations: list[HeadAnnotation]  # the subject's first, then those of neighbours that are seen
    segmentation: np.ndarray  # (S, S) uint8 of data.segments.Segment

    @property
    def annotation(self) -> HeadAnnotation:
        """The subject's annotation."""
        return self.annotations[0]


class BaseStudio:
    """What a studio needs, whatever it makes photographs of."""

    def __init__(self, wardrobe: Wardrobe, size: int, ingredients: Ingredients = ALL, dresser: Dresser | None = None):
        """wardrobe: the head model and all assets, kept loaded; size: pixels, the side of the photographs.

        dresser: of another studio with this wardrobe, whose hair need not be grown again.
        """
        self.wardrobe, self.size, self.ingredients = wardrobe, size, ingredients
        self.dresser = dresser or Dresser(wardrobe)
        self.annotator = Annotator(wardrobe, size)
        self.device = EmbreeDevice()


class Studio(BaseStudio):
    """Makes single photographs: number `index` of set `seed` is the same whatever was made before it."""

    def photograph(self, seed: int, index: int) -> Photograph:
        """Draw who is there and dress them, light them, trace, develop, annotate."""
        streams = Streams(seed, index)
        sitters = self._sitters(streams)
        dressed = [sitter.dressed for sitter in sitters]
        parts = [part for number, item in enumerate(dressed) for part in of_person(item.parts, number)]
        scene = Scene(parts, self.device)
        surroundings = self._surroundings(streams["surroundings"])
        light, lighting = sample_light(streams["light"], surroundings, self.ingredients.environments)
        behind = background(light, self.size, streams["background"], self.ingredients.environments)
        placement = sitters[0].person.body.placement
        linear, hits = take(scene, placement, self.size, dressed[0].tone, light, behind, streams["rays"])
        exposed = Exposed(light.exposure, light.darkness)
        shot = shoot(linear, exposed, streams["degradation"], self.ingredients.degradation)
        words = {**taken_words(shot, light, lighting), "neighbours": str(len(sitters) - 1)}
        classes = labels.segmentation(scene, hits, self.size, shot.window)
        seen = labels.Seen(scene, hits, classes, shot.window)
        return Photograph(shot.image, self._annotations(sitters, words, seen), classes)

    def _sitters(self, streams: Streams) -> list[Sitter]:
        """The subject, dressed, and perhaps somebody nearby."""
        view = sample_view(streams["view"], self.size)
        nearby = streams["neighbour"]
        company = in_company(nearby, self.ingredients)
        view = with_room(nearby, view, self.size) if company else view
        person = Person.sample(streams, self.wardrobe.head, self.wardrobe.mesh, view, self.ingredients)
        dressed = self.dresser.dress(person, streams, self.ingredients, partial(make_hides, size=self.size))
        sitters = [Sitter(person, view, dressed)]
        if company:
            sitters += sample_neighbour(nearby, streams, self.dresser, person, view, self.size, self.ingredients)
        return sitters

    def _annotations(self, sitters: list[Sitter], words: dict[str, str], seen: labels.Seen) -> list[HeadAnnotation]:
        """The subject's, and those of neighbours that are seen well enough. words: of the whole photograph."""
        annotations = []
        for number, sitter in enumerate(sitters):
            own = {"cut": _cut(self.annotator.box(sitter.person.body), self.size), **sitter.dressed.attributes}
            annotation = self.annotator(sitter.person, float(sitter.view.euler[1]), {**own, **words}, seen, number)
            if number == 0 or labelled(annotation, self.size):
                annotations.append(annotation)
        return annotations

    def _surroundings(self, rng: np.random.Generator) -> PlacedEnvironment:
        return _turned(sample_environment(rng, self.wardrobe, self.ingredients), rng)


def taken_words(shot: Shot, light: Light, lighting: str) -> dict[str, str]:
    """The attributes that all heads of a photograph share: camera, surroundings, light. lighting: its kind's name."""
    return {
        **shot.words,
        "hdri": light.surroundings.environment.name,
        "light": lighting,
        "standard light": str(light.standard).lower(),
    }


def sample_environment(rng: np.random.Generator, wardrobe: Wardrobe, ingredients: Ingredients) -> Environment:
    """One of the assets' surroundings; now and then, and where there are none, a made-up room."""
    paths = wardrobe.folder.environments if ingredients.environments else ()
    if paths and rng.random() > _MADE_UP:
        return wardrobe.environment(paths[rng.integers(len(paths))])
    return procedural(rng)


def _turned(environment: Environment, rng: np.random.Generator) -> PlacedEnvironment:
    """Surroundings turned at random, but more often so that the light is on the face than behind the head."""
    mirrored, tilt = bool(rng.random() < 0.5), rng.normal(0.0, 0.12)
    placed = [PlacedEnvironment.turned(environment, rng.uniform(-np.pi, np.pi), tilt, mirrored) for _ in range(2)]
    return min(placed, key=lambda item: float(item.lamp_direction[2])) if rng.random() < _LIT_FACE else placed[0]


def _cut(box: np.ndarray, size: int) -> str:
    """Whether the frame cuts more than a fiftieth of the head's box off, "true" or "false"."""
    outside = max(-box[0], -box[1], box[0] + box[2] - size, box[1] + box[3] - size)
    return str(bool(outside > 0.02 * max(box[2:]))).lower()
