"""The classes of a segmentation: what the camera sees at each pixel of a synthetic photograph."""

from enum import IntEnum


class Segment(IntEnum):
    """The value of a pixel."""

    BACKGROUND = 0
    SKIN = 1  # face, ears, neck, shoulders; make-up, stubble and brow skin too
    HAIR = 2  # on the head and in the face: beards, brows, lashes
    EYES = 3  # eyeballs
    MOUTH = 4  # teeth, tongue and the inside of the mouth
    ACCESSORY = 5  # glasses, hats, headphones, masks, scarves, hands, things held before the face
    CLOTHES = 6
