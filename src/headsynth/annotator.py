"""The annotation of a head in a photograph: what is known of the person, and what the camera sees of the head.

The step of the word for yaw is a choice.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from headsynth import labels
from headsynth.attributes import seen_words
from headsynth.people.person import Body, Person
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.geometry.boxes import bounds
from trans3dhead.head_model import topology_of

_YAW_STEP = 30  # degrees, of the word for it


class Annotator:
    """Annotates the heads of photographs of one size."""

    def __init__(self, wardrobe: Wardrobe, size: int) -> None:
        """size: pixels, the side of the photographs."""
        self._size, self._head_rows = size, wardrobe.head_rows
        self._names = wardrobe.head.expression_names
        self._topology = topology_of(wardrobe.head.numpy())
        self._silhouette = labels.Silhouette.of(wardrobe.head)

    def box(self, body: Body) -> np.ndarray:
        """(4,) pixels: the bounds of the whole projected head."""
        return bounds(body.placement.project(body.posed[self._head_rows].astype(np.float64)))

    def __call__(
        self, person: Person, yaw: float, attributes: Mapping[str, str], seen: labels.Seen, number: int = 0
    ) -> HeadAnnotation:
        """The whole annotation of a head. yaw, attributes: as for `known`; number: that of the person in the scene."""
        body, placement = person.body, person.body.placement
        vertices = body.posed.astype(np.float64)
        landmarks = placement.to_camera(self._topology.landmarks(vertices))
        annotation = replace(
            self.known(person, yaw, attributes),
            landmark_visibility=labels.landmark_visibility(seen, landmarks, placement, number),
            visible=labels.visible_share(seen, self._silhouette.cells(vertices, placement), number),
            face_box=bounds(placement.project(vertices[self._topology.face])),
        )
        return replace(annotation, attributes={**annotation.attributes, **seen_words(annotation, self._names)})

    def known(self, person: Person, yaw: float, attributes: Mapping[str, str]) -> HeadAnnotation:
        """The part of the annotation that does not depend on what hides the head.

        yaw: degrees, as the camera sees it; attributes: besides the person's own.
        """
        placement = person.body.placement
        step = round(float((yaw + 180.0) % 360.0 - 180.0) / _YAW_STEP)
        return HeadAnnotation(
            shape=person.identity.shape,
            expression=np.array([person.expression[name] for name in self._names], np.float32),
            rotation=placement.rotation,
            translation=placement.translation,
            focal=float(placement.focal),
            principal_point=placement.principal_point,
            image_size=(self._size, self._size),
            box=self.box(person.body),
            attributes={
                **person.identity.attributes,
                "expression": person.mood,
                "yaw": str(abs(_YAW_STEP * step)),
                **attributes,
            },
        )
