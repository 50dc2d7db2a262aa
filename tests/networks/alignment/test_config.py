"""The configuration: its checks, and its way through plain values."""

import json

import pytest

from trans3dhead.networks.alignment import Trans3DHeadConfig, config_from_dict, config_to_dict


def test_the_defaults_are_the_papers_but_for_the_norm_of_the_memory():
    config = Trans3DHeadConfig()
    assert config.memory_norm
    assert (config.backbone, config.width, config.crop_size, config.decoder_layers) == ("resnet50", 256, 256, 2)
    assert (config.query_aware_memory, config.memory_query_init) == ("landmark", "landmark")
    assert (config.residual_regression, config.encoder_layers, config.feed_forward) == ("fixed", 0, 8)


def test_plain_values_give_the_configuration_back():
    config = Trans3DHeadConfig(backbone="resnet18", query_aware_memory="both", encoder_layers=3, landmark_branch=False)
    beyond = Trans3DHeadConfig(landmark_uncertainty=True, memory_stride=16, surface_points=64, head_fit=True)
    slim = Trans3DHeadConfig(backbone="slim", backbone_widths=(8, 8, 16, 16, 32), memory_query_rank=4)
    for one in (config, beyond, slim):
        assert config_from_dict(config_to_dict(one)) == one
        assert config_from_dict(json.loads(json.dumps(config_to_dict(one)))) == one


def test_an_unknown_field_is_named_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"unknown resolutoin; valid fields are .*crop_size"):
        config_from_dict({"resolutoin": 999})


def test_all_that_goes_past_the_paper_is_off_by_default():
    config = Trans3DHeadConfig()
    assert (config.memory_stride, config.surface_points) == (32, 0)
    switches = ("landmark_uncertainty", "landmark_memory", "head_fit", "surface_map")
    assert [name for name in switches if getattr(config, name)] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("landmark_uncertainty", True),
        ("surface_points", 32),
        ("landmark_memory", True),
        ("head_fit", True),
        ("surface_map", True),
    ],
)
def test_what_the_landmark_branch_does_needs_one(field: str, value: object):
    expected = f"{field}: got {str(value).lower()}, expected it with a landmark_branch alone"
    with pytest.raises(ValueError, match=expected):
        config_from_dict({"landmark_branch": False, field: value})


def test_the_fit_needs_points_their_spread_and_all_expressions():
    all_it_needs = {"head_fit": True, "surface_points": 32, "landmark_uncertainty": True}
    assert config_from_dict(all_it_needs).head_fit
    for missing in ("surface_points", "landmark_uncertainty"):
        with pytest.raises(ValueError, match="head_fit: got true, expected it with surface_points and landmark_uncert"):
            config_from_dict({name: value for name, value in all_it_needs.items() if name != missing})
    assert config_from_dict({**all_it_needs, "shape_parameters": 3}).shape_parameters == 3
    with pytest.raises(ValueError, match="head_fit: got true, expected all expression_parameters with it"):
        config_from_dict({**all_it_needs, "expression_parameters": 3})


def test_only_backbones_of_our_own_have_a_memory_of_stride_16():
    for name in ("resnet18", "resnet34", "resnet50"):
        assert Trans3DHeadConfig(backbone=name, memory_stride=16).memory_stride == 16
    assert Trans3DHeadConfig(backbone="slim", backbone_widths=(8, 8, 8, 8), memory_stride=16).memory_stride == 16
    with pytest.raises(ValueError, match=r"memory_stride: got 16, expected it with one of resnet18, .*, slim alone"):
        Trans3DHeadConfig(backbone="microsoft/resnet-18", memory_stride=16)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "backbone_widths: got None, expected 5 numbers of channels with memory_stride 32, at strides 2, 4, 8, 16"),
        ({"backbone_widths": [8, 8, 8, 8]}, r"backbone_widths: got \[8, 8, 8, 8\], expected 5 numbers"),
        ({"backbone_widths": [8, 8, 8, 8, 8], "memory_stride": 16}, "expected 4 .* at strides 2, 4, 8, 16; see"),
        ({"backbone_widths": [8, 8, 8, 8, 0]}, r"backbone_widths: got \[8, 8, 8, 8, 0\]"),
        (
            {"backbone_widths": [8, 8, 8, 8, 8], "backbone_blocks": [1, 1, 1]},
            r"backbone_blocks: got \[1, 1, 1\], expected 4 numbers of blocks .* at strides 4, 8, 16, 32",
        ),
        ({"backbone_widths": [8, 8, 8, 8, 8], "backbone_blocks": [1, 1, 1, 0]}, "backbone_blocks: got"),
    ],
)
def test_a_slim_backbone_has_a_width_for_each_halving(fields: dict[str, object], expected: str):
    with pytest.raises(ValueError, match=expected):
        config_from_dict({"backbone": "slim", **fields})


@pytest.mark.parametrize("field", ["backbone_widths", "backbone_blocks"])
def test_no_other_backbone_has_sizes_to_choose(field: str):
    with pytest.raises(ValueError, match=rf"{field}: got \[8, 8\], expected it with the backbone slim alone"):
        config_from_dict({field: [8, 8]})


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("query_aware_memory", "parameters", "none, landmark, both"),
        ("memory_query_init", "all", "none, landmark, both"),
        ("residual_regression", "learnable", "fixed, learnable_average, learnable_random"),
        ("parameter_reference", "mean", "zero, average, standardised"),
        ("encoder_layers", 4, "0 to 3"),
        ("decoder_layers", 0, "1 to 3"),
        ("crop_size", 100, "multiple of 32"),
        ("width", 36, "multiple of 8"),
        ("width", 130, "multiple of 4"),
        ("dropout", 1.0, "a probability"),
        ("memory_stride", 8, "16 or 32"),
        ("surface_points", 100, "multiple of 16"),
        ("surface_points", -16, "multiple of 16"),
        ("memory_query_rank", 0, "1 to 256"),
        ("memory_query_rank", 257, "1 to 256"),
    ],
)
def test_a_value_out_of_range_says_what_is_expected(field: str, value: object, expected: str):
    with pytest.raises(ValueError, match=f"{field}: got .*{expected}"):
        config_from_dict({field: value})
