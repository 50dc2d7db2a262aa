"""A sample depends on its key alone, and sets are joined."""

import numpy as np
import pytest

from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dataset import FacingPhotographs, FirstPhotographs, HeadCrops, JoinedPhotographs, SampleKey


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
    faces = np.stack([photographs.heads(index)[0].rotation[:, 2] for index in range(len(photographs))])
    yaws = np.degrees(np.angle(-faces[:, 2] + 1j * faces[:, 0]))
    kept = np.flatnonzero(np.abs(yaws) <= 30.0)
    assert 0 < len(facing) == len(kept) < len(photographs)
    for index, expected in enumerate(kept):
        assert facing.jpeg(index) == photographs.jpeg(int(expected))
    facing.check(toy)


def test_where_nobody_faces_the_camera_the_set_is_refused(photographs):
    with pytest.raises(ValueError, match=r"expected a head within 0\.001 degrees of yaw, got none"):
        FacingPhotographs(photographs, 0.001)


def test_of_several_heads_those_that_face_the_camera_are_left(photographs):
    class Pairs:
        """Each photograph with its own head and that of the next."""

        def __len__(self):
            return len(photographs) - 1

        def jpeg(self, index):
            return photographs.jpeg(index)

        def heads(self, index):
            return [*photographs.heads(index), *photographs.heads(index + 1)]

        def check(self, head_model):
            photographs.check(head_model)

    alone = FacingPhotographs(photographs, 30.0)
    facing = {head.box.tobytes() for index in range(len(alone)) for head in alone.heads(index)}
    pairs = FacingPhotographs(Pairs(), 30.0)
    seen = [head.box.tobytes() for index in range(len(pairs)) for head in pairs.heads(index)]
    assert set(seen) == facing
    assert any(len(pairs.heads(index)) == 1 for index in range(len(pairs)))
