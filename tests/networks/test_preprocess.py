"""ImageNet's normalisation."""

import pytest
import torch

from trans3dhead.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD, normalize


def test_every_channel_is_in_units_of_its_own_deviation():
    crops = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8).contiguous(memory_format=torch.channels_last)
    normalized = normalize(crops)
    for channel, (mean, std) in enumerate(zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)):
        torch.testing.assert_close(normalized[:, channel], (crops[:, channel] / 255 - mean) / std)
    assert normalized.is_contiguous(memory_format=torch.channels_last)


def test_a_picture_is_not_normalised_twice():
    crops = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"expected uint8 .*got torch.float32"):
        normalize(normalize(crops))
