"""All that a person wears besides hair and clothes, and what goes together."""

from headsynth.ingredients import Streams
from headsynth.people.person import Person
from headsynth.wear.accessory import Accessory
from headsynth.wear.earwear import make_earwear
from headsynth.wear.glasses import make_glasses
from headsynth.wear.headwear.hats import make_headwear
from headsynth.wear.wardrobe import Wardrobe

ATTRIBUTES = ("headwear", "glasses", "ears")


def make_accessories(streams: Streams, wardrobe: Wardrobe, person: Person) -> dict[str, Accessory]:
    """The accessories of a person by attribute; those that are not worn are there too, as "none"."""
    headwear = make_headwear(streams["headwear"], wardrobe, person)
    glasses = make_glasses(streams["glasses"], wardrobe, person, headwear)
    ears = make_earwear(streams["earwear"], wardrobe, person, headwear)
    return {"headwear": headwear, "glasses": glasses, "ears": ears}
