"""Generated brows: short locks along the landmarks' arcs.

Numbers are by eye.
"""

import numpy as np

from headsynth.hair.ground import HairGround, Roots
from headsynth.hair.growth import shares
from headsynth.hair.textures import LOCKS, SPARSE
from headsynth.hair.tresses import Tresses

_A_SIDE, _SEGMENTS = 46, 2


def grow_brows(rng: np.random.Generator, ground: HairGround) -> Tresses:
    """Both brows, thin or thick, sparse or bushy."""
    roots, along = _roots(rng, ground)
    count = len(along)
    noise = rng.normal(size=(count, 3)).astype(np.float32)
    length = rng.uniform(0.006, 0.011) * (1.0 - 0.35 * along) * np.exp(0.15 * noise[:, 0])
    side = np.sign(roots.points[:, 0])
    rise = rng.uniform(0.5, 1.2) * (1.0 - along) - 0.25
    comb = np.stack((side * 1.0, rise, -0.4 * along), axis=1) + 0.12 * noise
    comb /= np.linalg.norm(comb, axis=1, keepdims=True)
    share = shares(_SEGMENTS)
    places, aways = [roots.points.astype(np.float32)], [roots.normals.astype(np.float32)]
    lift = rng.uniform(0.0003, 0.0012)
    for value in share[1:]:
        place = (roots.points + comb * (value * length)[:, None]).astype(np.float32)
        distance, away = ground.space.look(place)
        place = place + away * (0.0006 + lift * value - distance)[:, None]
        places.append(place.astype(np.float32))
        aways.append(away)
    width = rng.uniform(0.0022, 0.0045) * np.exp(0.2 * noise[:, 1])
    sparse = rng.random(count) < rng.uniform(0.4, 0.9)
    lock = np.where(sparse, LOCKS - SPARSE + rng.integers(SPARSE, size=count), rng.integers(LOCKS - SPARSE, size=count))
    return Tresses(
        roots, np.stack(places, axis=1), np.stack(aways, axis=1), share, width.astype(np.float32), lock,
        rng.integers(32, size=count), 0.5 * noise, np.full((count, _SEGMENTS + 1), 0.9, np.float32), rigid=True,
    )  # fmt: skip


def _roots(rng: np.random.Generator, ground: HairGround) -> tuple[Roots, np.ndarray]:
    """The roots of both brows on the skin's nearest vertices; and (N,) 0 at the nose to 1 at the temple."""
    along = np.linspace(0.0, 1.0, _A_SIDE) ** 0.9
    thick = rng.uniform(0.0012, 0.0042) * (1.0 - 0.75 * along)
    drop, arch = rng.normal(0.0, 0.0012), rng.normal(0.0, 0.0015)
    both = []
    for first, step in ((22, 1), (21, -1)):  # landmarks of the left and the right brow, from the nose
        arc = ground.marks[[first + step * i for i in range(5)]]
        points = np.stack([np.interp(along * 4.0, np.arange(5), arc[:, axis]) for axis in range(3)], axis=1)
        points[:, 1] += drop - 0.002 + arch * np.sin(np.pi * along) + thick * rng.uniform(-1.0, 1.0, _A_SIDE)
        both.append(points)
    points = np.concatenate(both).astype(np.float32)
    distance, normals = ground.space.look(points)
    points = points - normals * distance[:, None]
    rows = ground.space.nearest[ground.space.nodes(points)[0]]
    squares = np.square(ground.mesh.template[rows] - points[:, None]).sum(axis=2)
    corners = np.take_along_axis(rows, squares.argmin(axis=1)[:, None], axis=1).repeat(3, axis=1)
    third = np.full((len(points), 3), 1.0 / 3.0, np.float32)
    return Roots(corners, third, points, normals, np.ones(len(points), np.float32)), np.tile(along, 2)
