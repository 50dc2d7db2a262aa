"""One photograph: draw a person and a camera, light them, trace, develop; and the exact annotation."""

from dataclasses import dataclass

import cv2
import numpy as np
from embreex.rtcore import EmbreeDevice

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.geometry.boxes import bounds
from trans3dhead.synth.environment import Environment, Lamp, PlacedEnvironment, procedural
from trans3dhead.synth.expressions import sample_expression
from trans3dhead.synth.faces import FaceRegions
from trans3dhead.synth.poses import Placement, place, sample_shoulders, sample_view
from trans3dhead.synth.scene import Hits, Scene
from trans3dhead.synth.shading import Film, Light, shade
from trans3dhead.synth.subject import Body, Dresser
from trans3dhead.synth.textures import to_srgb_bytes
from trans3dhead.synth.vectors import unit
from trans3dhead.synth.wardrobe import Wardrobe

_CENTRE = np.array([0.5, 0.5], np.float32)
_EXTRA = np.array([[0.13, 0.36], [0.87, 0.42], [0.52, 0.89]], np.float32)  # more rays where edges are
_SHAPE_LIMIT = 3.0  # standard deviations
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Photograph:
    """A picture and what is known about it."""

    image: np.ndarray  # (S, S, 3) uint8 RGB
    annotation: HeadAnnotation


class Studio:
    """Makes photograph `index` of set `seed`: the same whatever was made before it."""

    def __init__(self, wardrobe: Wardrobe, size: int = 256) -> None:
        self.wardrobe, self.size = wardrobe, size
        self.regions = FaceRegions.of(wardrobe.head, wardrobe.mesh)
        self.device = EmbreeDevice()

    def photograph(self, seed: int, index: int) -> Photograph:
        """Draw, render and annotate."""
        streams = np.random.default_rng([seed, index]).spawn(8)
        body, annotation, weights = self._person(streams[0], streams[1])
        dresser = Dresser(self.wardrobe, self.regions, body, weights, streams[2])
        scene = Scene(dresser.parts(), self.device)
        surroundings, name = self._surroundings(streams[3])
        light, lighting = sample_light(streams[4], surroundings)
        linear = self._render(scene, dresser, light, streams[5], self._background(surroundings, streams[7]))
        attributes = {**annotation.attributes, **dresser.attributes, "hdri": name, "light": lighting}
        image = develop(linear, streams[6])
        return Photograph(image, HeadAnnotation(**{**vars(annotation), "attributes": attributes}))

    def _person(
        self, identity: np.random.Generator, posing: np.random.Generator
    ) -> tuple[Body, HeadAnnotation, dict[str, float]]:
        mesh, head = self.wardrobe.mesh, self.wardrobe.head
        shape = np.clip(identity.normal(size=head.layout.shape), -_SHAPE_LIMIT, _SHAPE_LIMIT).astype(np.float32)
        view = sample_view(posing, self.size)
        names = head.expression_names
        expression, kind = sample_expression(posing, names, view.towards_camera)
        neutral, posed = mesh.vertices(shape, expression)
        subset = posed[self.wardrobe.head_rows].astype(np.float64)
        placement = place(view, subset)
        body = Body(neutral, posed, sample_shoulders(posing, view), placement)
        yaw = 30 * round(float((view.euler[1] + 180.0) % 360.0 - 180.0) / 30.0)
        annotation = HeadAnnotation(
            shape=shape,
            expression=expression,
            rotation=placement.rotation,
            translation=placement.translation,
            focal=float(placement.focal),
            principal_point=placement.principal_point,
            image_size=(self.size, self.size),
            box=bounds(placement.project(subset)),
            attributes={"expression": kind, "yaw": str(abs(yaw))},
        )
        return body, annotation, dict(zip(names, expression.tolist(), strict=True))

    def _surroundings(self, rng: np.random.Generator) -> tuple[PlacedEnvironment, str]:
        paths = self.wardrobe.folder.environments
        environment: Environment
        if paths and rng.random() > 0.04:
            environment = self.wardrobe.environment(paths[rng.integers(len(paths))])
        else:
            environment = procedural(rng)
        placed = PlacedEnvironment.turned(environment, rng.uniform(-np.pi, np.pi), rng.normal(0.0, 0.12))
        return placed, environment.name

    def _render(
        self, scene: Scene, dresser: Dresser, light: Light, rng: np.random.Generator, background: np.ndarray
    ) -> np.ndarray:
        """(S, S, 3) linear radiance; one ray a pixel, three more where edges and hair are."""
        size, placement = self.size, dresser.body.placement
        grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2).astype(np.float32)
        first = _rays(placement, grid + _CENTRE)
        hits = _traced_in(scene, first, grid, placement, rng)
        edges = np.flatnonzero(_edges(scene, hits, size))
        extra = _rays(placement, (grid[edges][:, None] + _EXTRA).reshape(-1, 2))
        hits = _joined(hits, scene.trace(extra, rng))
        pixels = np.concatenate((np.arange(size * size), np.repeat(edges, len(_EXTRA))))
        radiance = shade(scene, hits, Film(np.concatenate((first, extra)), pixels, size), light, rng)
        exposure = _exposure(scene, hits, radiance, dresser.tone, rng)
        missed = hits.triangles < 0
        radiance[missed] += background.reshape(-1, 3)[pixels[missed]] * hits.filter[missed]
        radiance = np.minimum(radiance * exposure, 3.0)
        total = np.stack([np.bincount(pixels, radiance[:, c], minlength=size * size) for c in range(3)], axis=1)
        counts = np.ones(size * size)
        counts[edges] += len(_EXTRA)
        return (total / counts[:, None]).reshape(size, size, 3).astype(np.float32)

    def _background(self, surroundings: PlacedEnvironment, rng: np.random.Generator) -> np.ndarray:
        """(S, S, 3) the surroundings behind the head, out of focus, at a field of view of its own; or a plain wall."""
        size = self.size
        if rng.random() < 0.08:
            ends = surroundings.environment.fill.mean(axis=(0, 1)) * np.exp(rng.normal(0.0, 0.6, (2, 3)) * [1, 0.3, 1])
            slope = np.linspace(0.0, 1.0, size, dtype=np.float32)[:, None, None]
            return np.broadcast_to(ends[0] + (ends[1] - ends[0]) * slope, (size, size, 3)).astype(np.float32)
        blur = size / 256.0 * rng.choice([0.0, 1.0, 2.5, 5.0, 9.0], p=[0.25, 0.25, 0.2, 0.2, 0.1])
        side = size if blur < 2.0 else size // 2  # what is out of focus needs fewer pixels
        tangent = np.tan(np.deg2rad(rng.uniform(30.0, 85.0)) / 2.0)
        line = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * np.float32(2.0 * tangent)
        x, y = np.meshgrid(line, line)
        directions = unit(np.stack((x, y, np.ones_like(x)), axis=-1).reshape(-1, 3)).reshape(side, side, 3)
        picture = surroundings.view(directions)
        if blur > 0:
            picture = cv2.GaussianBlur(picture, (0, 0), blur * side / size)
        return picture if side == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)


