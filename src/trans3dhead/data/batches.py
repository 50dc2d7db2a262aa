"""The base of all batches: moving a dataclass of tensors to a device or into page-locked memory."""

from dataclasses import Field, fields
from typing import Any, ClassVar, TypeVar

import torch

_Batch = TypeVar("_Batch", bound="TensorBatch")


class TensorBatch:
    """A frozen dataclass of tensors alone, whose first axis is the sample; loaders and trainers move it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def to(self: _Batch, device: torch.device | str) -> _Batch:
        """The same batch on a device."""
        return type(self)(*(getattr(self, entry.name).to(device, non_blocking=True) for entry in fields(self)))

    def pin_memory(self: _Batch) -> _Batch:
        """The same batch in page-locked memory."""
        return type(self)(*(getattr(self, entry.name).pin_memory() for entry in fields(self)))
