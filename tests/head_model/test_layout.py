"""The parameter vector and its names."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trans3dhead.head_model import HeadParameters, ParametersLayout

widths = st.integers(0, 12)


@given(shape=widths, expression=widths, jaw=st.sampled_from([0, 3]), batch=st.lists(st.integers(1, 3), max_size=2))
def test_pack_and_unpack_are_inverse(shape: int, expression: int, jaw: int, batch: list[int]):
    layout = ParametersLayout(shape, expression, jaw)
    vector = torch.arange(layout.size * max(1, int(torch.tensor(batch).prod()))).float().reshape(*batch, layout.size)
    assert torch.equal(layout.pack(layout.unpack(vector)), vector)


def test_the_published_layouts_have_their_sizes():
    assert ParametersLayout(300, 100, 3).size == 413
    assert ParametersLayout(100, 50).size == 160
    assert ParametersLayout(40, 10).size == 60


def test_the_order_is_shape_expression_jaw_rotation_translation_scale():
    parameters = ParametersLayout(2, 1, 3).unpack(torch.arange(16.0))
    assert parameters.shape.tolist() == [0, 1]
    assert parameters.expression.tolist() == [2]
    assert parameters.jaw.tolist() == [3, 4, 5]
    assert parameters.rotation.tolist() == [6, 7, 8, 9, 10, 11]
    assert parameters.translation.tolist() == [12, 13, 14]
    assert parameters.scale.tolist() == [15]


def test_ranges_are_where_unpack_cuts():
    layout = ParametersLayout(5, 3, 3)
    vector = torch.arange(layout.size)
    groups = layout.unpack(vector)
    ranges = layout.ranges()
    assert list(ranges) == ["shape", "expression", "jaw", "rotation", "translation", "scale"]
    for name, (start, stop) in ranges.items():
        assert vector[start:stop].tolist() == getattr(groups, name).tolist()
    assert ParametersLayout(2, 1).ranges()["jaw"] == (3, 3)


def test_names_follow_the_vector():
    names = ParametersLayout(2, 1).names()
    assert len(names) == len(set(names)) == 13
    assert names[:4] == ("shape_0", "shape_1", "expression_0", "rotation_0")
    assert names[-1] == "scale_0"


def test_a_vector_of_another_head_model_is_refused():
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 13\).*got \(2, 14\)"):
        ParametersLayout(2, 1).unpack(torch.zeros(2, 14))


def test_a_group_of_the_wrong_width_is_named():
    layout = ParametersLayout(2, 1)
    good = layout.unpack(torch.zeros(2, 13))
    bad = HeadParameters(good.shape, torch.zeros(2, 5), good.jaw, good.rotation, good.translation, good.scale)
    with pytest.raises(ValueError, match=r"expression: expected \(\.\.\., 1\)"):
        layout.pack(bad)


@pytest.mark.parametrize("width", [-1, (1 << 14) + 1, 2.0, None, "3"])
def test_a_width_is_a_whole_number_up_to_the_widest(width: object):
    with pytest.raises(ValueError, match="expression: expected a width of 0 to 16384 parameters, got "):
        ParametersLayout(2, width)
    assert ParametersLayout(0, 1 << 14).size == (1 << 14) + 10


def test_a_reduced_layout_is_a_smaller_head_model_s():
    full = ParametersLayout(300, 100, 3)
    assert full.reduced(100, 50, jaw=False) == ParametersLayout(100, 50)
    assert full.reduced() == full.reduced(300, 100) == full
    with pytest.raises(ValueError, match="expression: expected at most the head model's 100 parameters, got 101"):
        full.reduced(expression=101)
    with pytest.raises(ValueError, match="shape: expected at most the head model's 300 parameters, got 301"):
        full.reduced(shape=301)


def test_what_a_reduced_layout_leaves_out_is_zero():
    full = ParametersLayout(4, 3, 3)
    small = full.reduced(2, 1, jaw=False)
    vector = torch.randn(5, small.size)
    padded, given = full.unpack(small.padded(vector, full)), small.unpack(vector)
    assert torch.equal(padded.shape, torch.cat((given.shape, torch.zeros(5, 2)), dim=1))
    assert torch.equal(padded.expression, torch.cat((given.expression, torch.zeros(5, 2)), dim=1))
    assert torch.equal(padded.jaw, torch.zeros(5, 3))
    assert torch.equal(padded.rotation, given.rotation)
    assert torch.equal(padded.translation, given.translation)
    assert torch.equal(padded.scale, given.scale)
    assert torch.equal(small.cut(small.padded(vector, full), full), vector)
    assert full.padded(vector, full) is full.cut(vector, full) is vector  # nothing is left out, nothing is checked


def test_one_group_for_a_whole_batch_is_repeated():
    layout = ParametersLayout(2, 1, 3)
    parts = layout.unpack(torch.randn(4, 3, layout.size))
    packed = layout.pack(replace(parts, shape=parts.shape[:1], jaw=parts.jaw[0, 0]))
    assert packed.shape == (4, 3, layout.size)
    expected = replace(parts, shape=parts.shape[:1].expand(4, 3, 2), jaw=parts.jaw[0, 0].expand(4, 3, 3))
    assert torch.equal(packed, layout.pack(expected))


def test_arrays_are_split_as_tensors_are():
    layout = ParametersLayout(2, 1, 3)
    vector = torch.randn(4, 3, layout.size)
    parts = layout.split(vector.numpy())
    assert list(parts) == list(vars(layout.unpack(vector)))
    for name, part in parts.items():
        assert part.tolist() == getattr(layout.unpack(vector), name).tolist()