def _rays(placement: Placement, pixels: np.ndarray) -> np.ndarray:
    """(N, 2) pixels -> (N, 3) float32 unit directions, camera space."""
    offset = (pixels - placement.principal_point.astype(np.float32)) / np.float32(placement.focal)
    directions = np.concatenate((offset, np.ones((len(offset), 1), np.float32)), axis=1).astype(np.float32)
    return unit(directions)


def _traced_in(
    scene: Scene, directions: np.ndarray, grid: np.ndarray, placement: Placement, rng: np.random.Generator
) -> Hits:
    """Trace only the rays inside the bounds of the scene in the picture."""
    points = scene.vertices[scene.vertices[:, 2] > 0.05]
    pixels = placement.focal * points[:, :2] / points[:, 2:] + placement.principal_point
    low, high = pixels.min(axis=0) - 1.0, pixels.max(axis=0) + 1.0
    inside = np.flatnonzero(((grid >= low) & (grid <= high)).all(axis=1))
    return scene.trace(directions[inside], rng).scattered(inside, len(grid))


def _joined(first: Hits, second: Hits) -> Hits:
    return Hits(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in Hits.__dataclass_fields__))


def _edges(scene: Scene, hits: Hits, size: int) -> np.ndarray:
    """(S·S,) bool: pixels at the border of a part or at a jump in depth; smaller jumps count within hair."""
    part = np.where(hits.triangles >= 0, scene.part_of[hits.triangles], -1).reshape(size, size)
    depth = np.where(hits.triangles >= 0, hits.distance, 100.0).reshape(size, size)
    fine = np.array([item.cutout is not None for item in scene.parts] + [False])[part]
    edge = np.array([item.name == "eyes" for item in scene.parts] + [False])[part] | fine & _far_from_mean(depth)
    for axis in (0, 1):
        jump = (np.diff(part, axis=axis) != 0) | (np.abs(np.diff(depth, axis=axis)) > 0.008)
        low, high = [slice(None)] * 2, [slice(None)] * 2
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        edge[tuple(low)] |= jump
        edge[tuple(high)] |= jump
    return edge.ravel()


