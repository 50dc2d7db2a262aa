"""The small head for every test here."""

import pytest

from toy_sets import toy_head
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return toy_head(tmp_path_factory.mktemp("toy"))
