import numpy as np

from trans3dhead.head_model import HeadModel
from trans3dhead.synth.people.expressions import sample_expression

NAMES = HeadModel.shipped("anny").expression_names


def _draw(count: int, towards: tuple[float, float] = (0.0, 0.0)) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(1)
    drawn = [sample_expression(rng, NAMES, towards) for _ in range(count)]
    return np.array([weights for weights, _ in drawn]), [kind for _, kind in drawn]


def test_weights_are_bounded_and_every_kind_and_blendshape_occurs() -> None:
    weights, kinds = _draw(3000)
    assert weights.min() == 0.0
    assert weights.max() <= 1.0
    assert len(set(kinds)) == 9
    never = {name for name, used in zip(NAMES, (weights > 0.01).any(axis=0), strict=True) if not used}
    assert never <= {"tongueOut", "mouthClose"}


def test_opposite_weights_are_not_both_set() -> None:
    weights, _ = _draw(3000)
    column = {name: weights[:, i] for i, name in enumerate(NAMES)}
    for side in ("Left", "Right"):
        other = "Right" if side == "Left" else "Left"
        assert not ((column[f"eyeLookIn{side}"] > 0) & (column[f"eyeLookOut{side}"] > 0)).any()
        assert not ((column[f"eyeLookUp{side}"] > 0) & (column[f"eyeLookDown{side}"] > 0)).any()
        np.testing.assert_array_equal(column[f"eyeLookIn{side}"], column[f"eyeLookOut{other}"])
    assert not ((column["jawLeft"] > 0) & (column["jawRight"] > 0)).any()


def test_eyes_tend_towards_the_camera() -> None:
    weights, _ = _draw(1500, (40.0, 0.0))
    left, right = (weights[:, NAMES.index(name)].mean() for name in ("eyeLookOutLeft", "eyeLookOutRight"))
    assert left > right + 0.4
