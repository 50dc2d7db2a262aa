"""A hand with its forearm: bones and flesh as round cones, meshed once, bent by its bones for each pose.

Hand space, a left hand: metres, origin at the wrist, x to the thumb's side, y along the fingers, z out of the back.

Lengths and radii are about an adult's, by eye; cells of 4.2 mm because finer ones made no difference that can be seen.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from headsynth.rendering.vectors import embree_triangles, smoothstep
from headsynth.wear.hands.implicit import blended, mesh_of, round_cone
from trans3dhead.geometry.matrices import turn_about
from trans3dhead.geometry.vectors import unit

# Index, middle, ring and little finger: knuckle, splay in degrees, lengths of the phalanges, radii at joints and tip.
_FINGERS = (
    ((0.0270, 0.0880, 0.000), -7.0, (0.043, 0.026, 0.020), (0.0110, 0.0099, 0.0086, 0.0072)),
    ((0.0060, 0.0920, 0.002), -1.0, (0.046, 0.029, 0.021), (0.0111, 0.0100, 0.0087, 0.0073)),
    ((-0.0145, 0.0870, 0.000), 5.0, (0.043, 0.027, 0.021), (0.0105, 0.0094, 0.0082, 0.0069)),
    ((-0.0330, 0.0770, -0.004), 13.0, (0.034, 0.020, 0.018), (0.0094, 0.0082, 0.0072, 0.0060)),
)
_THUMB = ((0.0200, 0.0160, -0.008), (0.0460, 0.0460, -0.016), (0.0610, 0.0740, -0.020), (0.0705, 0.0985, -0.022))
_THUMB_RADII = (0.0145, 0.0124, 0.0112, 0.0088)
_THUMB_NAIL = (0.62, -0.30, 0.60)  # about where the thumb's nail looks
_FLESH = (  # of the palm: start, end, radii
    ((0.016, 0.008, 0.000), (0.0270, 0.0850, -0.001), 0.0140, 0.0120),
    ((0.005, 0.008, 0.001), (0.0060, 0.0890, 0.000), 0.0150, 0.0125),
    ((-0.006, 0.008, 0.000), (-0.0145, 0.0840, -0.002), 0.0150, 0.0120),
    ((-0.016, 0.008, -0.002), (-0.0320, 0.0740, -0.005), 0.0140, 0.0110),
    ((0.016, 0.020, -0.010), (0.0360, 0.0480, -0.014), 0.0150, 0.0135),  # ball of the thumb
    ((-0.018, 0.016, -0.008), (-0.0300, 0.0600, -0.008), 0.0140, 0.0115),  # edge of the hand
)
_FOREARM = (((0.011, 0.012, -0.001), (0.017, -0.23, -0.004)), ((-0.011, 0.012, -0.001), (-0.017, -0.23, -0.004)))
_FOREARM_RADII = (0.0180, 0.0340)
_SOFTNESS = 0.0022  # metres of distance over which the pull of neighbouring bones mixes
FOREARM = 16  # of the bones: 0 is the palm's, 1 to 12 the fingers', 13 to 15 the thumb's


@dataclass(frozen=True)
class Grip:
    """How a hand is bent, degrees; fingers from the index to the little one."""

    knuckles: tuple[float, float, float, float]
    middles: tuple[float, float, float, float]  # the outer joints bend by two thirds of it
    spread: float = 0.0  # beyond the rest pose, from finger to finger
    across: float = 0.0  # thumb: turned in front of the palm
    beside: float = 0.0  # thumb: towards the fingers
    thumb: float = 10.0  # thumb: bend of its two outer joints


@dataclass(frozen=True)
class HandMesh:
    """The rest pose. Made once a process by `hand_mesh`; not to be changed."""

    vertices: np.ndarray  # (V, 3) float32
    triangles: np.ndarray  # (F, 3) int32
    corners: tuple[np.ndarray, np.ndarray]  # (F,) for Embree: of a left hand, of its mirror image
    weights: np.ndarray  # (V, 17) float32, of the bones

    @property
    def arm(self) -> np.ndarray:
        """(V,) bool: whether a vertex is the forearm's."""
        return self.vertices[:, 1] < -0.01

    def posed(self, grip: Grip, wrist: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(V, 3) the hand in a grip, and the unit directions (V, 3) along its fingers.

        wrist: (3, 3) the forearm's rotation relative to the palm.
        """
        matrices = np.stack([np.eye(3, 4), *_fingers(grip), *_thumb(grip), np.hstack((wrist, np.zeros((3, 1))))])
        blend = np.einsum("vb,bij->vij", self.weights, matrices.astype(np.float32), optimize=True)
        return np.einsum("vij,vj->vi", blend[..., :3], self.vertices) + blend[..., 3], blend[..., 1]


@cache
def hand_mesh() -> HandMesh:
    """The hand that all hands are bent and scaled from."""
    axes = (
        np.arange(-0.062, 0.092, 0.0042),
        np.concatenate((np.arange(-0.29, -0.03, 0.011), np.arange(-0.03, 0.205, 0.0042))),
        np.arange(-0.052, 0.044, 0.0042),
    )
    vertices, triangles = mesh_of(lambda points: _distance(points)[0], axes)
    corners = embree_triangles(triangles), embree_triangles(triangles[:, ::-1])
    return HandMesh(vertices, triangles, corners, _weights(vertices))


def bones() -> np.ndarray:
    """(5, 4, 3) joints from knuckle to tip: index, middle, ring, little finger, thumb."""
    chains = []
    for knuckle, splay, lengths, _ in _FINGERS:
        reach = np.concatenate(([0.0], np.cumsum(lengths)))[:, None]
        chains.append(np.array(knuckle) + reach * _splayed(splay))
    return np.array([*chains, _THUMB])


def nail_directions() -> np.ndarray:
    """(5, 3) unit: where the nails look in the rest pose."""
    outer = bones()[:, 3] - bones()[:, 2]
    up = np.array([[0.0, 0.0, 1.0]] * 4 + [_THUMB_NAIL])
    outer = unit(outer)
    return unit(up - outer * np.einsum("nc,nc->n", up, outer)[:, None])


def radii() -> np.ndarray:
    """(5, 4) metres: the radius of each finger and the thumb at the joints of `bones`."""
    return np.array([finger[3] for finger in _FINGERS] + [_THUMB_RADII])


def _splayed(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.array([-np.sin(angle), np.cos(angle), 0.0])


def _distance(points: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The signed distance, and that to the flesh of each bone."""
    palm = blended([round_cone(points, *cone) for cone in _FLESH], 0.012)
    arm = blended([round_cone(points, *ends, *_FOREARM_RADII) for ends in _FOREARM], 0.02)
    pieces, chains = [palm], []
    for joints, widths in zip(bones(), radii(), strict=True):
        chain = [round_cone(points, joints[i], joints[i + 1], widths[i], widths[i + 1]) for i in range(3)]
        pieces += chain
        chains.append(blended(chain, 0.003))
    fingers = np.minimum.reduce(chains[:4])
    hand = blended([blended([palm, arm], 0.02), fingers], 0.007)
    return blended([hand, chains[4]], 0.009), [*pieces, arm]


def _weights(vertices: np.ndarray) -> np.ndarray:
    """(V, 17): bones pull the more, the nearer their flesh is; one finger never pulls another."""
    distances = np.stack(_distance(vertices)[1], axis=1)
    near = distances.min(axis=1, keepdims=True)
    weights = np.exp(-(distances - near) / _SOFTNESS)
    chain = np.concatenate(([-1], np.repeat(np.arange(5), 3), [-1]))
    own = chain[1:16][distances[:, 1:16].argmin(axis=1)]
    weights[(chain >= 0) & (chain != own[:, None])] = 0.0
    turn = smoothstep((0.018 - vertices[:, 1]) / 0.036)  # the wrist bends over three to four centimetres
    weights[:, FOREARM] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    weights *= (1.0 - turn)[:, None]
    weights[:, FOREARM] = turn
    return weights.astype(np.float32)


def _fingers(grip: Grip) -> list[np.ndarray]:
    """Twelve (3, 4) matrices from the rest pose."""
    matrices = []
    for number, (joints, (_, splay, _, _)) in enumerate(zip(bones()[:4], _FINGERS, strict=True)):
        flex = np.cross(_splayed(splay), [0.0, 0.0, 1.0])
        bends = grip.knuckles[number], grip.middles[number], grip.middles[number] * 0.67
        before = turn_about([0.0, 0.0, 1.0], grip.spread * (number - 1.0))
        matrices += _chain(joints, [turn_about(flex, -bend) for bend in bends], before)
    return matrices


def _thumb(grip: Grip) -> list[np.ndarray]:
    joints = bones()[4]
    outer = unit((joints[3] - joints[2])[None])[0]
    flex = np.cross(outer, nail_directions()[4])
    base = turn_about([0.0, 1.0, 0.0], grip.across) @ turn_about([0.0, 0.0, 1.0], grip.beside)
    return _chain(joints, [base, turn_about(flex, -grip.thumb), turn_about(flex, -1.2 * grip.thumb)], np.eye(3))


def _chain(joints: np.ndarray, turns: list[np.ndarray], first: np.ndarray) -> list[np.ndarray]:
    """Each turn about its joint, after those before it."""
    matrix, matrices = np.eye(4), []
    for number, rotation in enumerate(turns):
        step = np.eye(4)
        step[:3, :3] = first @ rotation if number == 0 else rotation
        step[:3, 3] = joints[number] - step[:3, :3] @ joints[number]
        matrix = matrix @ step
        matrices.append(matrix[:3].copy())
    return matrices
