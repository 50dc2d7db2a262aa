"""The order in which a training sees its samples, and loaders that prepare each process's share of the batches."""

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from trans3dhead.data.dataset import SampleKey, collate

T = TypeVar("T")


@dataclass(frozen=True)
class Share:
    """Which part of all work is this process's: number `index` of `count`."""

    index: int = 0
    count: int = 1

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """The items of this process: the parts of all, one after another, are the whole."""
        return items[self.index * len(items) // self.count : (self.index + 1) * len(items) // self.count]


class TrainingOrder(Sampler[list[SampleKey]]):
    """Batches without end: every epoch a new permutation of all photographs, drawn from (seed, epoch) alone.

    Batch k holds samples k·B to (k + 1)·B of that sequence, so a training resumes at batch k by `start=k`. Of several
    processes each yields its share of every batch.
    """

    def __init__(
        self, photographs: int, batch_size: int, seed: int = 0, start: int = 0, share: Share | None = None
    ) -> None:
        """batch_size: of all processes together; they must divide it."""
        self.photographs, self.batch_size, self.seed, self.start = photographs, batch_size, seed, start
        self.share = share or Share()
        if batch_size % self.share.count:
            raise ValueError(
                f"batch_size: expected a multiple of the number of processes, {self.share.count}, got {batch_size}; "
                "change it, or start another number"
            )

    def __iter__(self) -> Iterator[list[SampleKey]]:
        batch: list[SampleKey] = []
        epoch, skip = divmod(self.start * self.batch_size, self.photographs)
        while True:
            order = np.random.default_rng((self.seed, epoch)).permutation(self.photographs)
            for index in order[skip:]:
                batch.append(SampleKey(epoch, int(index)))
                if len(batch) == self.batch_size:
                    yield list(self.share.of(batch))
                    batch = []
            epoch, skip = epoch + 1, 0


class Samples(Protocol):
    """What a loader takes its samples from: a data set whose choices follow from a seed."""

    seed: int

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any) -> Any: ...


def training_loader(
    samples: Samples, order: TrainingOrder, workers: int, join: Callable[[Any], Any] = collate
) -> DataLoader[Any]:
    """Batches of augmented samples without end; workers: processes beside the main one, 0 for none; join: samples to a
    batch.
    """
    return _loader(samples, workers, join, batch_sampler=order, prefetch_factor=2 if workers else None)


def validation_loader(
    samples: Samples,
    batch_size: int,
    workers: int,
    share: Share | None = None,
    join: Callable[[Any], Any] = collate,
) -> DataLoader[Any]:
    """Every sample once, in order; of several processes each has its share of the set, in batches of `batch_size`."""
    share = share or Share()
    if len(samples) < share.count:
        raise ValueError(
            f"validation: expected at least one photograph for each of {share.count} processes, got {len(samples)}"
        )
    return _loader(samples, workers, join, batch_size=batch_size, sampler=share.of(range(len(samples))))


def _loader(samples: Samples, workers: int, join: Callable[[Any], Any], **batching: Any) -> DataLoader[Any]:
    return DataLoader(
        samples,  # type: ignore[arg-type]  # a Dataset in all but name
        num_workers=workers,
        collate_fn=join,
        worker_init_fn=_prepare_worker,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator().manual_seed(samples.seed),
        **batching,
    )


def _prepare_worker(worker: int) -> None:
    """One thread. Ctrl-C and SIGTERM, which may reach the whole group, are the parent's: it ends between two steps."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_next_time)


def _end_next_time(number: int, frame: object) -> None:
    signal.signal(number, signal.SIG_DFL)  # PyTorch ends a worker that hangs this way
