"""What faces do together: moods and the shapes of speech as ranges of ARKit blendshapes.

The action units (AU) of each emotion are those of EMFACS (Friesen and Ekman 1983; table in Ekman, Friesen and Hager,
FACS Investigator's Guide, 2002): happiness 6+12, sadness 1+4+15, surprise 1+2+5+26, fear 1+2+4+5+7+20+26,
anger 4+5+7+23, disgust 9+15+16, contempt 12+14 of one side; pain 4+6+7+9+10+43 (Prkachin and Solomon 2008). Their
blendshapes: AU1 browInnerUp, 2 browOuterUp, 4 browDown, 5 eyeWide, 6 cheekSquint, 7 eyeSquint, 9 noseSneer,
10 mouthUpperUp, 12 mouthSmile, 14 mouthDimple, 15 mouthFrown, 16 mouthLowerDown, 17 mouthShrugLower, 18 mouthPucker,
19 tongueOut, 20 mouthStretch, 22 mouthFunnel, 23 and 24 mouthPress, 25 to 27 jawOpen, 28 mouthRoll, 43 eyeBlink.

Shares and ranges are by eye.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Range = tuple[float, float]


@dataclass(frozen=True)
class Mood:
    """A way to move the face. Names without a side mean both; the weights are drawn within ranges, times a strength."""

    share: float  # of all faces
    both: Mapping[str, Range]
    one: Mapping[str, Range] = field(default_factory=dict)  # of one side alone, the same for all
    emotion: bool = False  # mixes with another emotion or with speech


_HAPPY = {"cheekSquint": (0.3, 0.8), "eyeSquint": (0.0, 0.45), "mouthDimple": (0.0, 0.3)}

MOODS: dict[str, Mood] = {
    "neutral": Mood(0.06, {"mouthPress": (0.0, 0.15), "mouthSmile": (0.0, 0.12), "mouthFrown": (0.0, 0.12)}),
    "speech": Mood(0.14, {}),  # one of `VISEMES`, on the way to another
    "smile": Mood(0.07, {**_HAPPY, "mouthSmile": (0.45, 1.0), "mouthPress": (0.0, 0.25)}, emotion=True),
    "open smile": Mood(
        0.07,
        {
            **_HAPPY,
            "mouthSmile": (0.5, 1.0),
            "jawOpen": (0.03, 0.22),
            "mouthUpperUp": (0.2, 0.7),
            "mouthLowerDown": (0.0, 0.4),
        },
        emotion=True,
    ),
    "laughter": Mood(
        0.055,
        {
            "cheekSquint": (0.5, 1.0),
            "eyeSquint": (0.2, 0.8),
            "mouthSmile": (0.6, 1.0),
            "jawOpen": (0.2, 0.6),
            "mouthUpperUp": (0.3, 0.8),
            "mouthLowerDown": (0.1, 0.6),
            "mouthStretch": (0.0, 0.3),
            "noseSneer": (0.0, 0.35),
            "browInnerUp": (0.0, 0.3),
            "eyeBlink": (0.0, 0.4),
        },
        emotion=True,
    ),
    "anger": Mood(
        0.05,
        {
            "browDown": (0.6, 1.0),
            "eyeWide": (0.0, 0.4),
            "eyeSquint": (0.3, 0.8),
            "mouthPress": (0.2, 0.9),
            "mouthFrown": (0.0, 0.5),
            "noseSneer": (0.0, 0.6),
            "mouthShrugLower": (0.0, 0.4),
            "jawForward": (0.0, 0.5),
        },
        emotion=True,
    ),
    "disgust": Mood(
        0.03,
        {
            "noseSneer": (0.6, 1.0),
            "mouthUpperUp": (0.2, 0.8),
            "mouthFrown": (0.2, 0.7),
            "mouthLowerDown": (0.0, 0.5),
            "mouthShrugLower": (0.0, 0.5),
            "cheekSquint": (0.2, 0.7),
            "eyeSquint": (0.2, 0.7),
            "browDown": (0.1, 0.6),
        },
        emotion=True,
    ),
    "sadness": Mood(
        0.04,
        {
            "browInnerUp": (0.5, 1.0),
            "browDown": (0.1, 0.5),
            "mouthFrown": (0.4, 1.0),
            "mouthShrugLower": (0.0, 0.6),
            "cheekSquint": (0.0, 0.4),
            "eyeBlink": (0.0, 0.3),
        },
        emotion=True,
    ),
    "fear": Mood(
        0.03,
        {
            "browInnerUp": (0.6, 1.0),
            "browOuterUp": (0.3, 0.8),
            "browDown": (0.1, 0.5),
            "eyeWide": (0.5, 1.0),
            "eyeSquint": (0.0, 0.3),
            "mouthStretch": (0.4, 1.0),
            "jawOpen": (0.0, 0.45),
        },
        emotion=True,
    ),
    "surprise": Mood(
        0.05,
        {
            "browInnerUp": (0.6, 1.0),
            "browOuterUp": (0.5, 1.0),
            "eyeWide": (0.4, 1.0),
            "jawOpen": (0.1, 0.75),
            "mouthFunnel": (0.0, 0.35),
        },
        emotion=True,
    ),
    "contempt": Mood(
        0.03,
        {"eyeSquint": (0.0, 0.3)},
        {"mouthSmile": (0.3, 0.8), "mouthDimple": (0.4, 1.0), "browOuterUp": (0.0, 0.7)},
        emotion=True,
    ),
    "pain": Mood(
        0.025,
        {
            "browDown": (0.5, 1.0),
            "cheekSquint": (0.4, 1.0),
            "eyeSquint": (0.5, 1.0),
            "noseSneer": (0.3, 0.9),
            "mouthUpperUp": (0.2, 0.8),
            "mouthStretch": (0.0, 0.7),
            "eyeBlink": (0.2, 0.9),
            "jawOpen": (0.0, 0.3),
        },
        emotion=True,
    ),
    "kiss": Mood(0.035, {"mouthPucker": (0.6, 1.0), "mouthFunnel": (0.0, 0.3), "eyeBlink": (0.0, 0.5)}),
    "shout": Mood(
        0.045,
        {
            "jawOpen": (0.5, 1.0),
            "mouthStretch": (0.0, 0.6),
            "mouthUpperUp": (0.1, 0.7),
            "mouthLowerDown": (0.1, 0.7),
            "browDown": (0.0, 0.7),
            "noseSneer": (0.0, 0.5),
            "eyeSquint": (0.0, 0.5),
        },
        emotion=True,
    ),
    "yawn": Mood(
        0.015,
        {
            "jawOpen": (0.7, 1.0),
            "mouthFunnel": (0.0, 0.4),
            "eyeBlink": (0.4, 0.9),
            "eyeSquint": (0.2, 0.7),
            "browInnerUp": (0.2, 0.8),
            "noseSneer": (0.0, 0.4),
        },
    ),
    "tongue out": Mood(0.015, {"tongueOut": (0.7, 1.0), "jawOpen": (0.2, 0.6), "mouthLowerDown": (0.0, 0.3)}),
    "puffed cheeks": Mood(0.015, {"cheekPuff": (0.5, 1.0), "mouthPress": (0.0, 0.3), "mouthPucker": (0.0, 0.6)}),
    "thinking": Mood(
        0.03,
        {"mouthPress": (0.0, 0.4), "mouthPucker": (0.0, 0.35), "browDown": (0.0, 0.4), "browInnerUp": (0.0, 0.4)},
        {"mouth": (0.3, 0.9), "jaw": (0.0, 0.3)},
    ),
    "wink": Mood(0.03, {"mouthSmile": (0.0, 0.7)}, {"eyeBlink": (0.75, 0.95), "cheekSquint": (0.3, 0.9)}),
    "squint": Mood(
        0.02, {"eyeSquint": (0.5, 1.0), "cheekSquint": (0.1, 0.6), "browDown": (0.0, 0.6), "noseSneer": (0.0, 0.3)}
    ),
    "mixture": Mood(0.145, {}),  # a few blendshapes that need not go together
}

# The fifteen visemes that face animation uses, without silence: what the lips do for a group of sounds.
VISEMES: dict[str, Mapping[str, Range]] = {
    "MBP": {"mouthPress": (0.1, 0.5), "mouthRollLower": (0.0, 0.35), "mouthRollUpper": (0.0, 0.3)},
    "FV": {"jawOpen": (0.05, 0.12), "mouthRollLower": (0.3, 0.8), "mouthUpperUp": (0.1, 0.45)},
    "TH": {"jawOpen": (0.08, 0.22), "tongueOut": (0.1, 0.4), "mouthLowerDown": (0.05, 0.3)},
    "DNT": {"jawOpen": (0.05, 0.16), "mouthLowerDown": (0.1, 0.45), "mouthUpperUp": (0.0, 0.25)},
    "KG": {"jawOpen": (0.08, 0.25), "mouthStretch": (0.0, 0.2), "mouthLowerDown": (0.0, 0.25)},
    "CH": {"jawOpen": (0.02, 0.12), "mouthFunnel": (0.3, 0.8), "mouthPucker": (0.1, 0.4), "mouthShrugUpper": (0, 0.3)},
    "SZ": {"jawOpen": (0.0, 0.06), "mouthStretch": (0.1, 0.4), "mouthLowerDown": (0.2, 0.55), "mouthUpperUp": (0, 0.3)},
    "R": {"jawOpen": (0.05, 0.16), "mouthFunnel": (0.15, 0.5), "mouthPucker": (0.05, 0.35)},
    "AA": {"jawOpen": (0.25, 0.6), "mouthLowerDown": (0.05, 0.4), "mouthUpperUp": (0.0, 0.3)},
    "EH": {"jawOpen": (0.12, 0.34), "mouthStretch": (0.05, 0.35), "mouthLowerDown": (0.1, 0.4)},
    "IH": {"jawOpen": (0.06, 0.2), "mouthStretch": (0.05, 0.35), "mouthSmile": (0.0, 0.25), "mouthUpperUp": (0, 0.3)},
    "EE": {
        "jawOpen": (0.02, 0.14),
        "mouthSmile": (0.15, 0.5),
        "mouthStretch": (0.1, 0.4),
        "mouthLowerDown": (0.1, 0.4),
    },
    "OH": {"jawOpen": (0.15, 0.42), "mouthFunnel": (0.3, 0.8), "mouthPucker": (0.0, 0.3)},
    "OU": {"jawOpen": (0.03, 0.14), "mouthPucker": (0.4, 0.95), "mouthFunnel": (0.1, 0.45)},
}
