"""Which vertices are dense landmarks."""

from pathlib import Path

import numpy as np
import pytest

from toy_heads import toy_arrays
from trans3dhead.evaluation.paper_figures.dense_points import PARTS, dense_points, head_parts
from trans3dhead.head_model import HeadModelMetadata, NumpyHeadModel, write_head_model


@pytest.fixture(scope="module")
def model() -> NumpyHeadModel:
    return NumpyHeadModel.shipped()


@pytest.mark.parametrize("count", [191, 445])
def test_there_are_as_many_as_their_name_says(model: NumpyHeadModel, count: int):
    chosen = dense_points(model, count)
    assert len(np.unique(chosen)) == len(chosen) == count == sum(PARTS[count].values())
    names, counts = np.unique(head_parts(model)[chosen], return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == PARTS[count]


def test_the_fewer_are_among_the_more(model: NumpyHeadModel):
    assert set(dense_points(model, 191)) <= set(dense_points(model, 445))


def test_parts_are_where_an_anatomist_would_look(model: NumpyHeadModel):
    parts, landmarks = head_parts(model), model.landmarks(model.template)
    middle = {name: model.template[parts == name].mean(axis=0) for name in PARTS[445]}
    assert middle["brows"][1] > middle["eyes"][1] > middle["nose"][1] > middle["lips"][1] > landmarks[8, 1]
    assert middle["skull"][2] < middle["ears"][2] < middle["eyes"][2] < middle["nose"][2]
    assert set(np.flatnonzero(parts == "ears")) == set(model.subsets["ears"])
    assert not np.isin(np.flatnonzero(parts == "skull"), model.subsets["face_with_ears"]).any()
    for name in PARTS[445]:
        assert abs(middle[name][0]) < 0.002  # as much on the left as on the right


def test_a_head_model_with_points_of_its_own_keeps_them(tmp_path: Path):
    own = np.array([5, 3, 9])
    write_head_model(
        tmp_path / "own.safetensors",
        HeadModelMetadata("own", "CC0", "an ellipsoid", "1"),
        {**toy_arrays(), "subset_landmarks_191": own},
    )
    np.testing.assert_array_equal(dense_points(NumpyHeadModel.load(tmp_path / "own.safetensors"), 191), own)


def test_another_count_is_told(model: NumpyHeadModel):
    with pytest.raises(ValueError, match="expected 191 or 445 points, got 68"):
        dense_points(model, 68)
