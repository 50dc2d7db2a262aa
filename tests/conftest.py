"""Fixtures that more than one folder of tests uses."""

import os

# Before NumPy and PyTorch are loaded: tests compare what they compute here, byte for byte, with what the generator's
# workers compute, which have one thread; and the processes that pytest-xdist starts share the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import hypothesis
import pytest
import torch

from paths import SHARED
from toy_sets import toy_head, toy_set
from trans3dhead.head_model import HeadModel

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("patient", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder of reference data (../shared), which is not part of the repository")
    return SHARED


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the small head with mirror symmetry."""
    folder = tmp_path_factory.mktemp("symmetric")
    toy_head(folder)
    return folder / "toy.safetensors"


@pytest.fixture(scope="session")
def toy(toy_file: Path) -> HeadModel:
    """The small head with mirror symmetry."""
    return HeadModel.load(toy_file)


@pytest.fixture(scope="session")
def toy_folder(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 40 photographs of it in three shards. Not to be changed."""
    return toy_set(tmp_path_factory.mktemp("set"), toy, 40)


@pytest.fixture(scope="session")
def anny() -> HeadModel:
    """The head model that ships."""
    return HeadModel.shipped("anny")
