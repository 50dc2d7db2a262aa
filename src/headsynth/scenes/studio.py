"""One scene: people and things before one camera, lit, traced and developed; and every head's annotation.

Thresholds of size and distance are by eye.
"""

from dataclasses import dataclass, replace

import numpy as np

from headsynth import labels
from headsynth.dresser import Dressed
from headsynth.ingredients import Streams
from headsynth.neighbours import of_person
from headsynth.people.person import Person
from headsynth.photograph import BaseStudio, Photograph, sample_environment, taken_words
from headsynth.rendering.degradation import Exposed, shoot
from headsynth.rendering.environment import PlacedEnvironment
from headsynth.rendering.film import take
from headsynth.rendering.light import sample_light
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Scene
from headsynth.scenes.composition import ScenePlan, sample_plan
from headsynth.scenes.dressing import dress_wholly
from headsynth.scenes.furniture import seat_for
from headsynth.scenes.people import Guest, Stance
from headsynth.scenes.props import Props, make_props
from headsynth.scenes.setting import setting
from headsynth.scenes.world import SceneCamera
from headsynth.wear.solids import ellipsoid, part
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.matrices import angles_seen, matrix_to_direction

_NEAREST = 0.30  # metres from the camera's plane to a head's origin; nearer people are not drawn
_BESIDE = 0.75  # of the picture's side: heads further out of the frame are not drawn
_NOBODY = -1  # to whom things belong
_GIRTH = 0.16  # metres, the radius of somebody's shadow
_SMALLEST = 7.0  # pixels, of a head that is drawn
_GREY = np.full(3, 0.2, np.float32)  # albedo by which scenes without a large head are exposed
_LARGE = 34.0  # pixels of a head whose skin the camera is exposed by
_METERED = 0.75  # how far the exposure goes by the whole picture where no head is large
_JUMP = 5.0  # pixels' width between the depths of neighbours that make an edge
_PICTURES = 3  # surroundings from which those of the clutter are cut
_FULL_FLAWS = 110.0  # pixels of the largest head from which on the camera may be as bad as in portraits


@dataclass(frozen=True)
class _Member:
    """One of the people whom the camera sees."""

    person: Person
    stance: Stance
    guest: Guest
    box: np.ndarray  # (4,) pixels

    @property
    def side(self) -> float:
        """Pixels, the longer side of the head's box."""
        return float(self.box[2:].max())


