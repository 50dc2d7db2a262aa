"""Generated clothes: shells over the body with hems, collars, hoods, lapels, ties; and necklaces.

Shares and measures are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headsynth.people.base_mesh import BaseMesh
from headsynth.people.looks import any_colour
from headsynth.people.person import Person
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear.clothing.necklaces import make_necklace
from headsynth.wear.clothing.tailoring import AROUND, RINGS, Pattern, body_normals, neck_rings, pattern, steps
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.solids import Solid, ellipsoid, part, surface, tube
from trans3dhead.data.segments import Segment

_NECKLACE = 0.12  # share of women without a high neckline, a third of it for men
_TIE = 0.45  # share of shirts under jackets
_WOMENS = 0.15  # factor on the shares of what men seldom wear
_FLAT = "T-shirt"  # the outfit that lies flat beneath what is draped over the shoulders


def distribution() -> dict[str, Any]:
    """The shares of generated outfits (on men the women's are rarer), of ties on shirts, of necklaces on women."""
    return {"outfits": {name: outfit.share for name, outfit in OUTFITS.items()}, "ties": _TIE, "necklaces": _NECKLACE}


@dataclass(frozen=True)
class Clothing:
    """What someone wears below the head."""

    name: str  # the attribute's word
    cloth: Cloth | None  # of sleeves
    parts: tuple[Part, ...]
    off: float = 0.008  # metres from the skin to the outside of the cloth, about


UNDRESSED = Clothing("none", None, (), off=0.001)


@dataclass(frozen=True)
class Outfit:
    """One kind of generated clothes: who wears it, and how it is made."""

    share: float  # among generated clothes; what a jacket or a hooded jacket is worn over stands with it
    make: Callable[["Tailor", Cloth], list[Part]]
    men: float = 1.0  # factor on the share for men
    high: bool = False  # up the neck, so that no necklace shows
    bare_arms: bool = False
    off: float = 0.008  # metres from the skin to the outside of the cloth, about


class Tailor:
    """Makes generated clothes for one body."""

    def __init__(self, rng: np.random.Generator, mesh: BaseMesh, person: Person, bent: np.ndarray) -> None:
        """bent: (V, 3) the base mesh, its shoulders bent, metres, head space."""
        self.rng, self.mesh, self.person, self.body = rng, mesh, person, bent
        self.placement = person.body.placement
        self.normals = body_normals(mesh, bent)

    def dress(self, draped: bool = False) -> Clothing:
        """One outfit; draped: a flat one, for something lies on the shoulders."""
        rng = self.rng
        male = self.person.identity.female < 0.5
        shares = [outfit.share * (outfit.men if male else 1.0) for outfit in OUTFITS.values()]
        name = one_of(rng, list(OUTFITS), shares)
        name = _FLAT if draped else name
        outfit, cloth = OUTFITS[name], Cloth.sample(rng)
        parts = outfit.make(self, cloth)
        likely = _NECKLACE * (1.0 if self.person.identity.female > 0.5 else 0.33)
        if not outfit.high and not draped and rng.random() < likely:
            parts.append(make_necklace(rng, self.mesh, self.body, self.normals, self.placement))
        return Clothing(name, None if outfit.bare_arms else cloth, tuple(parts), outfit.off)

    def _cut(self, name: str) -> Pattern:
        return pattern(self.mesh, name, int(self.rng.integers(steps(name))))

    def _shell(self, cut: Pattern, material: Fabric, gap: float, ease: float) -> tuple[Part, np.ndarray]:
        """The cloth to draw, and its vertices (N, 3), head space."""
        points = cut.drape(self.body, self.normals, gap, ease)
        whole = Part(
            "clothes", self.placement.to_camera(points).astype(np.float32), cut.triangles, np.zeros((1, 2), np.float32),
            np.zeros_like(cut.triangles), material, Segment.CLOTHES, corners=cut.corners,
        )  # fmt: skip
        return whole, points

    def _part(self, name: str, solids: list[Solid], material: Fabric | Plain) -> Part:
        return part(name, solids, self.placement, material, segment=Segment.CLOTHES)

    def _hem(self, cut: Pattern, points: np.ndarray, cloth: Cloth, width: float) -> list[Part]:
        """A rolled or ribbed edge that hides the gap between cloth and skin."""
        solids = []
        for loop in cut.hems[:3]:
            path = points[loop]
            for _ in range(3):
                path = 0.5 * path + 0.25 * (np.roll(path, 1, axis=0) + np.roll(path, -1, axis=0))
            solids.append(tube(path - 0.3 * width * self._outward(cut, loop), width, 8, closed=True))
        return [self._part("hem", solids, Fabric(cloth, self.placement))] if solids else []

    def _outward(self, cut: Pattern, loop: np.ndarray) -> np.ndarray:
        share = cut.share[loop]
        return self.normals[cut.first[loop]] * (1.0 - share) + self.normals[cut.second[loop]] * share

    def _trim(self, cloth: Cloth) -> Cloth:
        """For ribs: the same cloth, now and then its second colour."""
        if self.rng.random() < 0.75:
            return cloth
        return replace(cloth, colours=cloth.colours[::-1], pattern="plain")

    def simple(self, neckline: str, cloth: Cloth) -> list[Part]:
        """One piece with a hem. neckline: of NECKLINES."""
        cut = self._cut(neckline)
        ease = self.rng.uniform(0.002, 0.012)
        whole, points = self._shell(cut, self._fabric(cloth, cut), 0.0035, ease)
        width = self.rng.uniform(0.0022, 0.005)
        return [whole, *self._hem(cut, points, self._trim(cloth), width)]

    def _fabric(self, cloth: Cloth, cut: Pattern, lines: np.ndarray | None = None) -> Fabric:
        """lines: (N,) factor on the colour; a seam runs along the edge in any case."""
        seam = 1.0 - 0.25 * np.exp(-np.square((cut.depth - 0.016) / 0.002))
        return Fabric(cloth, self.placement, cut.rest, (seam if lines is None else seam * lines).astype(np.float32))

    def turtleneck(self, cloth: Cloth) -> list[Part]:
        """A turtleneck with a rolled collar."""
        cut = self._cut("turtleneck")
        whole, _ = self._shell(cut, self._fabric(cloth, cut), 0.0045, self.rng.uniform(0.004, 0.012))
        rings = neck_rings(self.mesh)
        skin, out = rings.on(self.body), rings.on(self.normals)
        top = int(self.rng.integers(RINGS - 3, RINGS))
        rows = skin[2 : top + 1], out[2 : top + 1]
        bulge = np.linspace(0.5, 1.0, len(rows[0]))[:, None, None]
        outer = rows[0] + rows[1] * (0.006 + 0.004 * bulge)
        roll = np.concatenate(
            (outer, outer[-1:] * 0.5 + skin[top : top + 1] * 0.5 + [0.0, 0.003, 0.0], skin[top : top + 1])
        )
        return [whole, self._part("collar", [surface(roll, around=True)], Fabric(cloth, self.placement))]

    def shirt(self, cloth: Cloth) -> list[Part]:
        """A shirt with a collar and buttons."""
        rng = self.rng
        cut = self._cut("shirt")
        x, depth = cut.rest[:, 0], cut.depth
        placket = 1.0 - 0.3 * np.exp(-np.square((np.abs(x) - 0.016) / 0.0015)) * (cut.rest[:, 2] > 0.0)
        whole, _ = self._shell(cut, self._fabric(cloth, cut, placket), 0.0035, rng.uniform(0.003, 0.012))
        return [
            whole,
            self._collar(cloth, rng.uniform(0.028, 0.042), rng.uniform(0.06, 0.22)),
            *self._buttons(cut, depth),
        ]

    def _collar(self, cloth: Cloth, width: float, opening: float) -> Part:
        """A band up the neck that folds over and comes down; open in front. opening: radians to each side."""
        rings = neck_rings(self.mesh)
        skin, out = rings.on(self.body), rings.on(self.normals)
        low, high = skin[1], skin[4]
        angle = np.linspace(opening, 2.0 * np.pi - opening, 44)
        column = angle / (2.0 * np.pi) * AROUND

        def around(ring: np.ndarray) -> np.ndarray:
            closed = np.vstack((ring, ring[:1]))
            at = np.arange(AROUND + 1)
            return np.stack([np.interp(column, at, closed[:, axis]) for axis in range(3)], axis=1)

        base, top, away = around(low), around(high), around(out[2])
        away = away / np.linalg.norm(away, axis=1, keepdims=True)
        down = base - top
        down /= np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-6)
        front = np.exp(-np.square(np.minimum(angle, 2.0 * np.pi - angle) / 0.5))[:, None]
        fall = width * (1.0 + 0.7 * front)
        rows = [
            base + away * 0.004,
            top + away * 0.004,
            top + away * 0.0065 - down * 0.003,
            top + away * 0.009 - down * 0.001,
            top + away * (0.012 + 0.002 * front) + down * 0.5 * fall,
            top + away * (0.014 + 0.008 * front) + down * fall,
        ]
        return self._part("collar", [surface(np.stack(rows)[:, ::-1])], Fabric(cloth, self.placement))

    def _buttons(self, cut: Pattern, depth: np.ndarray) -> list[Part]:
        """Down the middle of the front, as far as the picture goes."""
        points = cut.drape(self.body, self.normals, 0.0035, 0.006)
        middle = np.flatnonzero((np.abs(cut.rest[:, 0]) < 0.012) & (cut.rest[:, 2] > 0.0) & (depth > 0.008))
        middle = middle[np.argsort(depth[middle], kind="stable")]  # left and right are equally deep
        kept, last = [], -1.0
        for index in middle.tolist():
            if depth[index] - last > 0.075:
                kept.append(
                    ellipsoid(
                        points[index] + self._outward(cut, np.array([index]))[0] * 0.002, np.full(3, 0.0045), 6, 10
                    )
                )
                last = float(depth[index])
        colour = np.full(3, self.rng.choice([0.03, 0.7]))
        return [self._part("buttons", kept, Plain(colour, 0.05, 60.0))] if kept else []

    def jacket(self, cloth: Cloth) -> list[Part]:
        """Over a shirt with or without a tie, or over a T-shirt."""
        rng = self.rng
        shirt = Cloth.sample(rng, plain=0.8)
        if rng.random() < 0.6:
            under = self.shirt(shirt)
            if rng.random() < _TIE:
                under += self._tie()
        else:
            under = self.simple("crew", shirt)
        cut = self._cut("jacket")
        lapel = 0.045 + 0.02 * rng.random()
        lines = 1.0 - 0.55 * np.exp(-np.square((cut.depth - lapel) / 0.0022)) * (cut.rest[:, 2] > -0.02)
        lines *= np.where((cut.depth < lapel) & (cut.rest[:, 2] > -0.02), 1.12, 1.0)
        whole, points = self._shell(cut, self._fabric(cloth, cut, lines), 0.012, rng.uniform(0.006, 0.014))
        return [*under, whole, *self._hem(cut, points, cloth, 0.004)]

    def _tie(self) -> list[Part]:
        rings = neck_rings(self.mesh)
        throat = rings.on(self.body)[1, 0] + rings.on(self.normals)[1, 0] * 0.012
        front = np.flatnonzero((np.abs(self.mesh.template[:, 0]) < 0.012) & (self.mesh.neck.weights > 0.7))
        front = front[(self.normals[front] @ self._ahead()) > 0.4]
        chest = self.body[front[np.argsort(-self.mesh.template[front, 1], kind="stable")]]
        below = chest[np.linspace(0, len(chest) - 1, 7).astype(int)] + self._ahead() * 0.017
        path = np.vstack((throat, below[1:]))
        path = path[np.argsort(-(path @ self._upward()), kind="stable")]
        width = np.interp(np.arange(len(path)), [0, 1, len(path)], [0.010, 0.016, 0.036])[:, None]
        side = np.cross(self._upward(), self._ahead())
        strip = np.stack((path - side * width, path + self._ahead() * 0.004, path + side * width), axis=1)
        cloth = Cloth.sample(self.rng, plain=0.45)
        material = Fabric(cloth, self.placement)
        knot = ellipsoid(throat, np.array([0.017, 0.016, 0.011]), 8, 12)
        return [self._part("tie", [surface(strip[::-1]), knot], material)]

    def _ahead(self) -> np.ndarray:
        """(3,) unit, head space: where the chest looks."""
        return self.person.body.shoulders @ [0.0, 0.0, 1.0]

    def _upward(self) -> np.ndarray:
        """(3,) unit, head space: up along the trunk."""
        return self.person.body.shoulders @ [0.0, 1.0, 0.0]

    def hoodie(self, cloth: Cloth) -> list[Part]:
        """The hood lies on the back; two strings hang in front."""
        rng = self.rng
        parts = self.simple("crew", cloth)
        rings = neck_rings(self.mesh)
        low, out = rings.on(self.body)[1], rings.on(self.normals)[1]
        angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
        behind = 0.5 - 0.5 * np.cos(angle)  # 0 in front, 1 behind
        reach = (0.010 + rng.uniform(0.022, 0.036) * behind**1.5)[:, None]
        path = low + out * reach * 0.9 - self._upward() * (0.020 * (1.0 - behind))[:, None]
        for _ in range(6):
            path = 0.5 * path + 0.25 * (np.roll(path, 1, axis=0) + np.roll(path, -1, axis=0))
        ripple = 1.0 + 0.08 * np.sin(3.0 * angle + rng.uniform(0, 6)) + 0.05 * np.sin(7.0 * angle + rng.uniform(0, 6))
        hood = tube(path, reach[:, 0] * ripple, 14, closed=True)
        parts.append(self._part("hood", [hood], Fabric(cloth, self.placement)))
        if rng.random() < 0.6:
            ends = [path[column] + self._ahead() * 0.014 for column in (4, AROUND - 4)]
            strings = [
                tube(end - np.linspace(0, 0.11, 8)[:, None] * self._upward()
                     + np.square(np.linspace(0, 0.11, 8))[:, None] * 3.0 * self._ahead(), 0.0024, 6)
                for end in ends
            ]  # fmt: skip
            parts.append(self._part("strings", strings, Plain(any_colour(rng), 0.02)))
        return parts


def _simple(neckline: str) -> Callable[[Tailor, Cloth], list[Part]]:
    return lambda tailor, cloth: tailor.simple(neckline, cloth)


OUTFITS = {
    "T-shirt": Outfit(0.23, _simple("crew")),
    "high neck": Outfit(0.06, _simple("high"), high=True),
    "turtleneck": Outfit(0.07, Tailor.turtleneck, high=True),
    "boat neck": Outfit(0.05, _simple("boat"), men=_WOMENS),
    "scoop neck": Outfit(0.08, _simple("scoop"), men=_WOMENS),
    "V-neck": Outfit(0.08, _simple("vee")),
    "shirt": Outfit(0.14, Tailor.shirt, high=True),
    "jacket": Outfit(0.12, Tailor.jacket, high=True, off=0.017),
    "hoodie": Outfit(0.09, Tailor.hoodie),
    "tank top": Outfit(0.05, _simple("tank"), bare_arms=True),
    "straps": Outfit(0.02, _simple("straps"), men=_WOMENS, bare_arms=True),
    "strapless": Outfit(0.01, _simple("strapless"), men=_WOMENS, bare_arms=True),
}
