"""What is behind a scene's people: surroundings or a wall where the camera looks, a ground, and shadows on it.

Shares, sizes and strengths are by eye.
"""

from typing import Any

import cv2
import numpy as np

from headsynth.ingredients import Streams
from headsynth.people.looks import any_colour
from headsynth.rendering.backdrops import DESERTED, draw_backdrop
from headsynth.rendering.environment import Lamp
from headsynth.rendering.light import Light
from headsynth.scenes.clutter import Pictures, cluttered
from headsynth.scenes.world import SceneCamera
from headsynth.shares import log_uniform, one_of
from trans3dhead.data.photometric import disc_kernel
from trans3dhead.geometry.vectors import unit

_SURROUNDINGS = 0.55  # share of scenes with the surroundings themselves behind
_WALLS = {name: entry.share for name, entry in DESERTED.items()}
_BLURS = {0.0: 0.62, 0.8: 0.16, 2.5: 0.10, 5.0: 0.08, 9.0: 0.04}  # pixels of a picture of 256, and shares
_ON_WALLS = 0.5  # share of clutter on what is behind, out of focus with it; the rest lies on the ground too, sharp
_GROUND = 0.6  # share of scenes before surroundings with a ground of their own
_GROUNDS = {"plain": 0.2, "tiles": 0.2, "planks": 0.18, "rough": 0.22, "grass": 0.12, "carpet": 0.08}
_FAR = (7.0, 30.0)  # metres to the wall, log-uniform; or to where the ground ends
_PAINT = 0.3  # deviation of the logarithm of the brightness of what is drawn
_FLAT = 0.12  # sine of the elevation below which a lamp casts no shadow that ends in the picture
_CONTACT = (0.30, 0.62)  # metres and depth of the dark spot under somebody


def distribution() -> dict[str, Any]:
    """The shares of surroundings, walls, blurs and grounds."""
    return {
        "surroundings": _SURROUNDINGS,
        "walls": {
            name: round((1.0 - _SURROUNDINGS) * share / sum(_WALLS.values()), 4) for name, share in _WALLS.items()
        },
        "blur_pixels_of_256": {str(sigma): share for sigma, share in _BLURS.items()},
        "grounds": dict(_GROUNDS),
        "clutter_on_walls": _ON_WALLS,
        "own_ground_before_surroundings": _GROUND,
    }


def setting(
    light: Light,
    camera: SceneCamera,
    size: int,
    standing: np.ndarray,
    streams: Streams,
    pictures: Pictures = (),
) -> np.ndarray:
    """(S, S, 3) linear radiance. standing: (N, 4) x, z, radius and height in metres of what stands on the ground.

    pictures: of other surroundings, for clutter; without any, the surroundings are left alone.
    """
    rng, varied = streams["background"], len(pictures) > 0
    rays = camera.directions(size, size)
    sigma = float(rng.choice(list(_BLURS), p=list(_BLURS.values()))) * size / 256.0
    surrounded = not varied or rng.random() < _SURROUNDINGS
    far = log_uniform(rng, _FAR)
    if len(standing):
        far = max(far, float(-standing[:, 1].min()) + 0.6)
    behind = light.surroundings.view(_seen(rays, camera, size)) if surrounded else _wall(light, size, rng)
    clutter = streams["clutter"]
    early, level = clutter.random() < _ON_WALLS, light.surroundings.environment.mean
    if varied and early:
        behind = cluttered(behind, pictures, level, clutter)
    if sigma > 0.0:
        behind = _blurred(behind, sigma, rng)
    behind = behind * light.backdrop
    if varied and (not surrounded or rng.random() < _GROUND):
        behind = _on_ground(behind, light, camera, rays, far, rng)
    if varied and not early:
        behind = cluttered(behind, pictures, level * light.backdrop, clutter)
    return (behind * _shadows(light, camera, size, standing)).astype(np.float32)


def _seen(rays: np.ndarray, camera: SceneCamera, size: int) -> np.ndarray:
    """(S, S, 3) unit directions in camera space."""
    return unit(rays @ camera.rotation.T.astype(np.float32)).reshape(size, size, 3)


