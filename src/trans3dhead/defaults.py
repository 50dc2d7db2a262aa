"""What the library and the command line take where nothing else is said; light, so that `--help` loads no torch."""

from pathlib import Path

DEFAULT_DETECTOR = "heads"

# Network that ships -> the one that then takes a closer look at faces.
_CLOSER_LOOKS = {"small": "face", "small-int8": "face-int8"}


def reader_of(model: str | Path, closer_look: str | Path) -> str | Path | None:
    """The network that looks closer at what a model found; None: none does.

    closer_look: "auto", the one that ships for the model, if any; "none"; or the network itself.
    """
    if closer_look == "auto":
        return _CLOSER_LOOKS.get(str(model))
    return None if closer_look == "none" else closer_look
