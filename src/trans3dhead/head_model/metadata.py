"""What a head model file says about itself beside its arrays."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any


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

    def to_json(self) -> str:
        """One line of JSON; `from_json` reads it back."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "HeadModelMetadata":
        """Raises ValueError for a missing or unknown key, naming it, and for what is not a JSON object."""
        try:
            values: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"metadata: expected JSON, got {error}; convert the head model again") from error
        if not isinstance(values, dict):
            raise ValueError(f"metadata: expected a JSON object, got {text!r:.60}; convert the head model again")
        known = {item.name for item in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(f"metadata: unknown keys {sorted(unknown)}; this version knows {sorted(known)}")
        if missing := {"name", "licence", "source", "source_version"} - set(values):
            raise ValueError(f"metadata: missing keys {sorted(missing)}; the file is not a complete head model")
        for key in ("expression_names", "joint_names", "expression_bounds"):
            if isinstance(values.get(key), list):
                values[key] = tuple(values[key])
        return cls(**values)
