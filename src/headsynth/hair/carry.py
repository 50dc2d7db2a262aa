"""Locks carried from the template to one person's head.

Numbers are by eye.
"""

from collections.abc import Sequence

import numpy as np

from headsynth.hair.ground import HairGround
from headsynth.hair.tresses import Bound
from headsynth.hair.variation import STILL, Variation
from headsynth.people.person import Body
from headsynth.wear.accessory import Accessory, pressed

_CLEAR = 0.002  # metres off the skin
_DEEPEST = 0.012  # metres; what seems deeper lies beside an ear, not in the skin


def on_person(
    ground: HairGround, bound: Bound, body: Body, worn: Sequence[Accessory] = (), variation: Variation = STILL
) -> tuple[np.ndarray, np.ndarray]:
    """(3, N, K + 1) metres, head space, and (N, K + 1) bool, which of them are out of sight under what is worn.

    Each place moves as the skin next to it does, and roots stay on the skin.
    """
    mesh, shape = ground.mesh, bound.shape
    moved = np.ascontiguousarray((body.posed - mesh.template).T)
    places = variation.of_places(bound).reshape(3, *shape)
    root = (bound.weights * moved[:, bound.corners]).sum(axis=1)[..., None]  # (3, N, 1)
    if bound.rigid:
        places += root
    else:
        by_skin = _blended(moved, bound.rows, bound.share).reshape(3, *shape)
        places += by_skin
        places += (root - by_skin[..., :1]) * np.square(1.0 - bound.shares)
        places[..., 1:] += _lack(ground, body, places.reshape(3, -1), bound.rows[0]).reshape(3, *shape)[..., 1:]
    hidden: np.ndarray = np.zeros(shape, bool)
    if worn:
        straight, under = pressed(places.reshape(3, -1).T, bound.rows[0], worn)
        places, hidden = np.ascontiguousarray(straight.T, np.float32).reshape(3, *shape), under.reshape(shape)
    return _bent(ground, bound, body, places.reshape(3, -1), moved).reshape(3, *shape), hidden


def _blended(values: np.ndarray, rows: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Values of vertices (3, V) mixed at n places by k rows and shares (k, n) each -> (3, n)."""
    total = values.take(rows[0], axis=1) * share[0]
    for row, part in zip(rows[1:], share[1:], strict=True):
        total += values.take(row, axis=1) * part
    return total


def _lack(ground: HairGround, body: Body, places: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(3, n) what is missing to the skin's tangent plane at the vertices `near`, which is the person's own."""
    normals, points = body.normals(ground.mesh).T.take(near, axis=1), body.posed.T.take(near, axis=1)
    gap = ((places - points) * normals).sum(axis=0)
    return normals * np.where(gap > -_DEEPEST, np.maximum(_CLEAR - gap, 0.0), 0.0)


def _bent(ground: HairGround, bound: Bound, body: Body, places: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(3, n) with the shoulders, and out of them."""
    neck, follow = ground.mesh.neck, bound.follow.astype(np.float32)
    below = np.flatnonzero(follow)
    places[:, below] = neck.bend(places[:, below].T, follow[below], body.shoulders).T
    if len(bound.low):
        places[:, bound.low] = _out_of_shoulders(ground, bound, places[:, bound.low].T, moved.T, body).T
    return places


def _out_of_shoulders(
    ground: HairGround, bound: Bound, places: np.ndarray, moved: np.ndarray, body: Body
) -> np.ndarray:
    """(m, 3) where shoulders that turn would swallow hair that turns less: off their skin, but for roots.

    places: the bound's `low`; moved: (V, 3) from the template to this body.
    """
    neck, space = ground.mesh.neck, ground.space
    weights = np.ones(len(places), np.float32)
    for _ in range(2):
        straight = neck.bend(places, weights, body.shoulders.T)
        near = space.next_to(straight)
        weights = neck.weights[near]
    distance, away = space.look((straight - moved[near]).astype(np.float32))
    beyond = np.minimum(8.0 * bound.shares, 1.0)  # roots stay where they are
    clear = (_CLEAR - 0.03 * (1.0 - beyond))[bound.low % len(bound.shares)]
    lack = np.flatnonzero(distance < clear)
    straight, weights, away = straight[lack], weights[lack], away[lack]
    lifted = straight + away * (clear[lack] - distance[lack])[:, None]
    out = places.copy()
    out[lack] += neck.bend(lifted, weights, body.shoulders) - neck.bend(straight, weights, body.shoulders)
    return out
