"""The configuration of the detector."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from trans3dhead.reading.checked_json import from_plain

STRIDES = (8, 16, 32)  # pixels of the input between the locations of each level
MULTIPLE = STRIDES[-1]  # the sides of every input are multiples of it
THRESHOLD = 0.3  # the least score of what is called a head, unless asked otherwise
OVERLAP = 0.5  # IoU: of two boxes that share more only the better one stays
MOST = 100  # heads in one picture
# A file is data: it asks for no network that no one would train.
_MOST_CHANNELS = 4096
_MOST_LAYERS = 64  # at each stride


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes of the network; docs/detector.md tells why these."""

    stem: int = 16  # channels at stride 2
    widths: tuple[int, int, int, int] = (24, 40, 80, 160)  # channels at strides 4, 8, 16, 32
    depths: tuple[int, int, int, int] = (0, 0, 2, 1)  # residual 3×3 convolutions at each of them
    neck: int = 32  # channels of the three maps that the heads see
    head: int = 32  # channels inside of the heads
    architecture: Literal["detector"] = "detector"

    def __post_init__(self) -> None:
        if self.architecture != "detector":
            raise ValueError(f"architecture: got {self.architecture!r}, expected 'detector'")
        if len(self.widths) != 4 or len(self.depths) != 4:
            raise ValueError(f"widths, depths: expected four numbers each, got {self.widths} and {self.depths}")
        for name, width in (("stem", self.stem), ("neck", self.neck), ("head", self.head)):
            _check_even(name, width)
        for width in self.widths:
            _check_even("widths", width)
        if min(self.depths) < 0 or max(self.depths) > _MOST_LAYERS:
            raise ValueError(f"depths: got {self.depths}, expected 0 to {_MOST_LAYERS}")


def config_from_dict(values: Mapping[str, Any]) -> DetectorConfig:
    """The configuration with these fields; the others keep their defaults. An unknown field is a ValueError."""
    valid = [field.name for field in fields(DetectorConfig)]
    if unknown := sorted(set(values) - set(valid), key=str):
        raise ValueError(f"detector: unknown {', '.join(map(str, unknown))}; valid fields are {', '.join(valid)}")
    return from_plain(dict(values), DetectorConfig, "detector", remedy="see docs/detector.md")


def config_to_dict(config: DetectorConfig) -> dict[str, Any]:
    """Plain values, as JSON and YAML have them; the inverse of `config_from_dict`."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}


def _check_even(name: str, value: int) -> None:
    if not 2 <= value <= _MOST_CHANNELS or value % 2:
        raise ValueError(f"{name}: got {value}, expected a positive even number of channels, at most {_MOST_CHANNELS}")
