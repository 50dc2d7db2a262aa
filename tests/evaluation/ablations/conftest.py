"""The repository's recipes."""

from pathlib import Path

import pytest

from paths import RECIPES


@pytest.fixture(scope="session")
def recipes_folder() -> Path:
    """The folder with the budgets' recipes."""
    return RECIPES
