import json

import pytest

from headsynth.distribution import distribution
from headsynth.people import identities


def test_what_a_module_tells_stands_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "distribution", lambda: {"shape": "normal"}, raising=False)
    told = distribution()
    assert told["people.identities"] == {"shape": "normal"}
    assert list(told) == sorted(told)
    monkeypatch.delattr(identities, "distribution")
    assert "people.identities" not in distribution()


@pytest.mark.parametrize(
    ("module", "table"),
    [
        ("people.poses", "poses"),
        ("people.poses", "distance_metres"),
        ("people.expressions", None),
        ("people.looks", "irises"),
        ("people.complexion", "undertones"),
        ("rendering.light", None),
        ("neighbours", "places"),
        ("hair.beard", "kinds"),
        ("wear.clothing.clothes", "outfits"),
        ("wear.masks", "kinds"),
        ("wear.masks", "worn"),
        ("wear.clothing.scarves", None),
        ("wear.foreground", None),
    ],
)
def test_the_shares_of_a_table_are_a_whole(module: str, table: str | None) -> None:
    told = distribution()[module]
    shares = (told if table is None else told[table]).values()
    assert sum(entry["share"] if isinstance(entry, dict) else entry for entry in shares) == pytest.approx(1.0)


def test_a_manifest_can_hold_all_of_it() -> None:
    told = distribution()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert {
        "wear.headwear.hats",
        "wear.glasses",
        "wear.earwear",
        "wear.hides",
        "wear.hands.held",
        "hair.styles",
    } <= told.keys()
