"""The small set of photographs, opened."""

from pathlib import Path

import pytest

from trans3dhead.data.shards import ShardedSet


@pytest.fixture
def photographs(toy_folder: Path) -> ShardedSet:
    """The set of 40 photographs of the small head."""
    return ShardedSet(toy_folder)
