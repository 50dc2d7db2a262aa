"""The toy head model for every test here."""

import pytest

from toy_heads import toy_head_model
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    """An ellipsoid with five expressions."""
    return toy_head_model(tmp_path_factory.mktemp("toy") / "toy.safetensors")
