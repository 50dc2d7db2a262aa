"""Random facial expressions as weights of the 52 ARKit blendshapes."""

import numpy as np

GAZE_RANGE = 14.5  # degrees of eyeball rotation at a weight of one

_SMILE = {"mouthSmile": (0.2, 1.0), "cheekSquint": (0.0, 0.6), "eyeSquint": (0.0, 0.4), "mouthDimple": (0.0, 0.4)}
_KINDS: dict[str, tuple[float, dict[str, tuple[float, float]]]] = {
    "neutral": (0.22, {"mouthPress": (0.0, 0.15), "mouthSmile": (0.0, 0.15)}),
    "smile": (0.14, _SMILE),
    "laugh": (0.11, {**_SMILE, "jawOpen": (0.05, 0.4), "mouthUpperUp": (0.1, 0.6), "mouthStretch": (0.0, 0.3)}),
    "speech": (
        0.18,
        {
            "jawOpen": (0.03, 0.35),
            "mouthFunnel": (0.0, 0.5),
            "mouthPucker": (0.0, 0.4),
            "mouthLowerDown": (0.0, 0.5),
            "mouthUpperUp": (0.0, 0.3),
            "mouthRollLower": (0.0, 0.3),
        },
    ),
    "open": (
        0.09,
        {"jawOpen": (0.35, 0.95), "mouthFunnel": (0.0, 0.3), "browInnerUp": (0.0, 0.7), "eyeWide": (0.0, 0.6)},
    ),
    "frown": (
        0.08,
        {"browDown": (0.2, 0.9), "mouthFrown": (0.1, 0.8), "noseSneer": (0.0, 0.5), "eyeSquint": (0.0, 0.5)},
    ),
    "surprise": (
        0.04,
        {"browInnerUp": (0.4, 1.0), "browOuterUp": (0.3, 1.0), "eyeWide": (0.3, 1.0), "jawOpen": (0.0, 0.6)},
    ),
    "pucker": (0.04, {"mouthPucker": (0.4, 1.0), "mouthFunnel": (0.0, 0.4), "cheekPuff": (0.0, 0.4)}),
    "random": (0.10, {}),
}
_NOT_RANDOM = ("eyeLook", "eyeBlink", "tongueOut", "mouthClose")
_OPPOSITES = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))


def sample_expression(
    rng: np.random.Generator, names: tuple[str, ...], towards_camera: tuple[float, float]
) -> tuple[np.ndarray, str]:
    """Weights (E,) float32 in 0..1 in the order of `names`, and the kind of expression.

    towards_camera: degrees to the head's left and up in which the camera lies; the eyes often look there.
    """
    kinds = list(_KINDS)
    kind = kinds[rng.choice(len(kinds), p=[_KINDS[name][0] for name in kinds])]
    weights = dict.fromkeys(names, 0.0)
    if kind == "random":
        _random_mixture(rng, weights)
    for stem, (low, high) in _KINDS[kind][1].items():
        _set_pair(rng, weights, stem, rng.uniform(low, high))
    if rng.random() < 0.35:
        stem = ("browInnerUp", "browOuterUp", "browDown")[rng.integers(3)]
        _set_pair(rng, weights, stem, rng.uniform(0.0, 0.7))
    _eyelids(rng, weights)
    _gaze(rng, weights, towards_camera)
    for first, second in _OPPOSITES:
        if weights.get(first, 0.0) and weights.get(second, 0.0):
            weights[second] = 0.0
    return np.clip([weights[name] for name in names], 0.0, 1.0).astype(np.float32), kind


def _set_pair(rng: np.random.Generator, weights: dict[str, float], stem: str, value: float) -> None:
    """Set `stem`, or both of its sides: nearly equal, or now and then one side alone."""
    if stem in weights:
        weights[stem] = max(weights[stem], value)
        return
    left, right = value * rng.uniform(0.85, 1.15, size=2)
    if rng.random() < 0.08:
        left, right = (left, 0.0) if rng.random() < 0.5 else (0.0, right)
    for name, side in ((f"{stem}Left", left), (f"{stem}Right", right)):
        if name in weights:
            weights[name] = max(weights[name], min(side, 1.0))


def _random_mixture(rng: np.random.Generator, weights: dict[str, float]) -> None:
    stems = sorted(
        {name.removesuffix("Left").removesuffix("Right") for name in weights if not name.startswith(_NOT_RANDOM)}
        - {"jaw", "mouth"}
    )
    stems += ["jawLeft", "jawRight", "mouthLeft", "mouthRight"]
    for stem in rng.choice(stems, size=min(len(stems), int(rng.integers(2, 7))), replace=False):
        _set_pair(rng, weights, str(stem), 0.85 * rng.random() ** 1.3)


def _eyelids(rng: np.random.Generator, weights: dict[str, float]) -> None:
    draw = rng.random()
    if draw < 0.06:
        _set_pair(rng, weights, "eyeBlink", rng.uniform(0.85, 1.0))
    elif draw < 0.2:
        _set_pair(rng, weights, "eyeBlink", rng.uniform(0.1, 0.5))
    else:
        _set_pair(rng, weights, "eyeBlink", rng.uniform(0.0, 0.15))


def _gaze(rng: np.random.Generator, weights: dict[str, float], towards_camera: tuple[float, float]) -> None:
    """Both eyes look the same way; half of the time as far towards the camera as they can turn."""
    across, up = rng.normal(0.0, (6.0, 4.0))
    if rng.random() < 0.5:
        across, up = np.array(towards_camera) + rng.normal(0.0, 2.0, size=2)
    across, up = np.clip(np.array([across, up]) / GAZE_RANGE, -1.0, 1.0)
    values = {
        "eyeLookOutLeft": across,
        "eyeLookInRight": across,
        "eyeLookInLeft": -across,
        "eyeLookOutRight": -across,
        "eyeLookUpLeft": up,
        "eyeLookUpRight": up,
        "eyeLookDownLeft": -up,
        "eyeLookDownRight": -up,
    }
    for name, value in values.items():
        if name in weights:
            weights[name] = max(float(value), 0.0)
