"""All that a person wears besides hair and clothes, and what goes together."""

from trans3dhead.synth.ingredients import Streams
from trans3dhead.synth.people.person import Person
from trans3dhead.synth.wear.accessory import Accessory
from trans3dhead.synth.wear.earwear import make_earwear
from trans3dhead.synth.wear.glasses import make_glasses
from trans3dhead.synth.wear.headwear.hats import make_headwear
from trans3dhead.synth.wear.wardrobe import Wardrobe

ATTRIBUTES = ("headwear", "glasses", "ears")


def make_accessories(streams: Streams, wardrobe: Wardrobe, person: Person) -> dict[str, Accessory]:
    """By attribute; those that are not worn are there too, as "none"."""
    headwear = make_headwear(streams["headwear"], wardrobe, person)
    glasses = make_glasses(streams["glasses"], wardrobe, person, headwear.kind)
    ears = make_earwear(streams["earwear"], wardrobe, person, headwear.kind)
    return {"headwear": headwear, "glasses": glasses, "ears": ears}
