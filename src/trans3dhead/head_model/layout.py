"""The order of the values in a parameter vector. Nothing else in the package slices it.

PyTorch is imported where vectors are put together: predicting, which may lack it, only takes them apart.
"""

from dataclasses import dataclass, fields, replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

_WIDEST = 1 << 14


class _Widths(NamedTuple):
    shape: int
    expression: int
    jaw: int
    rotation: int
    translation: int
    scale: int


@dataclass(frozen=True)
class HeadParameters:
    """One head, or a batch of them: each field is (..., its width in the `ParametersLayout`)."""

    shape: "Tensor"  # standard deviations of the head model's components
    expression: "Tensor"  # coefficients of the head model's expressions; ARKit weights in 0..1 for "anny"
    jaw: "Tensor"  # axis-angle of the jaw joint, radians; width 0 where the head model has no jaw joint
    rotation: "Tensor"  # 6D, head space -> camera space, see geometry.rotations
    translation: "Tensor"  # weak perspective t, in halves of the crop's side; z is unused
    scale: "Tensor"  # weak perspective s; s + 1 is in halves of the crop's side for each metre


@dataclass(frozen=True)
class ParametersLayout:
    """Widths of the groups of a parameter vector; the order of the fields is the order in the vector."""

    shape: int
    expression: int
    jaw: int = 0
    rotation: int = 6
    translation: int = 3
    scale: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            width = getattr(self, field.name)
            if not isinstance(width, int) or not 0 <= width <= _WIDEST:
                raise ValueError(f"{field.name}: expected a width of 0 to {_WIDEST} parameters, got {width!r}")

    @property
    def widths(self) -> _Widths:
        """The six widths in the order of the vector."""
        return _Widths(self.shape, self.expression, self.jaw, self.rotation, self.translation, self.scale)

    @property
    def size(self) -> int:
        """P, the length of the vector."""
        return sum(self.widths)

    def ranges(self) -> dict[str, tuple[int, int]]:
        """Where each group lies in the vector, first and one past the last, for programs without this class."""
        ends = list(accumulate(self.widths))
        return dict(zip(self.widths._fields, zip([0, *ends], ends, strict=False), strict=True))

    def unpack(self, vector: "Tensor") -> HeadParameters:
        """(..., P) -> named views of it; the inverse of `pack`."""
        if vector.shape[-1] != self.size:
            raise ValueError(
                f"parameters: expected (..., {self.size}) for this head model, got {tuple(vector.shape)}; "
                "load the head model that the checkpoint or data set names"
            )
        return HeadParameters(*vector.split(self.widths, dim=-1))

    def split(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """(..., P) -> views of it by the names of the groups; `unpack` for arrays."""
        return {name: vector[..., start:stop] for name, (start, stop) in self.ranges().items()}

    def pack(self, parameters: HeadParameters) -> "Tensor":
        """Named parameters -> (..., P); the inverse of `unpack`. Leading dimensions are broadcast together."""
        import torch

        parts = [getattr(parameters, name) for name in self.widths._fields]
        for name, width, part in zip(self.widths._fields, self.widths, parts, strict=True):
            if part.shape[-1] != width:
                raise ValueError(f"{name}: expected (..., {width}) for this head model, got {tuple(part.shape)}")
        batch = torch.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return torch.cat([part.expand(*batch, part.shape[-1]) for part in parts], dim=-1)

    def reduced(self, shape: int | None = None, expression: int | None = None, jaw: bool = True) -> "ParametersLayout":
        """The layout of a smaller head model: the first so many of shape and expression (None: all), perhaps no jaw.

        Raises ValueError where the head model has fewer.
        """
        for name, wanted, available in (("shape", shape, self.shape), ("expression", expression, self.expression)):
            if wanted is not None and wanted > available:
                raise ValueError(f"{name}: expected at most the head model's {available} parameters, got {wanted}")
        return replace(
            self,
            shape=self.shape if shape is None else shape,
            expression=self.expression if expression is None else expression,
            jaw=self.jaw if jaw else 0,
        )

    def padded(self, vector: "Tensor", full: "ParametersLayout") -> "Tensor":
        """(..., P) of a reduced layout -> (..., full.size): what it leaves out is zero, the head model's mean."""
        import torch

        if self == full:
            return vector
        parts = zip(vector.split(self.widths, dim=-1), full.widths, strict=True)
        return torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[-1])) for part, width in parts], dim=-1)

    def cut(self, vector: "Tensor", full: "ParametersLayout") -> "Tensor":
        """(..., full.size) -> (..., P): leaves out what a reduced layout does not have; `padded` goes back."""
        import torch

        if self == full:
            return vector
        parts = zip(vars(full.unpack(vector)).values(), self.widths, strict=True)
        return torch.cat([part[..., :width] for part, width in parts], dim=-1)

    def names(self) -> tuple[str, ...]:
        """One name for each parameter, in order: "shape_0", ..., "scale_0"."""
        return tuple(
            f"{name}_{index}"
            for name, width in zip(self.widths._fields, self.widths, strict=True)
            for index in range(width)
        )
