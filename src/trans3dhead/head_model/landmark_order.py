"""The order of the 68 landmarks (iBUG / Multi-PIE): jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, lips 48-67."""

from typing import Final

# The point at the mirrored place of each point: 0 <-> 16, 36 <-> 45 and so on; chin, nose ridge and mid-lips stay.
LANDMARK_MIRROR: Final[tuple[int, ...]] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46),
    *(39, 38, 37, 36, 41, 40),
    *range(54, 47, -1),
    *range(59, 54, -1),
    *range(64, 59, -1),
    *range(67, 64, -1),
)

# The points as strokes by what they outline: first, last, closed.
LANDMARK_STROKES: Final[dict[str, tuple[tuple[int, int, bool], ...]]] = {
    "jaw": ((0, 16, False),),
    "brows": ((17, 21, False), (22, 26, False)),
    "nose": ((27, 30, False), (31, 35, False)),
    "eyes": ((36, 41, True), (42, 47, True)),
    "lips": ((48, 59, True), (60, 67, True)),
}
