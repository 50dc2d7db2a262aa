"""All that a person wears besides hair and clothes, and what goes together."""

from collections.abc import Sequence

import numpy as np

from trans3dhead.synth.ingredients import Streams
from trans3dhead.synth.people.person import Person
from trans3dhead.synth.people.regions import FaceRegions
from trans3dhead.synth.wear.accessory import Accessory
from trans3dhead.synth.wear.earwear import make_earwear
from trans3dhead.synth.wear.glasses import make_glasses
from trans3dhead.synth.wear.hats import make_headwear
from trans3dhead.synth.wear.wardrobe import Wardrobe

ATTRIBUTES = ("headwear", "glasses", "ears")


def make_accessories(
    streams: Streams, wardrobe: Wardrobe, regions: FaceRegions, person: Person
) -> dict[str, Accessory]:
    """By attribute; those that are not worn are there too, as "none"."""
    headwear = make_headwear(streams["headwear"], wardrobe, person)
    glasses = make_glasses(streams["glasses"], wardrobe, person, headwear.kind)
    ears = make_earwear(streams["earwear"], wardrobe, person, headwear.kind)
    return {"headwear": headwear, "glasses": glasses, "ears": ears}


def beneath(
    points: np.ndarray, triangles: np.ndarray, roots: np.ndarray, worn: Sequence[Accessory]
) -> tuple[np.ndarray, np.ndarray]:
    """Hair under what is worn: (N, 3) points pressed by lids, and the (F,) triangles that are not out of sight.

    points: metres, head space, shoulders not yet bent; roots: (N,) rows of the base mesh on which each point hangs.
    """
    hidden = np.zeros(len(points), bool)
    for item in worn:
        if item.lid is not None:
            points, under = item.lid.press(points)
            hidden |= under
        elif item.cover is not None:
            hidden |= item.cover[roots]
    return points, ~hidden[triangles].all(axis=1)
