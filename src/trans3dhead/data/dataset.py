"""Samples for training and validation: photographs become crops with compact labels, in the loader's workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.data.augmentation import Augmentation, blacken_outside
from trans3dhead.data.mesh_photographs import AnyAnnotation, MeshHead
from trans3dhead.data.targets import AnnotatedBatch, Batch, MeshBatch
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.training.engine.processes import Share


class Photographs(Protocol):
    """Photographs with annotated heads, by number."""

    def __len__(self) -> int: ...

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        ...

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """Its heads; at least one, but in scenes."""
        ...

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels are of this head model."""
        ...


class Joined:
    """Several sets of photographs as one, in their order."""

    def __init__(self, sets: Sequence[Photographs]) -> None:
        self._sets = sets
        self._ends = np.cumsum([len(part) for part in sets])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        part, local = self._locate(index)
        return part.jpeg(local)

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """Its heads."""
        part, local = self._locate(index)
        return part.heads(local)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels of all sets are of this head model."""
        for part in self._sets:
            part.check(head_model)

    def _locate(self, index: int) -> tuple[Photographs, int]:
        number = int(np.searchsorted(self._ends, index, side="right"))
        return self._sets[number], index - (int(self._ends[number - 1]) if number else 0)


class Limited:
    """The first photographs of a set, for trials."""

    def __init__(self, photographs: Photographs, count: int) -> None:
        self._photographs, self._count = photographs, min(count, len(photographs))

    def __len__(self) -> int:
        return self._count

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        return self._photographs.jpeg(index)

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """Its heads."""
        return self._photographs.heads(index)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels are of this head model."""
        self._photographs.check(head_model)


class SampleKey(NamedTuple):
    """What a sample depends on, together with the seed."""

    epoch: int
    photograph: int


@dataclass(frozen=True)
class Sample:
    """One crop and the label of its head; a row of a batch."""

    crop: np.ndarray  # (S, S, 3) uint8 RGB
    head: AnyAnnotation
    affine: np.ndarray  # (2, 3) photograph pixels -> crop units


class HeadCrops(Dataset[Sample]):
    """Crops of annotated heads; an augmented one depends on (seed, epoch, photograph) alone, not on the workers."""

    def __init__(
        self,
        photographs: Photographs,
        head_model: HeadModel,
        size: int,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        """size: pixels of the crop's side. Without an augmentation: the first head of each photograph, margin 0.1."""
        self.photographs, self.head_model, self.size = photographs, head_model, size
        self.augmentation, self.seed = augmentation, seed

    def __len__(self) -> int:
        return len(self.photographs)

    def __getitem__(self, key: SampleKey | int) -> Sample:
        """key: a SampleKey for training, a plain index for validation."""
        if self.augmentation is None:
            index = key.photograph if isinstance(key, SampleKey) else key
            return self._plain(index)
        if not isinstance(key, SampleKey):
            raise ValueError(f"sample: expected a SampleKey(epoch, photograph) for augmented crops, got {key!r}")
        return self._augmented(key, self.augmentation)

    def _plain(self, index: int) -> Sample:
        head = self.photographs.heads(index)[0]
        crop = Crop.around(head.box, self.size)
        return Sample(crop.cut(self._decode(index)), head, crop.affine / self.size)

    def _augmented(self, key: SampleKey, augmentation: Augmentation) -> Sample:
        rng = np.random.default_rng((self.seed, key.epoch, key.photograph))
        heads = self.photographs.heads(key.photograph)
        head = heads[int(rng.integers(len(heads)))]
        photograph, head = augmentation.flip(self._decode(key.photograph), head, self.head_model, rng)
        crop = augmentation.crop(head.box, self.size, rng)
        bounds = augmentation.frame(crop, head.image_size, rng)
        picture = augmentation.look(crop.cut(photograph), rng, lambda: self._decode(int(rng.integers(len(self)))))
        return Sample(blacken_outside(picture, crop, bounds), head, crop.affine / self.size)

    def _decode(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return decoded(self.photographs, index)


def decoded(photographs: Photographs, index: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the pixels of photograph `index`."""
    picture = cv2.imdecode(np.frombuffer(photographs.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"photograph {index}: expected an image file, could not decode it; render its shard again")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples of one kind of label; the crops stay bytes, with the channels last in memory."""
    compact = [sample.head for sample in samples if isinstance(sample.head, HeadAnnotation)]
    meshes = [sample.head for sample in samples if isinstance(sample.head, MeshHead)]
    if compact and meshes:
        raise ValueError("data: expected heads with coefficients or heads with meshes, got a batch with both")
    crops = torch.from_numpy(np.stack([sample.crop for sample in samples])).permute(0, 3, 1, 2)
    affine = np.stack([sample.affine for sample in samples])
    return _mesh_batch(crops, affine, meshes) if meshes else _annotated_batch(crops, affine, compact)


def _annotated_batch(crops: torch.Tensor, affine: np.ndarray, heads: Sequence[HeadAnnotation]) -> AnnotatedBatch:
    return AnnotatedBatch(
        crops=crops,
        shape=_stack([head.shape for head in heads]),
        expression=_stack([head.expression for head in heads]),
        rotation=_stack([head.rotation for head in heads]),
        translation=_stack([head.translation for head in heads]),
        focal=_stack([np.float32(head.focal) for head in heads]),
        principal_point=_stack([head.principal_point for head in heads]),
        box=_stack([head.box for head in heads]),
        affine=_stack(affine),
        landmark_visibility=torch.from_numpy(np.stack([_visibility(head) for head in heads])),
    )


def _mesh_batch(crops: torch.Tensor, affine: np.ndarray, heads: Sequence[MeshHead]) -> MeshBatch:
    to_crop = np.tile(np.eye(3), (len(heads), 1, 1))
    to_crop[:, :2] = affine  # in float64: pixels of the photograph cancel
    return MeshBatch(
        crops=crops,
        vertices=_stack([head.vertices for head in heads]),
        rotation=_stack([head.rotation for head in heads]),
        projection=_stack(to_crop @ np.stack([head.projection for head in heads])),
        box=_stack([head.box for head in heads]),
        affine=_stack(affine),
    )


def _stack(rows: Any) -> torch.Tensor:
    return torch.from_numpy(np.stack(rows).astype(np.float32, copy=False))


def _visibility(head: HeadAnnotation) -> np.ndarray:
    """(68,) uint8 of Visibility; of a head about which nothing is known every landmark counts as seen."""
    flags = head.landmark_visibility
    return np.full(len(LANDMARK_MIRROR), Visibility.VISIBLE, np.uint8) if flags is None else flags


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
        worker_init_fn=_single_thread,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator().manual_seed(samples.seed),
        **batching,
    )


def _single_thread(worker: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
