"""One studio without assets for all tests of the generator; those that need none of it stay apart."""

import numpy as np
import pytest

pytest.importorskip("embreex", reason="the renderer needs the extra `synth`")

from trans3dhead.synth.photograph import Studio
from trans3dhead.synth.wear.wardrobe import Wardrobe


@pytest.fixture(scope="session")
def wardrobe() -> Wardrobe:
    return Wardrobe.shipped(None)


@pytest.fixture(scope="session")
def studio(wardrobe: Wardrobe) -> Studio:
    return Studio(wardrobe, 96)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
