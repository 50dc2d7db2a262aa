"""Random facial expressions as faces make them: weights of the 52 ARKit blendshapes.

How far blendshapes part the lips is measured on the mean head; shares and strengths are by eye.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from headsynth.people import gaze
from headsynth.people.moods import MOODS, VISEMES, Range

_STRENGTH = (1.8, 1.1)  # of the beta distribution of how strongly a mood shows, stretched over 0.3 to 1
_SECOND_MOOD = 0.2  # share of emotions that another one mixes with
_MOOD_IN_SPEECH = 0.55  # share of speech with an emotion in it
_BROWS_AND_LIPS = 0.4  # share of faces in which something small happens besides
_SIDE, _ACTION = 0.08, 0.06  # deviation of the logarithm by which sides differ: all over the face, for each action
_LOPSIDED = 0.07  # share of faces with one side that hardly moves
_SPARSE = 0.15  # share of blendshapes that independent noise sets

EXCLUSIVE = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))
# Pairs that the same muscles or the same lips cannot do at once: their weights add up to one at most.
COMPETING = (
    ("mouthPucker", "mouthSmileLeft"),
    ("mouthPucker", "mouthSmileRight"),
    ("mouthPucker", "mouthStretchLeft"),
    ("mouthPucker", "mouthStretchRight"),
    ("mouthFunnel", "mouthRollLower"),
    ("mouthFunnel", "mouthRollUpper"),
    ("mouthFunnel", "mouthPressLeft"),
    ("mouthFunnel", "mouthPressRight"),
    ("mouthSmileLeft", "mouthFrownLeft"),
    ("mouthSmileRight", "mouthFrownRight"),
    ("cheekPuff", "jawOpen"),
)
# Millimetres by which a weight of one parts the mean head's inner lips in their middle; tests measure them.
LIP_PARTING = {
    "jawOpen": 34.9,
    "mouthClose": -35.0,
    "mouthShrugLower": -5.2,
    "mouthShrugUpper": 4.1,
    "mouthRollUpper": -3.3,
    "mouthRollLower": -3.0,
    "mouthSmileLeft": -1.5,
    "mouthSmileRight": -1.5,
    "mouthPressLeft": -1.3,
    "mouthPressRight": -1.3,
    "mouthPucker": -1.3,
    "mouthLowerDownLeft": 1.8,
    "mouthLowerDownRight": 1.8,
    "mouthUpperUpLeft": 2.4,
    "mouthUpperUpRight": 2.4,
    "mouthFunnel": 13.3,
}
LIP_OVERLAP = 2.5  # millimetres that lips may be pressed together


def distribution() -> dict[str, float]:
    """The share of each mood among faces."""
    return {name: mood.share for name, mood in MOODS.items()}


def sample_expression(
    rng: np.random.Generator, names: tuple[str, ...], towards_camera: tuple[float, float], acted: bool = True
) -> tuple[np.ndarray, str]:
    """Weights (E,) float32 in 0..1 in the order of `names`, and the mood.

    towards_camera: degrees to the head's left and up in which the camera lies; the eyes often look there.
    acted: False gives independent noise on every blendshape, what faces do not do.
    """
    if not acted:
        active = rng.random(len(names)) < _SPARSE
        return (active * rng.random(len(names))).astype(np.float32), "noise"
    mood = str(rng.choice(list(MOODS), p=[entry.share for entry in MOODS.values()]))
    face = _Face(rng)
    _act(rng, face, mood)
    if rng.random() < _BROWS_AND_LIPS:
        face.move({str(rng.choice(_SMALL)): (0.0, 0.8)}, 1.0)
    weights = face.weights
    gaze.blink(rng, weights)
    gaze.look(rng, weights, towards_camera)
    _exclude(weights)
    return np.clip([weights.get(name, 0.0) for name in names], 0.0, 1.0).astype(np.float32), mood


class _Face:
    """Weights as they add up, with one person's asymmetry."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.weights = dict.fromkeys(_ALL, 0.0)
        lean = rng.normal(0.0, _SIDE)
        self.gains = {"Left": np.exp(lean), "Right": np.exp(-lean)}
        if rng.random() < _LOPSIDED:
            self.gains[self.side()] *= rng.uniform(0.2, 0.7)

    def side(self) -> str:
        """The name of a side at random."""
        return ("Left", "Right")[self.rng.integers(2)]

    def move(self, ranges: Mapping[str, Range], strength: float, sides: Iterable[str] = ("Left", "Right")) -> None:
        """Raise the weights of some blendshapes to random values within their ranges, times a strength."""
        for stem, (low, high) in ranges.items():
            value = strength * self.rng.uniform(low, high)
            if stem in self.weights:
                self.weights[stem] = max(self.weights[stem], value)
                continue
            for side in sides:
                name = f"{stem}{side}"
                moved = value * self.gains[side] * np.exp(self.rng.normal(0.0, _ACTION))
                self.weights[name] = max(self.weights[name], min(float(moved), 1.0))


