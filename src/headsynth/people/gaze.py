"""Where the eyes look, and what the lids do about it.

How far blendshapes close the lids is measured on the mean head, whose eyes turn 14 degrees to a side at a weight of one
and 9 to 10 up and down; shares and angles are by eye.
"""

from typing import Any

import numpy as np

GAZE_RANGE = 14.5  # degrees of eyeball rotation at a weight of one
AT_CAMERA, ANYWHERE = 0.5, 0.12  # shares: at the camera as far as the eyes turn; to any side; the rest about ahead
_AHEAD = (6.0, 4.0)  # degrees, deviation across and up
_BLINK, _HALF_SHUT = 0.08, 0.2  # shares of lids that are shut, and on their way
_LOWERED, _RAISED = 0.25, 0.3  # weight of eyeBlink, eyeWide for eyes that look all the way down, up

# Millimetres by which a weight of one closes the mean head's lids, which are 8.7 apart; tests measure them.
LID_OPENING = 8.7
LID_CLOSING = {"eyeBlink": 11.1, "eyeSquint": 3.1, "eyeLookDown": 3.0, "eyeLookUp": 1.2, "cheekSquint": 0.9}
_OVERLAP = 1.2  # millimetres that lids may close beyond touching: pressed together


def distribution() -> dict[str, Any]:
    """The shares of where eyes look, and of lids that are shut or on their way."""
    return {"at the camera": AT_CAMERA, "anywhere": ANYWHERE, "shut": _BLINK, "half shut": _HALF_SHUT}


def look(rng: np.random.Generator, weights: dict[str, float], towards_camera: tuple[float, float]) -> None:
    """Set the eyeLook weights: both eyes look the same way. Lids follow the eyes down and up.

    towards_camera: degrees to the head's left and up in which the camera lies.
    """
    draw = rng.random()
    across, up = rng.normal(0.0, _AHEAD)
    if draw < AT_CAMERA:
        across, up = np.array(towards_camera) + rng.normal(0.0, 2.0, size=2)
    elif draw < AT_CAMERA + ANYWHERE:
        across, up = rng.uniform(-GAZE_RANGE, GAZE_RANGE, size=2)
    across, up = np.clip(np.array([across, up]) / GAZE_RANGE, -1.0, 1.0)
    for name, value in {
        "eyeLookOutLeft": across,
        "eyeLookInRight": across,
        "eyeLookInLeft": -across,
        "eyeLookOutRight": -across,
        "eyeLookUpLeft": up,
        "eyeLookUpRight": up,
        "eyeLookDownLeft": -up,
        "eyeLookDownRight": -up,
    }.items():
        weights[name] = max(float(value), 0.0)
    for side in ("Left", "Right"):
        weights[f"eyeBlink{side}"] += _LOWERED * weights[f"eyeLookDown{side}"]
        weights[f"eyeWide{side}"] += _RAISED * weights[f"eyeLookUp{side}"]


def blink(rng: np.random.Generator, weights: dict[str, float]) -> None:
    """Lids are shut now and then, and never open by exactly the same amount."""
    draw = rng.random()
    least = rng.uniform(0.75, 0.9) if draw < _BLINK else rng.uniform(0.0, 0.1)
    if _BLINK <= draw < _BLINK + _HALF_SHUT:
        least = rng.uniform(0.1, 0.7)
    for side in ("Left", "Right"):
        name = f"eyeBlink{side}"
        weights[name] = max(weights[name], least * rng.uniform(0.95, 1.05))


def limit_lids(weights: dict[str, float]) -> None:
    """Shut lids are not wide, and do not pass through each other."""
    for side in ("Left", "Right"):
        blinking = f"eyeBlink{side}"
        shut = min(weights[blinking] / 0.7, 1.0)
        weights[f"eyeWide{side}"] *= (1.0 - shut) * (1.0 - 0.7 * min(weights[f"eyeSquint{side}"], 1.0))
        others = sum(LID_CLOSING[stem] * weights[f"{stem}{side}"] for stem in list(LID_CLOSING)[1:])
        most = (LID_OPENING + _OVERLAP - others) / LID_CLOSING["eyeBlink"]
        weights[blinking] = min(weights[blinking], max(most, 0.0))
