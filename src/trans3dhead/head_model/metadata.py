"""What a head model file says about itself beside its arrays."""

import json
import math
from dataclasses import asdict, dataclass, field

from trans3dhead.reading.checked_json import read_json

_LARGEST = 1e4  # of a coefficient
_LONGEST = 1 << 20  # bytes of the JSON block


@dataclass(frozen=True)
class HeadModelMetadata:
    """The JSON block of a head model file. Lengths are metres; see `HeadModel` for the axes."""

    name: str
    licence: str
    source: str
    source_version: str
    expression_names: tuple[str, ...] = ()
    expression_bounds: tuple[float, float] | None = None  # of every coefficient; None: unbounded
    joint_names: tuple[str, ...] = ()
    jaw_joint: int | None = None  # index into joint_names; None: `jaw` has width 0
    units: str = "metres"
    frame_pitch: float = 0.0  # degrees, pitch > 0 looks up: the fixed rotation baked into the vertices
    notes: dict[str, str] = field(default_factory=dict)  # seed, recipe, figures: for readers, not for code

    def __post_init__(self) -> None:
        low, high = self.expression_bounds or (0.0, 0.0)
        if not -_LARGEST <= low <= high <= _LARGEST:
            raise ValueError(
                f"expression_bounds: expected two numbers up to ±{_LARGEST:g}, the least first, got {low}, {high}"
            )
        if not math.isfinite(self.frame_pitch):
            raise ValueError(f"frame_pitch: expected degrees, got {self.frame_pitch}")

    def to_json(self) -> str:
        """One line of JSON; `from_json` reads it back."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, where: str = "metadata") -> "HeadModelMetadata":
        """Raises ValueError, which names where and what, for what is not such a JSON object: types, keys, bounds."""
        return read_json(text, cls, where, closed=True, longest=_LONGEST, remedy="convert the head model again")