def _act(rng: np.random.Generator, face: _Face, mood: str) -> None:
    """Put one mood on a face, at times with another in it."""
    strength = _strength(rng)
    face.move(MOODS[mood].both, strength)
    if MOODS[mood].one:
        # One eye that winks is shut however strong the mood is; the other side takes no part.
        side = face.side()
        face.gains[side] = 1.0
        face.move(MOODS[mood].one, max(strength, 0.9) if mood == "wink" else strength, (side,))
    if mood == "speech":
        _speak(rng, face)
        if rng.random() < _MOOD_IN_SPEECH:
            _add_emotion(rng, face, strength * rng.uniform(0.2, 0.6))
    elif mood == "mixture":
        _mix(rng, face)
    elif MOODS[mood].emotion and rng.random() < _SECOND_MOOD:
        _add_emotion(rng, face, rng.uniform(0.2, 0.6))


def _strength(rng: np.random.Generator) -> float:
    """How strongly a mood shows, 0.3 to 1."""
    return 0.3 + 0.7 * rng.beta(*_STRENGTH)


def _add_emotion(rng: np.random.Generator, face: _Face, strength: float) -> None:
    names = [name for name, mood in MOODS.items() if mood.emotion]
    shares = np.array([MOODS[name].share for name in names])
    mood = MOODS[str(rng.choice(names, p=shares / shares.sum()))]
    face.move(mood.both, strength)
    if mood.one:
        face.move(mood.one, strength, (face.side(),))


def _speak(rng: np.random.Generator, face: _Face) -> None:
    """A viseme on its way to the next; loud or mumbled."""
    first, second = rng.choice(list(VISEMES), size=2)
    blend, loud = rng.beta(0.6, 0.6), rng.uniform(0.5, 1.2)
    face.move(VISEMES[str(first)], loud * max(blend, 0.15))
    face.move(VISEMES[str(second)], loud * (1.0 - blend))


def _mix(rng: np.random.Generator, face: _Face) -> None:
    """A few blendshapes of any strength, each about as often as any other."""
    for stem in rng.choice(_MIXED, size=int(rng.integers(2, 7)), replace=False):
        sides = (face.side(),) if stem in ("jaw", "mouth") or rng.random() < 0.15 else ("Left", "Right")
        face.move({str(stem): (0.0, 1.0)}, float(rng.random() ** 0.3), sides)


def _exclude(weights: dict[str, float]) -> None:
    """Take back what bodies cannot do: lids and lips through each other, a jaw to both sides."""
    for name in weights:
        weights[name] = min(max(float(weights[name]), 0.0), 1.0)
    for first, second in EXCLUSIVE:
        smaller = min(weights[first], weights[second])
        weights[first], weights[second] = weights[first] - smaller, weights[second] - smaller
    for first, second in COMPETING:
        total = weights[first] + weights[second]
        if total > 1.0:
            weights[first], weights[second] = weights[first] / total, weights[second] / total
    weights["mouthClose"] = min(weights["mouthClose"], weights["jawOpen"])
    parting = sum(millimetres * weights[name] for name, millimetres in LIP_PARTING.items())
    if parting < -LIP_OVERLAP:  # the jaw gives way to pressed lips
        weights["jawOpen"] += (-LIP_OVERLAP - parting) / LIP_PARTING["jawOpen"]
    gaze.limit_lids(weights)


_PAIRED = (
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "jaw",
    "mouth",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
)
_SINGLE = (
    "browInnerUp",
    "cheekPuff",
    "jawForward",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "tongueOut",
)
_SMALL = ("browInnerUp", "browOuterUp", "browDown", "mouthPress", "mouthRollLower", "mouthDimple")
_ALL = sorted([*_SINGLE, *(f"{stem}{side}" for stem in _PAIRED for side in ("Left", "Right"))])
_MIXED = sorted(
    stem for stem in (*_PAIRED, *_SINGLE) if not stem.startswith(("eyeLook", "eyeBlink", "tongueOut", "mouthClose"))
)
