"""One person as the camera meets them: identity, expression, pose, and the colours of skin and hair."""

from dataclasses import dataclass

import numpy as np

from headsynth.ingredients import Ingredients, Streams
from headsynth.people import looks
from headsynth.people.base_mesh import BaseMesh
from headsynth.people.complexion import skin_tone
from headsynth.people.expressions import sample_expression
from headsynth.people.identities import Identity, complexion_given, sample_identity
from headsynth.people.poses import View, place, sample_shoulders
from headsynth.rendering.placement import Placement
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import HeadModel


@dataclass(frozen=True)
class Body:
    """The base mesh of one person with an expression."""

    neutral: np.ndarray  # (V, 3) metres, head space
    posed: np.ndarray  # (V, 3) with the expression, shoulders not yet bent
    shoulders: np.ndarray  # (3, 3) their rotation relative to the head
    placement: Placement

    def normals(self, mesh: BaseMesh) -> np.ndarray:
        """(V, 3) float32 unit, head space, of the posed vertices; computed once for a body."""
        if "_normals" not in self.__dict__:
            self.__dict__["_normals"] = vertex_normals(self.posed, mesh.triangles)
        return self.__dict__["_normals"]

    def gaze(self, mesh: BaseMesh) -> tuple[np.ndarray, np.ndarray]:
        """(2, 3) centres and (2, 3) unit directions of the left and right eye, head space."""
        ahead = mesh.to_makehuman[2]
        centres, directions = [], []
        for rows in mesh.eyes:
            before, after = self.neutral[rows], self.posed[rows]
            mean = before.mean(axis=0), after.mean(axis=0)
            u, _, vt = np.linalg.svd((before - mean[0]).T @ (after - mean[1]))
            flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
            centres.append((after.min(axis=0) + after.max(axis=0)) / 2.0)
            directions.append((u @ flip @ vt).T @ ahead)
        return np.array(centres), np.array(directions)


@dataclass(frozen=True)
class Person:
    """What is drawn of a person before they dress."""

    identity: Identity
    body: Body
    expression: dict[str, float]  # the weight of each blendshape
    mood: str  # the kind of expression
    complexion: float  # place on the scale of skin tones, 0 fair to 1 dark
    tone: np.ndarray  # (3,) linear, the skin's mean colour
    hair_name: str
    hair_colour: np.ndarray  # (3,) linear

    @classmethod
    def sample(
        cls, streams: Streams, head: HeadModel, mesh: BaseMesh, view: View, ingredients: Ingredients
    ) -> "Person":
        """view: where the head is to be in the picture."""
        identity = sample_identity(streams["identity"], head)
        names = head.expression_names
        expression, mood = sample_expression(streams["expression"], names, view.towards_camera, ingredients.expressions)
        neutral, posed = mesh.vertices(identity.shape, expression)
        placement = place(view, posed[head.subsets["head"].numpy()].astype(np.float64))
        body = Body(neutral, posed, sample_shoulders(streams["shoulders"], view), placement)
        complexion = complexion_given(streams["complexion"], identity)
        _, tone = skin_tone(streams["tone"], complexion)
        hair_name, hair_colour = looks.hair_colour(streams["hair colour"], complexion, identity.age)
        weights = dict(zip(names, expression.tolist(), strict=True))
        return cls(identity, body, weights, mood, complexion, tone, hair_name, hair_colour)
