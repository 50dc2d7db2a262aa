"""One studio without assets for all tests of the generator; those that need none of it stay apart."""

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("embreex", reason="the renderer needs the extra `synth`")

from headsynth.dresser import Dresser
from headsynth.hair.salon import HairSalon
from headsynth.ingredients import ALL, Streams
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.photograph import Studio
from headsynth.wear.hands.hands import Owner
from headsynth.wear.hides import face_of
from headsynth.wear.masks import Face
from headsynth.wear.wardrobe import Wardrobe


@pytest.fixture(scope="session")
def wardrobe() -> Wardrobe:
    return Wardrobe.shipped(None)


@pytest.fixture(scope="session")
def dresser(wardrobe: Wardrobe) -> Dresser:
    return Dresser(wardrobe)


@pytest.fixture(scope="session")
def salon(dresser: Dresser) -> HairSalon:
    return dresser.salon


@pytest.fixture(scope="session")
def studio(wardrobe: Wardrobe, dresser: Dresser) -> Studio:
    return Studio(wardrobe, 96, dresser=dresser)


@pytest.fixture(scope="session", autouse=True)
def _one_wardrobe(wardrobe: Wardrobe, dresser: Dresser) -> Iterator[None]:
    """Growing hair and painting skins takes seconds, and no photograph depends on those before it."""
    shipped = Wardrobe.shipped
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wardrobe, "shipped", lambda assets: wardrobe if assets is None else shipped(assets))
        patch.setattr("headsynth.photograph.Dresser", lambda of: dresser if of is wardrobe else Dresser(of))
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def people(wardrobe: Wardrobe) -> list[tuple[Person, np.ndarray, Face, Owner]]:
    """Persons with their base mesh as drawn, the measures of their faces, and the owner of their hands."""
    found = []
    for index in range(3):
        streams = Streams(9, index)
        person = Person.sample(streams, wardrobe.head, wardrobe.mesh, sample_view(streams["view"], 96), ALL)
        neck = wardrobe.mesh.neck
        bent = neck.bend(person.body.posed, neck.weights, person.body.shoulders)
        face = face_of(wardrobe, person, bent)
        owner = Owner.of(np.random.default_rng(index), person, wardrobe.mesh, face.marks, face.skin, None)
        found.append((person, bent, face, owner))
    return found
