"""The repository's recipes."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recipes_folder() -> Path:
    """The folder with the budgets' recipes."""
    return Path(__file__).resolve().parents[3] / "recipes"
