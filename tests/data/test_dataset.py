"""A sample depends on its key alone, and sets are joined."""

import numpy as np
import pytest
import torch

from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dataset import FacingPhotographs, FirstPhotographs, HeadCrops, JoinedPhotographs, SampleKey
from trans3dhead.geometry.rotations import euler_from_rotation


@pytest.fixture
def crops(photographs, toy):
    """Augmented crops of 48 pixels."""
    return HeadCrops(photographs, toy, 48, Augmentation(STRONG), seed=5)


def test_another_epoch_gives_another_crop_and_the_same_epoch_the_same(crops):
    first, again, later = (crops[SampleKey(epoch, 3)] for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first.crop, again.crop)
    assert (first.affine != later.affine).any()


def test_augmented_crops_ask_for_an_epoch(crops):
    with pytest.raises(ValueError, match="SampleKey"):
        crops[3]


def test_joined_sets_follow_each_other(photographs):
    joined = JoinedPhotographs([photographs, FirstPhotographs(photographs, 3), photographs])
    assert len(joined) == 83
    for index, expected in ((0, 0), (39, 39), (40, 0), (42, 2), (43, 0), (82, 39)):
        assert joined.jpeg(index) == photographs.jpeg(expected)
        np.testing.assert_array_equal(joined.heads(index)[0].box, photographs.heads(expected)[0].box)


def test_of_all_photographs_those_that_face_the_camera(photographs, toy):
    facing = FacingPhotographs(photographs, 30.0)
    rotations = np.stack([photographs.heads(index)[0].rotation for index in range(len(photographs))])
    yaws = euler_from_rotation(torch.from_numpy(rotations))[:, 1].numpy()
    kept = np.flatnonzero(np.abs(yaws) <= 30.0)
    assert 0 < len(facing) == len(kept) < len(photographs)
    for index, expected in enumerate(kept):
        assert facing.jpeg(index) == photographs.jpeg(int(expected))
    facing.check(toy)


def test_where_nobody_faces_the_camera_the_set_is_refused(photographs):
    with pytest.raises(ValueError, match=r"expected a head within 0\.001 degrees of yaw, got none"):
        FacingPhotographs(photographs, 0.001)
