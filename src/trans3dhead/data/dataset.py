"""Photographs of any kind as samples: crops with compact labels, cut in the loader's workers, and batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.data.augmentation import Augmentation, blacken_outside
from trans3dhead.data.framing import Framer, frame_head
from trans3dhead.data.mesh_photographs import AnyAnnotation, MeshHead
from trans3dhead.data.targets import AnnotatedBatch, Batch, MeshBatch
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR
from trans3dhead.images import decode_photograph


class Photographs(Protocol):
    """Photographs with annotated heads, by number."""

    def __len__(self) -> int: ...

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        ...

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """The annotated heads of the photograph: at least one, except in scenes, which may hold none."""
        ...

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels are of this head model."""
        ...


class JoinedPhotographs:
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
        """The annotated heads of the photograph."""
        part, local = self._locate(index)
        return part.heads(local)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels of all sets are of this head model."""
        for part in self._sets:
            part.check(head_model)

    def _locate(self, index: int) -> tuple[Photographs, int]:
        number = int(np.searchsorted(self._ends, index, side="right"))
        return self._sets[number], index - (int(self._ends[number - 1]) if number else 0)


class FirstPhotographs:
    """The first photographs of a set, for trials."""

    def __init__(self, photographs: Photographs, count: int) -> None:
        self._photographs, self._count = photographs, min(count, len(photographs))

    def __len__(self) -> int:
        return self._count

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        return self._photographs.jpeg(index)

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """The annotated heads of the photograph."""
        return self._photographs.heads(index)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels are of this head model."""
        self._photographs.check(head_model)


class FacingPhotographs:
    """The photographs of a set with heads that face the camera, and of these those heads."""

    def __init__(self, photographs: Photographs, largest_yaw: float) -> None:
        """largest_yaw: degrees to either side."""
        self._photographs, self._largest_yaw = photographs, largest_yaw
        self._facing = [index for index in range(len(photographs)) if self._facing_of(photographs.heads(index))]
        if not self._facing:
            raise ValueError(f"data: expected a head within {largest_yaw:g} degrees of yaw, got none")

    def __len__(self) -> int:
        return len(self._facing)

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph."""
        return self._photographs.jpeg(self._facing[index])

    def heads(self, index: int) -> Sequence[AnyAnnotation]:
        """The annotated heads of the photograph that face the camera."""
        return self._facing_of(self._photographs.heads(self._facing[index]))

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the labels are of this head model."""
        self._photographs.check(head_model)

    def _facing_of(self, heads: Sequence[AnyAnnotation]) -> list[AnyAnnotation]:
        return [head for head in heads if abs(yaw_of(head)) <= self._largest_yaw]


def yaw_of(head: AnyAnnotation) -> float:
    """Degrees about the photograph's vertical by which the head's face is turned from its axis."""
    x, _, z = head.rotation[:, 2]
    return float(np.degrees(np.arctan2(x, -z)))


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
        framing: Framer = frame_head,
    ) -> None:
        """size: pixels of the crop's side; framing: what of a head it shows. Without an augmentation: the first head of
        each photograph, where the framing has it.
        """
        self.photographs, self.head_model, self.size = photographs, head_model, size
        self.augmentation, self.seed, self.framing = augmentation, seed, framing

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
        crop = self.framing(head).crop(self.size)
        return Sample(crop.cut(self._decode(index)), head, crop.affine / self.size)

    def _augmented(self, key: SampleKey, augmentation: Augmentation) -> Sample:
        rng = np.random.default_rng((self.seed, key.epoch, key.photograph))
        heads = self.photographs.heads(key.photograph)
        head = heads[int(rng.integers(len(heads)))]
        photograph, head = augmentation.flip(self._decode(key.photograph), head, self.head_model, rng)
        crop = augmentation.crop(self.framing(head), self.size, rng)
        bounds = augmentation.frame(crop, head.image_size, rng)
        picture = augmentation.look(crop.cut(photograph), rng, lambda: self._decode(int(rng.integers(len(self)))))
        return Sample(blacken_outside(picture, crop, bounds), head, crop.affine / self.size)

    def _decode(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return decoded(self.photographs, index)


def decoded(photographs: Photographs, index: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the pixels of photograph `index`."""
    try:
        return decode_photograph(photographs.jpeg(index))
    except ValueError as error:
        raise ValueError(f"photograph {index}: {error}; render its shard again") from error


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
