"""Shapes of hats on a fit: domes, brims, crowns, visors.

Measures are by eye.
"""

import numpy as np

from headsynth.wear.headwear.fit import COLUMNS, Fit
from headsynth.wear.solids import Solid, ellipsoid, surface

DOME_ROWS = 14
_SHARE = np.linspace(0.0, 1.0, DOME_ROWS)[:, None]  # from the rim to the top


def folds(rng: np.random.Generator, strength: float) -> np.ndarray:
    """(DOME_ROWS, COLUMNS) metres >= 0: soft dents of cloth, none at the rim."""
    angle = np.arange(COLUMNS) * (2.0 * np.pi / COLUMNS)
    total = np.zeros((DOME_ROWS, COLUMNS))
    for _ in range(5):
        around, up = rng.integers(1, 5), rng.uniform(2.0, 8.0)
        total += np.sin(around * angle + up * _SHARE + rng.uniform(0.0, 2.0 * np.pi))
    return strength * (0.5 + total / 8.0).clip(0.0) * np.minimum(4.0 * _SHARE, 1.0) * np.minimum(8.0 - 8.0 * _SHARE, 1)


def cap_crown(rng: np.random.Generator, fit: Fit) -> Solid:
    """The dome of a cap: six panels, of which the front ones stand up."""
    stand = rng.uniform(0.006, 0.02)
    ahead = np.clip(fit.ahead, 0.0, 1.0)
    extra = stand * np.sin(np.pi * _SHARE**0.8) * (0.45 + 0.55 * ahead)
    extra = extra + rng.uniform(0.004, 0.012) * _SHARE**2 - 0.0012 * (np.arange(COLUMNS) % (COLUMNS // 6) == 0)
    return surface(fit.dome(DOME_ROWS, extra), around=True)


def beanie_crown(rng: np.random.Generator, fit: Fit) -> Solid:
    """Knitwear: close, or with room at the top and behind."""
    room = rng.uniform(0.002, 0.012) if rng.random() < 0.6 else rng.uniform(0.015, 0.045)
    extra = room * np.sin(0.5 * np.pi * _SHARE) * (1.0 - 0.5 * fit.ahead * np.sin(np.pi * _SHARE))
    extra = extra + folds(rng, 0.1 * room + 0.001)
    return surface(fit.dome(DOME_ROWS, extra), around=True)


def visor(rng: np.random.Generator, fit: Fit, length: float | None = None) -> Solid:
    """The peak of a cap: from the front of the rim outwards, bent down at its sides."""
    half = rng.uniform(1.05, 1.25)  # radians of the rim that it spans, to either side
    length = length or rng.uniform(0.058, 0.075)
    bow = rng.uniform(1.0, 5.5) if rng.random() < 0.8 else 0.3
    angle = np.linspace(-half, half, 21)
    rim = _at(fit, angle)
    forward = np.array([np.sin(fit.turn), 0.0, np.cos(fit.turn)])
    across = np.array([np.cos(fit.turn), 0.0, -np.sin(fit.turn)])
    slope = rng.uniform(-0.05, 0.35)
    reach = length * np.sqrt(np.clip(1.0 - (angle / half) ** 4, 0.0, 1.0)) * (1.0 - 0.12 * (angle / half) ** 2)
    x = (rim - rim.mean(axis=0)) @ across
    top = []
    for share in np.linspace(0.0, 1.0, 7):
        fall = share * (bow * x * x + slope * length) * reach / length
        top.append(rim + share * reach[:, None] * forward - fall[:, None] * [0.0, 1.0, 0.0])
    lower = np.stack(top) - [0.0, 0.0022, 0.0]
    return surface(np.concatenate((lower, np.stack(top)[::-1])))


def brim(rng: np.random.Generator, fit: Fit, width: float, slope: float, curl: float = 0.0, wave: float = 0.0) -> Solid:
    """All around; slope: downwards over outwards; curl: metres by which its sides turn up; wave: metres."""
    rim = fit.rim
    bends = wave * sum(np.sin(k * fit.azimuth + rng.uniform(0.0, 2.0 * np.pi)) for k in (2, 3, 5))
    sides = np.sin(fit.azimuth) ** 2
    top = []
    for share in np.linspace(0.0, 1.0, 8):
        lift = share**2 * (curl * sides + bends) - share * slope * width
        level = rim + (share * width * np.sqrt(1.0 - 0.4 * min(slope, 1.0) ** 2)) * fit.outward
        top.append(level + lift[:, None] * fit.up)
    lower = np.stack(top) - 0.003 * fit.up
    return surface(np.concatenate((lower, np.stack(top)[::-1])), around=True)


def crown(fit: Fit, profile: np.ndarray, dent: float = 0.0, pinch: float = 0.0) -> Solid:
    """A stiff hat: (N, 2) widths over the rim's and heights in metres, from the rim to the middle of the top.

    dent: metres by which the middle line lies lower; pinch: share by which the front of the top is narrowed.
    """
    rim = fit.rim
    middle, up = rim.mean(axis=0), fit.up
    arm = rim - middle
    across = np.array([np.cos(fit.turn), 0.0, -np.sin(fit.turn)])
    rows = []
    for width, height in profile:
        high = np.clip(height / profile[:, 1].max(), 0.0, 1.0)
        level = arm * width
        narrow = pinch * high**2 * np.clip(fit.ahead, 0.0, 1.0)
        level = level - (narrow * (level @ across))[:, None] * across
        groove = np.exp(-np.square(level @ across / 0.022)) * high**4 * dent
        rows.append(middle + level + (height - groove)[:, None] * up)
    points = fit.hull.onto(np.stack(rows), fit.gap)
    inside = fit.hull.onto(np.stack((rim + 0.01 * up, rim)) - 0.5 * fit.gap * fit.outward, 0.0012)
    return surface(np.concatenate((inside, points)), around=True)


def ribbon(crown_points: np.ndarray, rows: int, share: float) -> Solid:
    """About the lowest `rows` rows of a crown's (V, 3) points, the last of them to its `share`, and 1.5 mm outside."""
    grid = crown_points.reshape(-1, COLUMNS, 3)[2 : 3 + rows]
    grid = np.concatenate((grid[:-1], grid[-2:-1] + share * (grid[-1:] - grid[-2:-1])))
    away = grid - grid.mean(axis=1, keepdims=True)
    away /= np.linalg.norm(away, axis=2, keepdims=True)
    outside = grid + 0.0018 * away
    return surface(np.concatenate((outside, grid[-1:])), around=True)


def button(fit: Fit, crown_points: np.ndarray, radius: float) -> Solid:
    """The button on the top of a dome; crown_points: (V, 3) its vertices."""
    top = crown_points[(crown_points @ fit.up).argmax()]
    return ellipsoid(top, radius * np.array([1.0, 0.5, 1.0]), 6, 12)


def pompon(rng: np.random.Generator, centre: np.ndarray, radius: float) -> Solid:
    """A bumpy ball, metres."""
    ball = ellipsoid(np.zeros(3), np.full(3, radius), 16, 26)
    bumps = rng.uniform(0.82, 1.12, len(ball.vertices))[:, None]
    bumps[:26], bumps[-26:] = bumps[0], bumps[-1]
    u = np.arctan2(ball.vertices[:, 0], ball.vertices[:, 2]) * radius
    return Solid(ball.vertices * bumps + centre, ball.triangles, np.stack((u, ball.vertices[:, 1]), axis=1))


def arch(points: np.ndarray, width: float, thickness: float) -> Solid:
    """A flat strip along (N, 3) points over a head: its section `width` along z, `thickness` away from the middle."""
    along = np.gradient(points, axis=0)
    ahead = np.array([0.0, 0.0, 1.0]) - along * (
        along[:, 2:] / np.maximum((along**2).sum(axis=1, keepdims=True), 1e-12)
    )
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    out = np.cross(ahead, along)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    if (out[len(out) // 2] @ [0.0, 1.0, 0.0]) < 0.0:
        out = -out
    angle = np.arange(10) * (2.0 * np.pi / 10)
    ring = (
        0.5 * width * np.cos(angle)[:, None, None] * ahead
        + thickness * (0.5 + 0.5 * np.sin(angle))[:, None, None] * out
    )
    solid = surface((points + ring).transpose(1, 0, 2), around=True)
    inward = _volume(solid) < 0.0
    return Solid(solid.vertices, solid.triangles[:, ::-1], solid.uvs, solid.uv_triangles[:, ::-1]) if inward else solid


def _volume(solid: Solid) -> float:
    """Six times the signed volume of a solid, cubic metres."""
    corners = solid.vertices[solid.triangles]
    return float(np.einsum("nc,nc->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])))


def _at(fit: Fit, angle: np.ndarray) -> np.ndarray:
    """(N,) azimuths from the hat's front -> (N, 3) on the rim's outer edge."""
    rim = fit.rim
    return np.stack([np.interp(angle, fit.azimuth, rim[:, axis], period=2.0 * np.pi) for axis in range(3)], axis=1)
