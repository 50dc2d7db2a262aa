"""Eyes as a material: sclera, limbus, iris and pupil by the angle from the gaze, in the shade of the lids.

Angles, colours and their spread are by eye.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from headsynth.people import looks
from headsynth.people.base_mesh import BaseMesh
from headsynth.people.person import Person
from headsynth.rendering.materials import srgb
from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.rendering.vectors import smoothstep
from trans3dhead.geometry.vectors import dot, unit

_IRIS_ANGLE = (21.5, 24.5)  # degrees, the radius of the iris seen from the eyeball's centre
_LIDS = (slice(42, 48), slice(36, 42))  # landmarks of the left and of the right eye
_FIBRES = (64, 512)  # rings, spokes of the map
_BLOODSHOT = np.array([0.10, 0.55, 0.50], np.float32)  # absorbed by full veins
_BEYOND = (0.06, 0.11)  # radians past a lid's edge where nothing but lid can be
_FLESH = srgb(176, 104, 96)  # the caruncle and the lids' wet edge


@dataclass(frozen=True)
class Lids:
    """The edges of one eye's opening as angles about the eyeball's centre, radians: to the head's left, and up."""

    across: np.ndarray  # (4,) ascending
    upper: np.ndarray  # (4,)
    lower: np.ndarray  # (4,)
    inner: float  # the corner near the nose, across

    @classmethod
    def of(cls, points: np.ndarray, inner: np.ndarray) -> "Lids":
        """points: (6, 3) unit directions in head space, the iBUG order from corner to corner over the top."""
        across, up = np.arctan2(points[:, 0], points[:, 2]), np.arcsin(np.clip(points[:, 1], -1.0, 1.0))
        rows = [0, 1, 2, 3], [0, 5, 4, 3]
        order = np.argsort(across[rows[0]], kind="stable")
        upper, lower = (up[row][order] for row in rows)
        return cls(across[rows[0]][order], upper, lower, float(np.arctan2(inner[0], inner[2])))

    def distances(self, outward: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(N, 3) unit, head space -> radians below the upper lid, above the lower one (negative: under them), and
        from the inner corner.
        """
        across, up = np.arctan2(outward[:, 0], outward[:, 2]), np.arcsin(np.clip(outward[:, 1], -1.0, 1.0))
        upper, lower = (np.interp(across, self.across, edge) for edge in (self.upper, self.lower))
        return upper - up, up - lower, np.abs(across - self.inner)


@dataclass(frozen=True)
class Eyes:
    """The material of both eyeballs under a wet film."""

    centres: np.ndarray  # (2, 3) metres, camera space: left, right
    gaze: np.ndarray  # (2, 3) unit
    rotation: np.ndarray  # (3, 3) head space -> camera space
    lids: tuple[Lids, Lids]
    iris: np.ndarray  # (3,) linear
    heart: np.ndarray  # (3,) linear, of the ring around the pupil
    sclera: np.ndarray  # (3,) linear
    iris_angle: float  # radians, the radius of the iris seen from the eyeball's centre
    pupil: float  # radius of the pupil over that of the iris
    veins: float  # 0 clear to 1 bloodshot
    turn: float  # radians by which the fibres are turned
    skin: np.ndarray  # (3,) linear, of the lids

    def shade(self, samples: SurfaceSamples) -> Surface:
        """Colours by the angle from the gaze; the cornea bulges."""
        side = np.linalg.norm(samples.positions[:, None] - self.centres, axis=2).argmin(axis=1)
        outward = unit((samples.positions - self.centres[side]).astype(np.float32))
        gaze, up = self.gaze[side].astype(np.float32), self.rotation[:, 1].astype(np.float32)
        radius = np.arccos(np.clip(dot(outward, gaze), -1.0, 1.0)) / np.float32(self.iris_angle)
        azimuth = np.arctan2(outward @ up, dot(outward, np.cross(gaze, up)))
        veins = _fibres()[1].take(_polar(0.4 * radius, 2.0 * azimuth + self.turn))
        albedo = self._iris(radius, azimuth)
        albedo += (self._sclera(radius, veins) - albedo) * smoothstep(radius, 0.90, 1.12)[:, None]
        covered = self._under_lids(albedo, outward @ self.rotation.astype(np.float32), side)
        bulge = (np.exp(-np.square(radius / 0.9)) * np.float32(0.35) * (1.0 - covered))[:, None]
        albedo = np.clip(albedo, 0.003, 0.8).astype(np.float32)
        reflectance = np.float32(0.025) * (1.0 - covered)
        return Surface(albedo, reflectance, 350.0, normals=unit(outward - gaze * bulge), reflection="sharp", floor=0.12)

    def _iris(self, radius: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
        """(N, 3): fibres, a ring of another colour around the pupil, a dark limbus, the pupil."""
        fibres = _fibres()[0].take(_polar(radius, azimuth + self.turn))
        ring = smoothstep(radius + 0.10 * fibres, self.pupil + 0.32, self.pupil + 0.08)[:, None]
        iris = self.iris + (self.heart - self.iris) * ring
        iris = iris * (0.95 + 0.42 * fibres)[:, None]
        iris *= (1.0 - 0.72 * smoothstep(radius, 0.76, 1.0))[:, None]
        return iris * (smoothstep(radius, self.pupil - 0.05, self.pupil + 0.05)[:, None] + 0.01)

    def _sclera(self, radius: np.ndarray, veins: np.ndarray) -> np.ndarray:
        """(N, 3): veins and redness grow away from the iris."""
        away = np.clip((radius - 1.2) * 0.45, 0.0, 1.0)
        red = away * (0.14 + 0.35 * self.veins) + np.clip(veins, 0.0, 1.5) * away * (0.15 + 0.6 * self.veins)
        return self.sclera * np.exp(-red[:, None] * _BLOODSHOT)

    def _under_lids(self, albedo: np.ndarray, outward: np.ndarray, side: np.ndarray) -> np.ndarray:
        """Flesh at the corner and at the lower lid, and the shade of lids and lashes, put into `albedo` (N, 3).

        Returns (N,) 0..1 where an eyeball comes out of a closed lid: it is given the lid's colour there.
        """
        covered: np.ndarray = np.zeros(len(outward), np.float32)
        for eye, lids in enumerate(self.lids):
            here = np.flatnonzero(side == eye)
            if not len(here):
                continue
            below, above, corner = lids.distances(outward[here])
            light = 1.0 - 0.62 * np.exp(-np.maximum(below, 0.0) / 0.14) - 0.22 * np.exp(-np.maximum(above, 0.0) / 0.09)
            flesh = np.maximum(smoothstep(corner, 0.20, 0.09), 0.55 * smoothstep(above, 0.045, 0.015))[:, None]
            lid = smoothstep(-np.minimum(below, above), *_BEYOND)
            shaded = (albedo[here] + (_FLESH - albedo[here]) * flesh) * light[:, None]
            albedo[here] = shaded + (self.skin - shaded) * lid[:, None]
            covered[here] = lid
        return covered


def make_eyes(rng: np.random.Generator, person: Person, marks: np.ndarray, mesh: BaseMesh) -> Eyes:
    """The eyes of one person. marks: (68, 3) landmarks with the expression, metres, head space."""
    placement = person.body.placement
    centres, gaze = person.body.gaze(mesh)
    lids = []
    for centre, rows in zip(centres, _LIDS, strict=True):
        directions = unit(marks[rows] - centre)
        lids.append(Lids.of(directions, directions[np.abs(marks[rows][:, 0]).argmin()]))
    old = float(np.clip((person.identity.age - 40.0) / 40.0, 0.0, 1.0))
    sclera = srgb(206, 197, 188) * np.array([1.0, 1.0 - 0.03 * old, 1.0 - 0.10 * old])
    sclera = sclera * np.exp(rng.normal(-0.05, 0.10) + rng.normal(0.0, 0.02, 3)) * (1.0 - 0.15 * person.complexion)
    iris = looks.iris_colour(rng, person.complexion) * (1.0 - 0.5 * person.complexion)
    heart = iris + (srgb(104, 66, 34) * (0.8 - 0.5 * person.complexion) - iris) * rng.beta(1.0, 1.6)
    return Eyes(
        placement.to_camera(centres),
        gaze @ placement.rotation.T,
        placement.rotation,
        (lids[0], lids[1]),
        iris,
        heart,
        sclera,
        np.deg2rad(rng.uniform(*_IRIS_ANGLE)),
        float(np.clip(rng.normal(0.38, 0.08) - 0.08 * old, 0.2, 0.62)),
        float(rng.beta(1.2, 4.0)),
        float(rng.uniform(0.0, 2.0 * np.pi)),
        0.8 * person.tone,
    )


@cache
def _fibres() -> tuple[np.ndarray, np.ndarray]:
    """Two maps over radius and azimuth of deviation one, flat: spokes of the iris; wandering veins."""
    rng = np.random.default_rng(52)
    maps = []
    for rings, spokes in ((14.0, 1.2), (2.5, 1.6)):
        noise = rng.standard_normal(_FIBRES).astype(np.float32)
        wide = cv2.copyMakeBorder(noise, 0, 0, 64, 64, cv2.BORDER_WRAP)
        smooth = cv2.GaussianBlur(wide, (0, 0), sigmaX=spokes, sigmaY=rings)[:, 64:-64]
        maps.append((smooth / smooth.std()).astype(np.float32).ravel())
    return maps[0] * np.float32(0.5), maps[1]


def _polar(radius: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """(N,) radius 0..1 and radians -> (N,) places in a flat map of `_FIBRES`."""
    rings, spokes = _FIBRES
    ring = np.clip(radius * rings, 0.0, rings - 1.0).astype(np.int32)
    return ring * spokes + (azimuth * (spokes / (2.0 * np.pi))).astype(np.int32) % spokes
