"""Batches do not depend on the workers, continue where they stopped, and are shared out among processes."""

import itertools

import pytest
import torch

from trans3dhead.data.augmentation import STRONG, Augmentation
from trans3dhead.data.dataset import HeadCrops
from trans3dhead.data.loading import Share, TrainingOrder, training_loader, validation_loader
from trans3dhead.geometry.crops import Crop


@pytest.fixture
def crops(photographs, toy):
    """Augmented crops of 48 pixels."""
    return HeadCrops(photographs, toy, 48, Augmentation(STRONG), seed=5)


def first_batches(crops, workers, count=3, start=0):
    loader = training_loader(crops, TrainingOrder(len(crops), 16, 5, start), workers)
    return list(itertools.islice(loader, count))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("items", [0, 1, 6, 7, 20])
def test_shares_are_a_partition_in_order_and_even(items, count):
    parts = [Share(index, count).of(range(items)) for index in range(count)]
    assert [item for part in parts for item in part] == list(range(items))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_batches_do_not_depend_on_the_number_of_workers(crops):
    for alone, many in zip(first_batches(crops, 0), first_batches(crops, 2), strict=True):
        for name in vars(alone):
            assert torch.equal(getattr(alone, name), getattr(many, name)), name


def test_batches_continue_where_they_stopped(crops):
    straight, resumed = first_batches(crops, 0, 5), first_batches(crops, 0, 2, start=3)
    for one, other in zip(straight[3:], resumed, strict=True):
        assert torch.equal(one.crops, other.crops)
        assert torch.equal(one.affine, other.affine)


@pytest.mark.parametrize("count", [2, 4])
def test_the_parts_of_all_processes_are_the_batch(crops, count):
    whole = first_batches(crops, 0, 4)
    orders = [TrainingOrder(len(crops), 16, 5, 0, Share(index, count)) for index in range(count)]
    parts = [list(itertools.islice(training_loader(crops, order, 0), 4)) for order in orders]
    for batch, *split in zip(whole, *parts, strict=True):
        assert [len(part) for part in split] == [16 // count] * count
        for name in vars(batch):
            assert torch.equal(torch.cat([getattr(part, name) for part in split]), getattr(batch, name)), name


def test_processes_must_divide_the_batch():
    with pytest.raises(ValueError, match="batch_size: expected a multiple of the number of processes, 3, got 16"):
        TrainingOrder(40, 16, share=Share(0, 3))


def test_every_epoch_holds_each_photograph_once_in_a_new_order():
    keys = list(itertools.chain(*itertools.islice(iter(TrainingOrder(10, 4, seed=1)), 10)))
    epochs = [[key.photograph for key in keys if key.epoch == epoch] for epoch in range(4)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_validation_is_the_plain_crop_in_order(photographs, toy):
    crops = HeadCrops(photographs, toy, 48)
    (batch, *rest) = validation_loader(crops, 32, 0)
    assert [len(part) for part in (batch, *rest)] == [32, 8]
    assert batch.crops.dtype == torch.uint8
    assert batch.crops.shape == (32, 3, 48, 48)
    expected = Crop.around(photographs.heads(7)[0].box, 48).affine / 48
    torch.testing.assert_close(batch.affine[7], torch.from_numpy(expected).float())


def test_processes_validate_each_crop_once(photographs, toy):
    crops = HeadCrops(photographs, toy, 48)
    (whole,) = validation_loader(crops, 64, 0)
    parts = [batch for index in range(3) for batch in validation_loader(crops, 8, 0, Share(index, 3))]
    assert [len(part) for part in parts] == [8, 5, 8, 5, 8, 6]
    assert torch.equal(torch.cat([part.crops for part in parts]), whole.crops)
    with pytest.raises(ValueError, match="at least one photograph for each of 41 processes, got 40"):
        validation_loader(crops, 8, 0, Share(0, 41))