class SceneStudio(BaseStudio):
    """Makes single scenes: number `index` of set `seed` is the same whatever was made before it."""

    def photograph(self, seed: int, index: int) -> Photograph:
        """Draw who is there, dress them, light them, trace, develop, annotate; the largest head comes first."""
        streams = Streams(seed, index)
        plan = sample_plan(streams["plan"], self.size)
        camera, members = self._people(streams, plan)
        dressed = [self._dressed(member, camera) for member in members]
        places = [member.stance.place for member in members]
        props = make_props(streams["props"], plan, camera, self.size, places, self.wardrobe)
        scene = self._scene(members, dressed, props, camera)
        surroundings = self._surroundings(streams["surroundings"], camera)
        light, lighting = sample_light(streams["light"], surroundings, self.ingredients.environments)
        standing = np.array([(*member.stance.place, _GIRTH, member.guest.stature) for member in members])
        standing = np.concatenate((standing.reshape(-1, 4), props.standing))
        behind = setting(light, camera, self.size, standing, streams, self._pictures(streams["pictures"]))
        largest = max((member.side for member in members), default=0.0)
        tone = dressed[0].tone if largest > _LARGE else _GREY
        whole, jump = _METERED * (1.0 - min(largest / self.size, 0.6)), _JUMP / camera.focal
        rays = streams["rays"]
        linear, hits = take(scene, camera.identity, self.size, tone, light, behind, rays, jump, whole)
        exposed, care = Exposed(light.exposure, light.darkness), float(np.clip(largest / _FULL_FLAWS, 0.3, 1.0))
        shot = shoot(linear, exposed, streams["degradation"], self.ingredients.degradation, care)
        common = {
            **taken_words(shot, light, lighting),
            "scene": plan.kind,
            "places": plan.places,
            "people": str(len(members)),
        }
        classes = labels.segmentation(scene, hits, self.size, shot.window)
        seen = labels.Seen(scene, hits, classes, shot.window)
        pairs = enumerate(zip(members, dressed, strict=True))
        annotations = [self._annotation(member, item, common, seen, number) for number, (member, item) in pairs]
        return Photograph(shot.image, annotations, classes)

    def _scene(self, members: list[_Member], dressed: list[Dressed], props: Props, camera: SceneCamera) -> Scene:
        """The largest person's skin first, for it is what the camera is exposed by."""
        parts = [piece for number, item in enumerate(dressed) for piece in of_person(item.parts, number)]
        things = [piece for each in members for piece in seat_for(each.guest.streams["seat"], each.stance, camera)]
        things = [replace(item, person=_NOBODY, segment=Segment.BACKGROUND) for item in (*things, *props.parts)]
        if not (parts or things):  # a scene may be empty but for its ground, Embree's tree may not
            far = ellipsoid(camera.position + camera.rotation.T @ [0.0, 0.0, -9.0], np.full(3, 0.1), 4, 4)
            things = [part("nothing", [far], camera.identity, Plain(_GREY), segment=Segment.BACKGROUND)]
        return Scene([*parts, *things], self.device)

    def _people(self, streams: Streams, plan: ScenePlan) -> tuple[SceneCamera, list[_Member]]:
        """The camera and those who may be seen, the largest head first."""
        guests = [
            Guest.invited(Streams(streams.seed, streams.index, f"person {number}: "), self.wardrobe, figure)
            for number, figure in enumerate(plan.figures)
        ]
        height = 1.5
        if guests:
            stance, pivot = guests[0].stance(np.zeros(2)), self.wardrobe.mesh.neck.pivot
            height = float(stance.head_origin(pivot)[1])
        camera, first = plan.camera(height)
        members = [self._member(guest, camera, first) for guest in guests]
        found = [member for member in members if member is not None]
        return camera, sorted(found, key=lambda member: -member.side)

    def _member(self, guest: Guest, camera: SceneCamera, first: np.ndarray) -> _Member | None:
        """None for those who stand in or behind the camera, or too far out of the picture."""
        stance = guest.stance(first)
        origin = stance.head_origin(self.wardrobe.mesh.neck.pivot)
        depth = float(camera.to_camera(origin[None])[0, 2])
        if depth < _NEAREST:
            return None
        side = camera.focal * 0.24 / depth
        away = np.abs(camera.project(origin[None])[0] - self.size / 2.0).max()
        if side < _SMALLEST or away > _BESIDE * self.size + 0.5 * side:
            return None
        person = guest.person(self.wardrobe, stance, camera, self.ingredients)
        head = person.body.posed[self.wardrobe.head_rows].astype(np.float64)
        if person.body.placement.to_camera(head)[:, 2].min() < 0.05:
            return None
        return _Member(person, stance, guest, self.annotator.box(person.body))

    def _dressed(self, member: _Member, camera: SceneCamera) -> Dressed:
        streams = member.guest.streams
        return dress_wholly(self.dresser, member.person, member.stance, camera, streams, self.ingredients)

    def _annotation(
        self, member: _Member, dressed: Dressed, common: dict[str, str], seen: labels.Seen, number: int
    ) -> HeadAnnotation:
        placement = member.person.body.placement
        yaw = float(angles_seen(matrix_to_direction(placement.translation).T @ placement.rotation)[1])
        posture = "sitting" if member.guest.figure.sits else "standing"
        attributes = {"posture": posture, **dressed.attributes, **common}
        return self.annotator(member.person, yaw, attributes, seen, number)

    def _pictures(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Pictures of surroundings, for what hangs on walls; none where surroundings are left out."""
        count = _PICTURES if self.ingredients.environments else 0
        return [sample_environment(rng, self.wardrobe, self.ingredients).picture for _ in range(count)]

    def _surroundings(self, rng: np.random.Generator, camera: SceneCamera) -> PlacedEnvironment:
        """Turned about the vertical, seen from a camera that is pitched."""
        environment = sample_environment(rng, self.wardrobe, self.ingredients)
        placed = PlacedEnvironment.turned(environment, rng.uniform(-np.pi, np.pi), 0.0, bool(rng.random() < 0.5))
        level = np.diag([1.0, -1.0, -1.0])  # of the world before a camera that looks straight ahead
        return PlacedEnvironment(environment, (placed.rotation @ level @ camera.rotation.T).astype(np.float32))