def _wall(light: Light, size: int, rng: np.random.Generator) -> np.ndarray:
    backdrop = DESERTED[one_of(rng, list(_WALLS), list(_WALLS.values()))]
    return draw_backdrop(backdrop, size, light.surroundings.environment.mean, _PAINT, rng)


def _blurred(picture: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    return cv2.filter2D(picture, -1, disc_kernel(2.0 * sigma), borderType=cv2.BORDER_REFLECT)


def _on_ground(
    behind: np.ndarray, light: Light, camera: SceneCamera, rays: np.ndarray, far: float, rng: np.random.Generator
) -> np.ndarray:
    """(S, S, 3) with the ground drawn up to `far` metres."""
    down = np.maximum(-rays[:, 1], 1e-6)
    along = np.float32(camera.height) / down
    x, z = rays[:, 0] * along, rays[:, 2] * along
    on = (rays[:, 1] < -1e-4) & (-z < far) & (along < 80.0)
    rows = np.flatnonzero(on)
    if not len(rows):
        return behind
    footprint = along[rows] / np.float32(camera.focal) * np.maximum(1.0, 1.0 / down[rows])
    albedo = _floor(x[rows], z[rows], footprint, rng)
    up = camera.rotation @ [0.0, 1.0, 0.0]
    level = light.surroundings.look(light.surroundings.environment.fill, up[None].astype(np.float32))[0] * light.fill
    level = 0.5 * level + 0.5 * light.surroundings.environment.mean * light.fill
    for lamp in light.lamps:
        level = level + lamp.irradiance * max(float(lamp.direction @ up), 0.0)
    picture = behind.reshape(-1, 3).copy()
    picture[rows] = albedo * level.astype(np.float32)
    return picture.reshape(behind.shape)


def _floor(x: np.ndarray, z: np.ndarray, footprint: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, 3) albedo at (N,) places, metres; footprint: metres that a pixel spans there, over which patterns fade."""
    kind = one_of(rng, list(_GROUNDS), list(_GROUNDS.values()))
    base = np.clip(any_colour(rng), 0.04, 0.6) ** 0.8
    base = base.mean() + rng.beta(1.0, 3.0) * (base - base.mean())  # floors are seldom of a strong colour
    if kind == "grass":
        base = np.array([0.10, 0.19, 0.04]) * np.exp(rng.normal(0.0, 0.25, 3))
    if kind == "planks":
        base = np.array([0.34, 0.20, 0.11]) * np.exp(rng.normal(0.0, 0.3) + rng.normal(0.0, 0.08, 3))
    angle = rng.uniform(0.0, np.pi)
    u, v = np.cos(angle) * x + np.sin(angle) * z, np.cos(angle) * z - np.sin(angle) * x
    shade = np.zeros_like(x)
    table = rng.standard_normal(4096).astype(np.float32)
    scales, strengths = _RELIEF[kind]
    for scale, strength in zip(scales, strengths, strict=True):
        fade = np.clip(1.5 - footprint / np.float32(scale), 0.0, 1.0)
        shade += np.float32(strength) * fade * _noise(u / np.float32(scale), v / np.float32(scale), table)
    if kind in ("tiles", "planks"):
        shade += _laid(kind, u, v, footprint, table, rng)
    return np.clip(base.astype(np.float32) * np.exp(shade)[:, None], 0.01, 0.8).astype(np.float32)


def _laid(
    kind: str, u: np.ndarray, v: np.ndarray, footprint: np.ndarray, table: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(N,) logarithm of the brightness of tiles or planks at (N,) places along and across, with their joints."""
    tiles = kind == "tiles"
    wide = rng.uniform(0.25, 0.9) if tiles else rng.uniform(0.08, 0.2)
    long = wide if tiles else rng.uniform(1.0, 2.5)
    row = np.floor(v / wide)
    along = u / long if tiles else u / long + 0.5 * (row % 2.0)
    column = np.floor(along)
    fade = np.clip(2.0 - 2.0 * footprint / np.float32(wide), 0.0, 1.0)
    shade = np.float32(0.06 if tiles else 0.2) * table[(row * 57 + column * 131).astype(np.int64) % len(table)]
    if tiles and rng.random() < 0.35:
        shade = shade + np.float32(rng.uniform(0.3, 1.0)) * (((row + column) % 2.0) - 0.5)
    joint = np.minimum(v / wide - row, along - column)
    shade = shade - np.float32(0.7) * (joint < 0.02 + footprint / np.float32(wide) * 0.3)
    return (shade * fade).astype(np.float32)


# Metres, and deviations of the logarithm of the albedo.
_RELIEF = {
    "plain": ((1.5, 0.3), (0.06, 0.03)),
    "tiles": ((0.8, 0.06), (0.06, 0.05)),
    "planks": ((0.7, 0.05), (0.08, 0.08)),
    "rough": ((1.2, 0.25, 0.03), (0.14, 0.10, 0.16)),
    "grass": ((1.6, 0.22, 0.04), (0.22, 0.22, 0.40)),
    "carpet": ((0.5, 0.12, 0.02), (0.10, 0.22, 0.12)),
}


def _noise(u: np.ndarray, v: np.ndarray, table: np.ndarray) -> np.ndarray:
    """(N,) smooth noise of about unit deviation; table: (4096,) its values at whole places."""
    column, row = np.floor(u), np.floor(v)
    x, y = u - column, v - row
    x, y = x * x * (3.0 - 2.0 * x), y * y * (3.0 - 2.0 * y)
    start = (column.astype(np.int64) * 73 + row.astype(np.int64) * 1031) % 4096
    left, right = table[start], table[(start + 73) % 4096]
    low, high = table[(start + 1031) % 4096], table[(start + 1104) % 4096]
    return (left + (right - left) * x) * (1.0 - y) + (low + (high - low) * x) * y


def _shadows(light: Light, camera: SceneCamera, size: int, standing: np.ndarray) -> np.ndarray:
    """(S, S, 1) factors: dark spots under what stands there, and the shadows that the strongest lamp casts."""
    if not len(standing):
        return np.ones((size, size, 1), np.float32)
    side = size // 2
    rays = camera.directions(size, side)
    along = np.float32(camera.height) / np.maximum(-rays[:, 1], 1e-6)
    rows = np.flatnonzero((rays[:, 1] < -1e-4) & (along < 60.0))
    x, z = rays[rows, 0] * along[rows], rays[rows, 2] * along[rows]
    shade: np.ndarray = np.ones(len(rows), np.float32)
    lamp = max(light.lamps, key=lambda lamp: float(lamp.irradiance.mean()), default=None)
    for place_x, place_z, radius, height in standing.astype(np.float32):
        offset = x - place_x, z - place_z
        square = np.square(offset[0]) + np.square(offset[1])
        shade *= 1.0 - np.float32(_CONTACT[1]) * np.exp(-square / np.square(_CONTACT[0] + radius))
        if lamp is not None:
            shade *= _cast(lamp, light, camera, offset, float(radius), float(height))
    mask: np.ndarray = np.ones(side * side, np.float32)
    mask[rows] = shade
    soft = cv2.GaussianBlur(mask.reshape(side, side), (0, 0), 0.8)
    return cv2.resize(soft, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]


def _cast(
    lamp: Lamp, light: Light, camera: SceneCamera, offset: tuple[np.ndarray, np.ndarray], radius: float, height: float
) -> np.ndarray | float:
    """(N,) factors of the ground's light in the shadow of a post; offset: x and z of N places from its foot."""
    towards = camera.rotation.T @ lamp.direction
    if towards[1] < _FLAT:
        return 1.0
    reach = -towards[[0, 2]] / towards[1] * height
    length = float(np.hypot(*reach)) + 1e-6
    way = (reach / length).astype(np.float32)
    ahead = offset[0] * way[0] + offset[1] * way[1]
    beside = np.abs(offset[0] * way[1] - offset[1] * way[0])
    soft = 0.06 + lamp.radius * np.maximum(ahead, 0.0)
    core = np.clip((1.1 * radius - beside) / soft + 0.5, 0.0, 1.0) * ((ahead > -0.1) & (ahead < length))
    share = float(lamp.irradiance.mean() * towards[1])
    return (1.0 - core * np.float32(share / (share + float(light.fill.mean()) * 0.8))).astype(np.float32)
