"""The small symmetric head and a small set of photographs of it."""

from pathlib import Path

import pytest

from toy_sets import toy_head, toy_set
from trans3dhead.data.shards import ShardedSet
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    """The small head with mirror symmetry."""
    return toy_head(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def toy_folder(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 40 photographs in three shards. Not to be changed."""
    return toy_set(tmp_path_factory.mktemp("set"), toy, 40)


@pytest.fixture
def photographs(toy_folder: Path) -> ShardedSet:
    """The same, opened."""
    return ShardedSet(toy_folder)
