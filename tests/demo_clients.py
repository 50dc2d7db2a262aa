"""How tests ask the page's server."""

from typing import Any

import numpy as np
from starlette.testclient import TestClient

from trans3dhead.demo import Limits, create_app
from trans3dhead.inference import Predictor

HERE = "http://127.0.0.1:8000"
CAMERA = "ws://127.0.0.1:8000/api/camera"
GRAY = np.full((64, 96, 3), 127, np.uint8)


def client_of(predictor: Predictor, **limits: Any) -> TestClient:
    return TestClient(create_app(predictor, Limits(**limits)), base_url=HERE)


def error_of(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    return response.json()["error"]
