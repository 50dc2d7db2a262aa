"""The head model that a network was trained on, as its file names it."""

from dataclasses import dataclass
from typing import Protocol

from trans3dhead.head_model.layout import ParametersLayout


class _HeadModel(Protocol):
    """`HeadModel` and `NumpyHeadModel`."""

    @property
    def name(self) -> str: ...

    geometry_hash: str
    layout: ParametersLayout


@dataclass(frozen=True)
class TrainedWith:
    """What gives a network's parameters their meaning."""

    name: str
    geometry_hash: str
    layout: ParametersLayout

    def check(self, head_model: _HeadModel) -> None:
        """Raise a ValueError unless the parameters that the network regresses are this head model's."""
        if self.geometry_hash != head_model.geometry_hash or self.layout != head_model.layout:
            raise ValueError(
                f"head model: the network was trained on {self.name!r} with geometry {self.geometry_hash[:12]} and "
                f"{self.layout.size} parameters, got {head_model.name!r} with geometry "
                f"{head_model.geometry_hash[:12]} and {head_model.layout.size}; load the head model file that it was "
                "trained with, or train again on this one"
            )
