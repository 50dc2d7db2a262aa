"""One photograph: draw a person and a camera, light them, trace, develop; and the exact annotation."""

from dataclasses import dataclass, replace

import numpy as np
from embreex.rtcore import EmbreeDevice

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.geometry.boxes import bounds
from trans3dhead.head_model import topology_of
from trans3dhead.synth import labels
from trans3dhead.synth.attributes import age_word, gender_word, seen_words
from trans3dhead.synth.dresser import Dresser
from trans3dhead.synth.ingredients import ALL, Ingredients, Streams
from trans3dhead.synth.people.person import Body, Person
from trans3dhead.synth.people.poses import View, sample_view
from trans3dhead.synth.people.regions import FaceRegions
from trans3dhead.synth.rendering.background import background
from trans3dhead.synth.rendering.developing import develop
from trans3dhead.synth.rendering.environment import Environment, PlacedEnvironment, procedural
from trans3dhead.synth.rendering.film import take
from trans3dhead.synth.rendering.light import sample_light
from trans3dhead.synth.rendering.scene import Hits, Scene
from trans3dhead.synth.wear.wardrobe import Wardrobe


@dataclass(frozen=True)
class Photograph:
    """A picture and what is known about it."""

    image: np.ndarray  # (S, S, 3) uint8 RGB
    annotations: list[HeadAnnotation]  # the subject's first
    segmentation: np.ndarray  # (S, S) uint8 of data.segments.Segment

    @property
    def annotation(self) -> HeadAnnotation:
        """The subject's."""
        return self.annotations[0]


class Studio:
    """Makes photograph `index` of set `seed`: the same whatever was made before it."""

    def __init__(self, wardrobe: Wardrobe, size: int = 256, ingredients: Ingredients = ALL) -> None:
        self.wardrobe, self.size, self.ingredients = wardrobe, size, ingredients
        self.regions = FaceRegions.of(wardrobe.head, wardrobe.mesh)
        self.topology = topology_of(wardrobe.head)
        self.silhouette = labels.Silhouette.of(wardrobe.head)
        self.device = EmbreeDevice()

    def photograph(self, seed: int, index: int) -> Photograph:
        """Draw, render and annotate."""
        streams = Streams(seed, index)
        view = sample_view(streams["view"], self.size)
        person = Person.sample(streams, self.wardrobe.head, self.wardrobe.mesh, view, self.ingredients)
        dresser = Dresser(self.wardrobe, self.regions, person, self.ingredients, streams)
        scene = Scene(dresser.parts(), self.device)
        surroundings = self._surroundings(streams["surroundings"])
        light, lighting = sample_light(streams["light"], surroundings)
        behind = background(surroundings, self.size, streams["background"])
        placement = person.body.placement
        linear, hits = take(scene, placement, self.size, person.tone, light, behind, streams["rays"])
        image = develop(linear, streams["developing"])
        attributes = {**dresser.attributes, "hdri": surroundings.environment.name, "light": lighting}
        classes = labels.segmentation(scene, hits, self.size)
        annotation = self._seen(self._annotation(person, view, attributes), person.body, scene, hits, classes)
        return Photograph(image, [annotation], classes)

    def _seen(
        self, annotation: HeadAnnotation, body: Body, scene: Scene, hits: Hits, classes: np.ndarray, person: int = 0
    ) -> HeadAnnotation:
        """With what the camera sees of a head; person: whose parts are the head's own."""
        vertices = body.posed.astype(np.float64)
        landmarks = body.placement.to_camera(self.topology.landmarks(vertices))
        cells = self.silhouette.cells(vertices, body.placement)
        seen = replace(
            annotation,
            landmark_visibility=labels.landmark_visibility(scene, landmarks, body.placement, self.size, person),
            visible=labels.visible_share(scene, hits, classes, cells, person),
            face_box=bounds(body.placement.project(vertices[self.topology.face])),
        )
        return replace(seen, attributes={**seen.attributes, **seen_words(seen, self.wardrobe.head.expression_names)})

    def _annotation(self, person: Person, view: View, attributes: dict[str, str]) -> HeadAnnotation:
        placement = person.body.placement
        yaw = 30 * round(float((view.euler[1] + 180.0) % 360.0 - 180.0) / 30.0)
        names = self.wardrobe.head.expression_names
        return HeadAnnotation(
            shape=person.identity.shape,
            expression=np.array([person.expression[name] for name in names], np.float32),
            rotation=placement.rotation,
            translation=placement.translation,
            focal=float(placement.focal),
            principal_point=placement.principal_point,
            image_size=(self.size, self.size),
            box=bounds(placement.project(person.body.posed[self.wardrobe.head_rows].astype(np.float64))),
            attributes={
                "age": age_word(person.identity.age),
                "gender": gender_word(person.identity.female),
                "expression": person.mood,
                "yaw": str(abs(yaw)),
                **attributes,
            },
        )

    def _surroundings(self, rng: np.random.Generator) -> PlacedEnvironment:
        paths = self.wardrobe.folder.environments if self.ingredients.environments else ()
        environment: Environment
        if paths and rng.random() > 0.04:
            environment = self.wardrobe.environment(paths[rng.integers(len(paths))])
        else:
            environment = procedural(rng)
        return PlacedEnvironment.turned(environment, rng.uniform(-np.pi, np.pi), rng.normal(0.0, 0.12))
