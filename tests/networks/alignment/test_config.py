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
    assert config_from_dict(config_to_dict(config)) == config


def test_an_unknown_field_is_named_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"unknown resolutoin; valid fields are .*crop_size"):
        config_from_dict({"resolutoin": 999})


def test_the_spread_needs_landmarks():
    with pytest.raises(ValueError, match="landmark_uncertainty: got true, expected it with a landmark_branch"):
        Trans3DHeadConfig(landmark_branch=False, landmark_uncertainty=True)


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
    ],
)
def test_a_value_out_of_range_says_what_is_expected(field: str, value: object, expected: str):
    with pytest.raises(ValueError, match=f"{field}: got .*{expected}"):
        config_from_dict({field: value})
