"""Small sets of photographs and of scenes."""

from pathlib import Path

import pytest

from toy_scenes import toy_scenes
from trans3dhead.data.shards import ShardedSet
from trans3dhead.head_model import HeadModel


@pytest.fixture
def photographs(toy_folder: Path) -> ShardedSet:
    """The set of 40 photographs of the small head."""
    return ShardedSet(toy_folder)


@pytest.fixture(scope="session")
def scenes_folder(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 24 scenes in two shards. Not to be changed."""
    return toy_scenes(tmp_path_factory.mktemp("scenes"), toy, 24)
