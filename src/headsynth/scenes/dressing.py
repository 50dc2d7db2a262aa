"""People of a scene dressed from head to foot: the head and chest of portraits, and a body in the same cloth.

Shares and measures are by eye.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from headsynth.dresser import Dressed, Dresser
from headsynth.ingredients import Ingredients, Streams
from headsynth.people.base_mesh import BaseMesh
from headsynth.people.person import Person
from headsynth.rendering.materials import Plain, Textured
from headsynth.rendering.scene import Material, Part
from headsynth.scenes import figures
from headsynth.scenes.bare import BareSkin
from headsynth.scenes.figures import Build, Legs
from headsynth.scenes.people import Stance
from headsynth.scenes.world import SceneCamera
from headsynth.wear.clothing.scarves import make_scarf
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.hands.gestures import CURLED, FIST, RELAXED, frame
from headsynth.wear.hands.hand_shape import hand_mesh
from headsynth.wear.hands.hand_skin import HandSkin
from headsynth.wear.hands.hands import hand_part
from headsynth.wear.hides import Hides, Worn, face_of
from headsynth.wear.masks import make_mask
from headsynth.wear.solids import Solid, joined, part
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.segments import Segment

_Way = Callable[[np.ndarray], np.ndarray]  # (N, 3) -> (N, 3)
_MASK, _SCARF = 0.05, 0.07  # shares of heads
_LONG_SLEEVES, _SHORTS, _SKIRT, _DRESS = 0.55, 0.12, 0.14, 0.12
_FINE_HAND = 105.0  # pixels of a head from which hands have fingers
_SHOES = np.array([0.012, 0.03, 0.1, 0.5])


def make_scene_hides(streams: Streams, wardrobe: Wardrobe, person: Person, worn: Worn) -> Hides:
    """Masks and scarves, but no hands at the face, whose arms would come from nowhere."""
    hides, placement = Hides(), person.body.placement
    masked, scarfed = streams["mask"], streams["scarf"]
    mask, scarf = masked.random() < _MASK, scarfed.random() < _SCARF and not worn.draped
    if mask or scarf:
        face = face_of(wardrobe, person, worn.bent)
        if scarf:
            cloth = make_scarf(scarfed, wardrobe.mesh, worn.bent, face, placement, worn.cloth, gaiter=not mask)
            hides = hides.plus_cloth("scarf", cloth, face, placement)
        if mask:
            cloth = make_mask(masked, face, placement, carnival=not worn.accessories)
            hides = hides.plus_cloth("mask", cloth, face, placement)
    return hides


def dress_wholly(
    dresser: Dresser, person: Person, stance: Stance, camera: SceneCamera, streams: Streams, ingredients: Ingredients
) -> Dressed:
    """One person from head to foot: as in portraits down to the chest, below it a body in the same cloth."""
    dressed = dresser.dress(person, streams, ingredients, make_scene_hides)
    outfit = _Outfit(dresser.wardrobe.mesh, person, stance, camera, streams, dressed)
    return replace(dressed, parts=(*dressed.parts, *outfit.parts()))


class _Outfit:
    """What is below the chest of one person."""

    def __init__(
        self, mesh: BaseMesh, person: Person, stance: Stance, camera: SceneCamera, streams: Streams, dressed: Dressed
    ) -> None:
        """dressed: the person as in portraits, down to the chest."""
        self.mesh, self.person, self.camera, self.rng = mesh, person, camera, streams["outfit"]
        self.clothing, self.tone, self.placement = dressed.clothing, dressed.tone, person.body.placement
        bent = mesh.neck.bend(person.body.posed, mesh.neck.weights, person.body.shoulders)
        self.body = (bent - mesh.neck.pivot) @ stance.head.T + mesh.neck.pivot  # torso space
        self.bought = any(isinstance(item.material, Textured) for item in self.clothing.parts)
        chest, outline = figures.chest_of(mesh, self.body, self.clothing.off)
        self.stance = replace(stance, build=replace(stance.build, chest=chest, outline=outline))
        self.skin = BareSkin(self.tone)
        self.top = self._cloth()

    @property
    def build(self) -> Build:
        """The person's build with the chest that was measured."""
        return self.stance.build

    def _cloth(self) -> Cloth | None:
        """The cloth of the trunk; None for bare skin."""
        clothing = self.clothing
        for item in clothing.parts[::-1]:
            if item.name in ("clothes", clothing.name):
                if isinstance(item.material, Fabric):
                    return item.material.cloth
                if isinstance(item.material, Textured):
                    colour = _mean_colour(item, item.material)
                    return Cloth(np.stack((colour, colour)), folds=1.0, waves=Cloth.sample(self.rng).waves)
                return clothing.cloth
        return None

    def parts(self) -> list[Part]:
        """The parts of trunk, legs and arms, camera space."""
        rng, build, stance = self.rng, self.build, self.stance
        female = self.person.identity.female > 0.5
        kind = rng.random()
        dressed, skirted = female and kind < _DRESS, female and kind < _DRESS + _SKIRT
        legs = (Legs.sitting if stance.figure.sits else Legs.standing)(build, stance.hips, rng)
        hanging = rng.uniform(0.0, 0.09) if rng.random() < 0.5 and not stance.figure.sits else 0.0
        found = [self._of("trunk", [figures.trunk(build, stance.seat, hanging)], self.top, self.stance.of_torso)]
        bottom = self.top if dressed and self.top is not None else Cloth.sample(rng, plain=0.85)
        if skirted and not stance.figure.sits:
            hem = build.ground + build.stature * rng.uniform(0.10, 0.32)
            found.append(self._of("skirt", [figures.skirt(build, stance.hips, hem, rng.uniform(1.1, 1.9))], bottom))
            found.append(self._of("legs", legs.bare(build), None))
        elif rng.random() < _SHORTS:
            found.append(self._of("trousers", legs.trousers(build, rng.uniform(1.05, 1.2), 0.05), bottom))
            found.append(self._of("legs", legs.bare(build), None))
        else:
            found.append(self._of("trousers", legs.trousers(build, rng.uniform(0.95, 1.2), 1.0), bottom))
        shoe = Plain((_SHOES[rng.integers(len(_SHOES))] * np.exp(rng.normal(0.0, 0.3, 3))).astype(np.float32), 0.04)
        found.append(self._part("shoes", legs.shoes(build), shoe, self.stance.of_legs))
        return found + self._arms()

    def _of(self, name: str, solids: list[Solid], cloth: Cloth | None, way: _Way | None = None) -> Part:
        """Solids in torso space of some cloth, or bare; way: torso space -> world, of the legs unless given."""
        material = self.skin if cloth is None else Fabric(cloth, self.placement)
        return self._part(name, solids, material, way or self.stance.of_legs, cloth is None)

    def _part(self, name: str, solids: list[Solid], material: Material, way: _Way, bare: bool = False) -> Part:
        whole = joined(solids)
        segment = Segment.ACCESSORY if bare else Segment.CLOTHES
        there = replace(whole, vertices=way(whole.vertices))
        return part(name, [there], self.camera.identity, material, segment=segment)

    def _arms(self) -> list[Part]:
        """The parts of forearms, sleeves and hands, camera space."""
        covered = self.clothing.cloth is not None and not self.bought
        sleeves = covered and self.rng.random() < _LONG_SLEEVES
        sewn: list[Solid] = []
        bare: list[Solid] = []
        into = (sewn if covered else bare, sewn if sleeves else None, bare)
        found = []
        ends = figures.elbows(self.mesh, self.body)
        for side, end, arm in zip((1.0, -1.0), ends, self.stance.figure.arms, strict=True):
            found += self._arm(side, end, np.array(arm.forearm), into)
        if sewn:
            found.append(self._of("sleeves", sewn, self.top, self.stance.of_torso))
        found.append(self._of("arms", bare, None, self.stance.of_torso))
        return found

    def _arm(
        self, side: float, end: tuple[np.ndarray, float], forearm: np.ndarray,
        into: tuple[list[Solid], list[Solid] | None, list[Solid]],
    ) -> list[Part]:  # fmt: skip
        """Forearm and hand from the end of an upper arm on: returns the hand's parts.

        end: the elbow (3,) and the arm's radius there, metres; forearm: (3,) its direction; into: the lists that the
        elbow, the sleeve and the bare arm are added to.
        """
        (elbow, radius), scale = end, min(self.build.scale, 1.15)
        joints, sleeves, bare = into
        along = forearm * [side, 1.0, 1.0]
        upper = elbow - figures.SHOULDER * [side, 1.0, 1.0]
        wrist = elbow + 0.245 * scale * along
        inside = elbow - 0.05 * upper / np.linalg.norm(upper)
        thick = np.array([0.98, 0.98, 0.9]) * radius * (1.0 if joints is bare else 1.14)
        joints.append(figures.limb(np.stack((inside, elbow, elbow + 0.05 * along)), thick))
        radii = np.array([0.9 * radius, 0.036 * scale, 0.027 * scale])
        bare.append(figures.limb(np.stack((elbow, elbow + 0.6 * (wrist - elbow), wrist)), radii))
        if sleeves is not None:
            wide = np.array([1.2 * radius, 0.053 * scale, 0.042 * scale])
            sleeves.append(figures.limb(np.stack((elbow, 0.5 * (elbow + wrist), wrist - 0.01 * along)), wide))
        return self._hand(side, wrist, along, scale, bare)

    def _hand(self, side: float, wrist: np.ndarray, along: np.ndarray, scale: float, coarse: list[Solid]) -> list[Part]:
        """A hand with fingers for somebody near; else added to the `coarse` solids."""
        inward = np.array([-side, 0.0, 0.0]) if abs(along[0]) < 0.75 else np.array([0.0, -0.2, -1.0])
        pixels = self.placement.focal * 0.24 / max(float(self.placement.translation[2]), 0.1)
        if pixels < _FINE_HAND:
            middle = wrist + 0.075 * scale * along
            second = np.cross(along, inward)
            second /= np.linalg.norm(second)
            tip = wrist + 0.165 * scale * along - 0.02 * scale * inward
            coarse.append(figures.limb(np.stack((wrist, middle, tip)), np.array([0.026, 0.040, 0.016]) * scale, 10))
            thumb = middle + scale * (0.045 * second + 0.02 * along)
            coarse.append(figures.limb(np.stack((wrist + 0.02 * along, thumb)), np.array([0.016, 0.011]) * scale, 8))
            return []
        grip = (RELAXED, CURLED, FIST)[self.rng.choice(3, p=[0.65, 0.25, 0.1])]
        flip = np.array([side, 1.0, 1.0])
        rotation = frame(along * flip, -inward * flip)
        points, flow = hand_mesh().posed(grip, np.eye(3))
        world = self.stance.of_torso((scale * points @ rotation.T) * flip + wrist)
        turn = self.camera.rotation @ self.stance.torso
        return [_hand_part(self.camera.to_camera(world), flow @ rotation.T * flip @ turn.T, side, self.tone)]


def _hand_part(vertices: np.ndarray, flow: np.ndarray, side: float, tone: np.ndarray) -> Part:
    """vertices: (V, 3) camera space; flow: (V, 3) along the fingers; side: 1 of a left hand."""
    palm = np.maximum(tone * [1.06, 0.97, 0.95], tone * 0.45 + np.array([0.124, 0.071, 0.053]))
    rest = hand_mesh().vertices
    skin = HandSkin(tone.astype(np.float32), rest, flow.astype(np.float32), palm.astype(np.float32), None, 0.03, 1.0)
    return hand_part(vertices, skin, side)


def _mean_colour(item: Part, material: Textured) -> np.ndarray:
    """(3,) linear, of the lower half of a garment."""
    middles = item.vertices[item.triangles].mean(axis=1)[:, 1]
    low = middles > np.median(middles)  # camera space: y down
    uvs = item.uvs[item.uv_triangles[low]].mean(axis=1)
    colour = np.median(material.texture.linear(uvs), axis=0) * material.gain
    return np.clip(colour, 0.005, 0.8).astype(np.float32)