def _far_from_mean(depth: np.ndarray) -> np.ndarray:
    """(S, S) bool: more than a millimetre from the mean of the neighbours, which a smooth surface is not."""
    return np.abs(cv2.blur(depth, (3, 3)) - depth) > 0.001


def sample_light(rng: np.random.Generator, surroundings: PlacedEnvironment) -> tuple[Light, str]:
    """The surroundings' own lamp, and sometimes another, from anywhere; now and then a hard one from the side."""
    fill = np.full(3, np.exp(rng.normal(0.0, 0.2)))
    lamps = []
    own = surroundings.environment.lamp_irradiance
    strength = float(own @ _LUMINANCE)
    kind = "surroundings"
    if strength > 0.05:
        limit = np.exp(rng.uniform(np.log(0.4), np.log(3.0)))
        lamps.append(
            Lamp(surroundings.lamp_direction, own * min(1.0, limit / strength), np.deg2rad(rng.uniform(1.0, 9.0)))
        )
    draw = rng.random()
    if draw < 0.5:
        direction = rng.normal(size=3) * [1.0, 0.7, 0.6] + [0.0, -0.5, -0.7]
        warmth = np.exp(rng.normal(0.0, 0.12) * np.array([1.0, 0.0, -1.2]))
        colour = warmth * np.exp(rng.uniform(np.log(0.3), np.log(2.5)))
        kind = "lamp"
        if draw < 0.12:
            direction, colour, kind = rng.normal(size=3) * [1.0, 0.35, 0.5] + [0, -0.2, 0], colour * 2.0, "hard"
            fill = fill * rng.uniform(0.25, 0.6)
        radius = np.deg2rad(np.exp(rng.uniform(np.log(1.0), np.log(18.0))))
        lamps.append(Lamp((direction / np.linalg.norm(direction)), colour, radius))
    return Light(surroundings, fill.astype(np.float32), lamps), kind


def _exposure(scene: Scene, hits: Hits, radiance: np.ndarray, tone: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(3,) factors: by the light that falls on the skin, partly by what it reflects; partial white balance.

    tone: (3,) the skin's mean albedo, which turns what it reflects into the light that it receives.
    """
    seen = np.flatnonzero(hits.triangles >= 0)
    skin = seen[scene.part_of[hits.triangles[seen]] == 0]
    chosen = radiance[skin if len(skin) > 50 else seen]
    if not len(chosen):
        return np.ones(3, np.float32)
    bright = chosen @ _LUMINANCE
    lit = chosen[bright >= np.percentile(bright, 40)].mean(axis=0)
    received = np.maximum(lit / (tone + 0.045), 1e-4)  # the sheen's share is white
    level = float(received @ _LUMINANCE)
    gain = np.exp(rng.normal(-0.15, 0.25)) * (0.25 / float(tone @ _LUMINANCE)) ** 0.3 / level
    balance = (received / level) ** -rng.uniform(0.7, 1.0) * np.exp(rng.normal(0.0, 0.04, 3))
    return (gain * balance).astype(np.float32)


def develop(linear: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) linear radiance -> uint8 sRGB: a soft shoulder, a little contrast, a little noise of the sensor."""
    shoulder = rng.uniform(0.55, 0.75)
    over = np.maximum(linear - shoulder, 0.0) / (1.0 - shoulder)
    toned = np.where(linear > shoulder, shoulder + (1.0 - shoulder) * (1.0 - np.exp(-over)), linear)
    noise = rng.standard_normal(linear.shape, np.float32)
    noise += 1.5 * noise[..., 1:2]  # brightness varies more than colour
    strength = np.float32(0.6 * np.exp(rng.uniform(np.log(0.001), np.log(0.012))))
    toned = toned + noise * strength * np.sqrt(np.maximum(toned, 0.0) + np.float32(0.01))
    image = to_srgb_bytes(toned.astype(np.float32))
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.9))
    return image
