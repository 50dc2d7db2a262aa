"""A predictor that every test of the page shares."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from demo_clients import client_of
from paths import ASTRONAUT
from trans3dhead.images import read_photograph
from trans3dhead.inference import Predictor


@pytest.fixture(scope="session")
def predictor() -> Predictor:
    return Predictor(threads=1)


@pytest.fixture(scope="session")
def two_people() -> np.ndarray:
    """The example photograph beside its mirror image, (512, 1024, 3) uint8 RGB."""
    photograph = read_photograph(ASTRONAUT)
    return np.concatenate((photograph, photograph[:, ::-1]), axis=1)


@pytest.fixture(scope="session")
def client(predictor: Predictor) -> TestClient:
    return client_of(predictor)
