"""One person of a scene: who it is, and where in the world head, torso and legs are.

The crown's height is the template's; proportions and the seat's height are by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headsynth.ingredients import Ingredients, Streams
from headsynth.people import looks
from headsynth.people.complexion import skin_tone
from headsynth.people.expressions import sample_expression
from headsynth.people.identities import Identity, complexion_given, sample_identity
from headsynth.people.person import Body, Person
from headsynth.scenes import figures
from headsynth.scenes.composition import Figure
from headsynth.scenes.figures import Build
from headsynth.scenes.world import SceneCamera
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.matrices import axis_rotation

_CROWN = 0.119  # metres from the origin of head space up to the top of the head
SEAT = 0.46  # metres, of a chair, for an adult
_HIPS, _CROTCH = 0.515, 0.468  # of the stature
_LEAST_TRUNK = 0.05  # metres from the chest's lower edge to the hips


@dataclass(frozen=True)
class Stance:
    """Where a person of known measures is: the way from torso space to the world."""

    figure: Figure
    build: Build
    place: np.ndarray  # (2,) metres, x and z on the ground

    @property
    def hips(self) -> float:
        """The height of the hips, y in metres, torso space."""
        return min(self.build.ground + _HIPS * self.build.stature, figures.CHEST - _LEAST_TRUNK)

    @property
    def seat(self) -> float:
        """Y of the lower end of the trunk, torso space."""
        return self.hips - (_HIPS - _CROTCH) * self.build.stature

    @cached_property
    def upright(self) -> np.ndarray:
        """(3, 3) the rotation from the legs' axes to the world's."""
        return axis_rotation("y", self.figure.yaw)

    @cached_property
    def torso(self) -> np.ndarray:
        """(3, 3) the rotation from torso space to the world."""
        return self.upright @ axis_rotation("x", self.figure.lean)

    @cached_property
    def head(self) -> np.ndarray:
        """(3, 3) the rotation from head space to torso space."""
        nod, left, tilt = self.figure.turn
        return axis_rotation("y", left) @ axis_rotation("x", nod) @ axis_rotation("z", tilt)

    @property
    def lift(self) -> float:
        """Metres from torso space's y to the world's, at the hips."""
        seated = SEAT * self.build.scale + 0.10 - self.hips
        return seated if self.figure.sits else -self.build.ground

    def of_legs(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) torso space without the lean -> world."""
        x, z = self.place
        return (points + np.array([0.0, self.lift, 0.0])) @ self.upright.T + [x, 0.0, z]

    def of_torso(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres, torso space -> (N, 3) metres, world."""
        hip = np.array([0.0, self.hips, 0.0])
        return self.of_legs((points - hip) @ axis_rotation("x", self.figure.lean).T + hip)

    def head_origin(self, pivot: np.ndarray) -> np.ndarray:
        """(3,) metres, world; pivot: about which the neck bends, head space."""
        return self.of_torso(pivot[None].astype(np.float64))[0] - self.torso @ self.head @ pivot


@dataclass(frozen=True)
class Guest:
    """Somebody who is to be in a scene."""

    streams: Streams
    identity: Identity
    figure: Figure
    stature: float

    @classmethod
    def invited(cls, streams: Streams, wardrobe: Wardrobe, figure: Figure) -> "Guest":
        """Draw who it is that takes a figure's place, and how tall."""
        identity = sample_identity(streams["identity"], wardrobe.head)
        tall = figures.stature(identity.age, identity.female, streams["stature"])
        return cls(streams, identity, figure, max(tall, 1.08))

    def stance(self, first: np.ndarray) -> Stance:
        """first: (2,) metres, where on the ground the first person is."""
        weight = float(np.clip(self.streams["weight"].normal(1.02, 0.10), 0.85, 1.35))
        build = Build(self.stature, _CROWN, weight, np.zeros(4), np.zeros(0))
        return Stance(self.figure, build, first + self.figure.place)

    def person(self, wardrobe: Wardrobe, stance: Stance, camera: SceneCamera, ingredients: Ingredients) -> Person:
        """The guest with face, pose and colours, before this camera."""
        streams, head, mesh = self.streams, wardrobe.head, wardrobe.mesh
        rotation = stance.torso @ stance.head
        placement = camera.placed(rotation, stance.head_origin(mesh.neck.pivot))
        back = -placement.rotation.T @ placement.translation
        across, up = np.arctan2(back[0], back[2]), np.arcsin(back[1] / np.linalg.norm(back))
        towards = float(np.rad2deg(across)), float(np.rad2deg(up))
        names = head.expression_names
        expression, mood = sample_expression(streams["expression"], names, towards, ingredients.expressions)
        neutral, posed = mesh.vertices(self.identity.shape, expression)
        posed = figures.with_arms(mesh, posed, self.figure.arms)
        body = Body(neutral, posed, stance.head.T, placement)
        complexion = complexion_given(streams["complexion"], self.identity)
        _, tone = skin_tone(streams["tone"], complexion)
        hair_name, hair_colour = looks.hair_colour(streams["hair colour"], complexion, self.identity.age)
        weights = dict(zip(names, expression.tolist(), strict=True))
        return Person(self.identity, body, weights, mood, complexion, tone, hair_name, hair_colour)
