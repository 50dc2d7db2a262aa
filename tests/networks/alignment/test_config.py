"""The configuration: its checks, and its way through plain values."""

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
    for one in (config, beyond):
        assert config_from_dict(config_to_dict(one)) == one


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


def test_the_fit_needs_points_their_spread_and_all_coefficients():
    all_it_needs = {"head_fit": True, "surface_points": 32, "landmark_uncertainty": True}
    assert config_from_dict(all_it_needs).head_fit
    for missing in ("surface_points", "landmark_uncertainty"):
        with pytest.raises(ValueError, match="head_fit: got true, expected it with surface_points and landmark_uncert"):
            config_from_dict({name: value for name, value in all_it_needs.items() if name != missing})
    for fewer in ("shape_parameters", "expression_parameters"):
        with pytest.raises(ValueError, match="head_fit: got true, expected all of shape_parameters and expression_par"):
            config_from_dict({**all_it_needs, fewer: 3})


def test_only_resnets_have_a_memory_of_stride_16():
    for name in ("resnet18", "resnet34", "resnet50"):
        assert Trans3DHeadConfig(backbone=name, memory_stride=16).memory_stride == 16
    with pytest.raises(ValueError, match="memory_stride: got 16, expected it with one of resnet18, resnet34, resnet50"):
        Trans3DHeadConfig(backbone="microsoft/resnet-18", memory_stride=16)


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
    ],
)
def test_a_value_out_of_range_says_what_is_expected(field: str, value: object, expected: str):
    with pytest.raises(ValueError, match=f"{field}: got .*{expected}"):
        config_from_dict({field: value})
