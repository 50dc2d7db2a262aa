import numpy as np
import pytest
import torch

from headsynth.people import gaze
from headsynth.people.expressions import (
    COMPETING,
    EXCLUSIVE,
    LIP_OVERLAP,
    LIP_PARTING,
    distribution,
    sample_expression,
)
from headsynth.people.moods import MOODS, VISEMES
from trans3dhead.head_model import HeadModel

HEAD = HeadModel.shipped("anny")
NAMES = HEAD.expression_names
_UPPER_LIDS, _LOWER_LIDS = [43, 44], [47, 46]  # of the left eye, the inner point first
_LIPS = (62, 66)  # the middle of the inner lips


def _draw(
    count: int, towards: tuple[float, float] = (0.0, 0.0), acted: bool = True
) -> tuple[dict[str, np.ndarray], list[str]]:
    rng = np.random.default_rng(1)
    drawn = [sample_expression(rng, NAMES, towards, acted) for _ in range(count)]
    weights = np.array([weights for weights, _ in drawn])
    return {name: weights[:, i] for i, name in enumerate(NAMES)}, [kind for _, kind in drawn]


@pytest.fixture(scope="module")
def faces() -> tuple[dict[str, np.ndarray], list[str]]:
    return _draw(2500)


def _opening(weights: dict[str, float], upper: list[int], lower: list[int]) -> float:
    """Millimetres between points of the mean head with an expression."""
    expression = torch.tensor([[weights.get(name, 0.0) for name in NAMES]])
    marks = HEAD.landmarks(HEAD(torch.zeros(1, HEAD.layout.shape), expression))[0].numpy()
    return 1000.0 * float((marks[upper, 1] - marks[lower, 1]).mean())


def test_weights_are_bounded_and_every_blendshape_occurs(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    for name, weights in faces[0].items():
        assert weights.min() >= 0.0
        assert weights.max() <= 1.0
        assert name == "mouthClose" or (weights > 0.02).sum() > 10, name


def test_moods_have_their_shares(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    assert sum(distribution().values()) == pytest.approx(1.0)
    for mood, share in distribution().items():
        deviation = np.sqrt(share * (1 - share) / len(faces[1]))
        assert abs(faces[1].count(mood) / len(faces[1]) - share) < 4.5 * deviation


def test_moods_and_visemes_move_what_the_head_model_has() -> None:
    for ranges in [*VISEMES.values(), *(mood.both for mood in MOODS.values()), *(mood.one for mood in MOODS.values())]:
        for stem, (low, high) in ranges.items():
            assert stem in NAMES or f"{stem}Left" in NAMES
            assert 0.0 <= low <= high <= 1.0


def test_left_and_right_move_alike_over_many_faces(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    for name, left in faces[0].items():
        if name.endswith("Left"):
            right = faces[0][name.removesuffix("Left") + "Right"]
            assert abs(left.mean() - right.mean()) < 4.5 * (left - right).std() / np.sqrt(len(left)) + 1e-6, name


def test_some_faces_are_lopsided(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    left, right = faces[0]["mouthSmileLeft"], faces[0]["mouthSmileRight"]
    smiling = np.maximum(left, right) > 0.3
    uneven = np.abs(left - right)[smiling] > 0.25
    assert 0.03 < uneven.mean() < 0.4
    winking = np.array(faces[1]) == "wink"
    assert (np.abs(faces[0]["eyeBlinkLeft"] - faces[0]["eyeBlinkRight"])[winking] > 0.2).mean() > 0.7


def test_what_excludes_each_other_does(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    column = faces[0]
    for first, second in EXCLUSIVE:
        assert not ((column[first] > 0) & (column[second] > 0)).any()
    for first, second in COMPETING:
        # The jaw may give way to pressed lips after the pairs were limited.
        slack = 0.25 if "jawOpen" in (first, second) else 1e-6
        assert (column[first] + column[second]).max() <= 1.0 + slack, (first, second)
    for side in ("Left", "Right"):
        other = "Right" if side == "Left" else "Left"
        assert not ((column[f"eyeLookIn{side}"] > 0) & (column[f"eyeLookOut{side}"] > 0)).any()
        assert not ((column[f"eyeLookUp{side}"] > 0) & (column[f"eyeLookDown{side}"] > 0)).any()
        np.testing.assert_array_equal(column[f"eyeLookIn{side}"], column[f"eyeLookOut{other}"])
        assert column[f"eyeWide{side}"][column[f"eyeBlink{side}"] > 0.7].max() < 1e-6


def test_lips_and_lids_do_not_pass_through_each_other(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    parting = sum(millimetres * faces[0][name] for name, millimetres in LIP_PARTING.items())
    assert parting.min() > -LIP_OVERLAP - 0.01
    for side in ("Left", "Right"):
        closing = sum(size * faces[0][f"{stem}{side}"] for stem, size in gaze.LID_CLOSING.items())
        blinking = faces[0][f"eyeBlink{side}"] > 1e-6
        assert closing[blinking].max() < gaze.LID_OPENING + 1.3


@pytest.mark.parametrize("name", sorted(LIP_PARTING))
def test_the_table_of_lips_is_the_head_models(name: str) -> None:
    upper, lower = _LIPS
    moved = _opening({name: 1.0}, [upper], [lower]) - _opening({}, [upper], [lower])
    assert moved == pytest.approx(LIP_PARTING[name], abs=0.4)


@pytest.mark.parametrize("stem", sorted(gaze.LID_CLOSING))
def test_the_table_of_lids_is_the_head_models(stem: str) -> None:
    rest = _opening({}, _UPPER_LIDS, _LOWER_LIDS)
    assert rest == pytest.approx(gaze.LID_OPENING, abs=0.2)
    closed = rest - _opening({f"{stem}Left": 1.0}, _UPPER_LIDS, _LOWER_LIDS)
    assert closed == pytest.approx(gaze.LID_CLOSING[stem], abs=0.15)


def test_jaws_and_smiles_vary_widely(faces: tuple[dict[str, np.ndarray], list[str]]) -> None:
    for name, least in (("jawOpen", 0.45), ("mouthSmileLeft", 0.6), ("browInnerUp", 0.4), ("mouthPucker", 0.2)):
        assert np.quantile(faces[0][name], 0.95) > least, name
        assert np.quantile(faces[0][name], 0.25) < 0.1, name


def test_eyes_tend_towards_the_camera_and_lids_follow_them_down() -> None:
    aside, _ = _draw(500, (40.0, 0.0))
    assert aside["eyeLookOutLeft"].mean() > aside["eyeLookOutRight"].mean() + 0.4
    below, _ = _draw(500, (0.0, -30.0))
    above, _ = _draw(500, (0.0, 30.0))
    assert below["eyeBlinkLeft"].mean() > above["eyeBlinkLeft"].mean() + 0.05
    assert below["eyeWideLeft"].mean() < above["eyeWideLeft"].mean()


def test_without_acting_every_blendshape_is_independent_noise() -> None:
    noise, kinds = _draw(2500, acted=False)
    assert set(kinds) == {"noise"}
    weights = np.stack(list(noise.values()), axis=1)
    active = (weights > 0).mean(axis=0)
    assert active.min() > 0.1
    assert active.max() < 0.2
    correlation = np.corrcoef(weights.T) - np.eye(len(NAMES))
    assert np.abs(correlation).max() < 0.12


def test_the_same_stream_gives_the_same_face() -> None:
    first, second = (sample_expression(np.random.default_rng(7), NAMES, (3.0, 1.0)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]
