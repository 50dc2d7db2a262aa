"""The same photograph has the same heads, whoever asks, in whatever company; and nothing makes a NaN."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest

from paths import ASTRONAUT
from trans3dhead.images import read_photograph
from trans3dhead.inference import Head, Predictor

ASKERS = 8
BOXES = np.array([[0.0, 0.0, 96.0, 96.0], [-40.0, 30.0, 60.0, 90.0], [90.0, 90.0, 1.0, 1.0]])


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """The small network that ships, on one thread."""
    return Predictor("tiny", threads=1)


@pytest.fixture(scope="module")
def photographs() -> list[np.ndarray]:
    """Four views of the astronaut."""
    return [read_photograph(ASTRONAUT)[: 280 + step, 80:380] for step in range(4)]


def numbers(head: Head) -> dict[str, np.ndarray]:
    """All that a result says in numbers."""
    parts = {"score": np.array(head.score), "angles": np.array([head.pose.pitch, head.pose.yaw, head.pose.roll])}
    arrays = {f.name: getattr(head, f.name) for f in fields(head) if isinstance(getattr(head, f.name), np.ndarray)}
    return {**parts, **arrays, "translation": head.camera.translation, "expression": head.parameters.expression}


def test_threads_of_a_program_may_share_a_predictor(predictor: Predictor, photographs: list[np.ndarray]) -> None:
    alone = [predictor(photograph) for photograph in photographs]
    asked = [index % len(photographs) for index in range(2 * ASKERS)]
    with ThreadPoolExecutor(ASKERS) as pool:
        together = list(pool.map(lambda index: predictor(photographs[index]), asked))
    for index, heads in zip(asked, together, strict=True):
        assert len(heads) == len(alone[index]) == 1
        for name, value in numbers(heads[0]).items():
            np.testing.assert_array_equal(value, numbers(alone[index][0])[name], err_msg=name)


def test_company_and_threads_change_a_result_by_rounding_alone(
    predictor: Predictor, photographs: list[np.ndarray]
) -> None:
    """A batch of 32, and two threads: pixels and degrees to a thousandth, metres to a micrometre."""
    (alone,) = predictor(photographs[0])
    (two,) = Predictor("tiny", threads=2)(photographs[0])
    batch = predictor.batch([photographs[index % 4] for index in range(32)])
    for (other,) in ([two], batch[0], batch[28]):
        for name, value in numbers(other).items():
            np.testing.assert_allclose(
                value, numbers(alone)[name], atol=1e-6 if name == "vertices" else 1e-3, rtol=0, err_msg=name
            )


@pytest.mark.parametrize("kind", ["black", "white", "noise"])
def test_nothing_makes_a_nan(predictor: Predictor, kind: str) -> None:
    """Neither where the detector looks nor where it is told to, partly or nearly outside of the photograph."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    image = {"black": np.zeros_like(noise), "white": np.full_like(noise, 255), "noise": noise}[kind]
    predictor(image)
    heads = predictor(image, boxes=BOXES)
    assert len(heads) == len(BOXES)
    for head in heads:
        for name, value in numbers(head).items():
            assert np.isfinite(value).all(), name
