"""What comes with the package: networks, detectors and head models, found through importlib.resources."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open


@dataclass(frozen=True)
class ShippedFile:
    """One .safetensors file of `trans3dhead.weights`."""

    name: str  # what `Predictor(model=...)`, `HeadDetector(...)` or `HeadModel.shipped(...)` takes
    kind: str  # "network", "detector", "head model" or "identity prior"
    path: Path
    size: int  # bytes
    sha256: str  # of the file
    licence: str
    head_model: str  # its name and the first digits of its geometry's hash; of a head model its own name
    card: Path | None  # the model card, Markdown
    network: str = ""  # of a network its architecture, backbone and crop size


def shipped_folder() -> Path:
    """The folder of the shipped files."""
    return Path(str(files("trans3dhead.weights")))


def shipped_files(folder: Path | None = None) -> list[ShippedFile]:
    """All that ships, networks first, then by name. A file that cannot be read raises a ValueError that names it.

    folder: where to look, for what other packages bring; None: this package's own.
    """
    found = [_describe(path) for path in sorted((folder or shipped_folder()).glob("*.safetensors"))]
    return sorted(found, key=lambda file: file.kind != "network")


def network_path(model: str | Path) -> Path:
    """The checkpoint of a network that ships (by name) or of the user's own (by path).

    A name that ships means what ships, whatever lies in the current folder. Raises ValueError, which lists the
    networks that ship, where there is neither.
    """
    return _path(model, "network", "model")


def detector_path(model: str | Path) -> Path:
    """The checkpoint of a detector that ships (by name) or of the user's own (by path); see `network_path`.

    Raises ValueError, which lists the detectors that ship, where there is neither.
    """
    return _path(model, "detector", "detector")


def head_model_path(name: str, whose: str = "asked for") -> Path:
    """The file of a head model that ships.

    whose: who names it, for the words of the ValueError where none of that name ships.
    """
    path = shipped_folder() / f"{name}.safetensors"
    if not path.is_file():
        raise ValueError(
            f"head model: {whose} {name!r}, which does not ship; give its file, --head-model PATH or head_model=PATH"
        )
    return path


def _path(model: str | Path, kind: str, what: str) -> Path:
    own = Path(model)
    shipped = shipped_folder() / f"{model}.safetensors"
    if own.name == str(model) and not own.suffix and shipped.is_file():
        return shipped
    if own.is_file():
        return own
    names = [file.name for file in shipped_files() if file.kind == kind]
    raise ValueError(
        f"{what}: expected a checkpoint's path or one of {', '.join(names) or '(none ships)'}, got '{model}'"
    )


def _describe(path: Path) -> ShippedFile:
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
        block = json.loads(header.get("trans3dhead", header.get("trans3dhead_detector", "null")))
        own = json.loads(header.get("head_model", header.get("notes", "{}")))
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: damaged ({error}); reinstall trans3dhead") from error
    card = path.with_suffix(".md")
    return ShippedFile(
        name=path.stem,
        kind=_kind(header),
        path=path,
        size=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        licence=own.get("licence", "unknown") if block is None else block["metadata"].get("licence", "Apache-2.0"),
        head_model=_of_head_model(header, own, path.stem) if block is None else _trained_with(block),
        card=card if card.is_file() else None,
        network="" if block is None else _architecture(block["config"]),
    )


def _kind(header: dict[str, str]) -> str:
    """What a file holds, by the keys of its header."""
    if "trans3dhead" in header:
        return "network"
    if "trans3dhead_detector" in header:
        return "detector"
    return "head model" if "head_model" in header else "identity prior"


def _of_head_model(header: dict[str, str], own: dict[str, str], name: str) -> str:
    return own.get("name", name) if "head_model" in header else f"anny ({header.get('geometry_hash', '')[:8]})"


def _architecture(config: dict[str, Any]) -> str:
    if config.get("architecture") == "detector":
        return f"detector, widths {', '.join(map(str, config['widths']))}"
    return f"{config.get('architecture', 'trans3dhead')}, {config['backbone']}, crops of {config['crop_size']} pixels"


def _trained_with(block: dict[str, Any]) -> str:
    """A detector needs no head model; its file says in its metadata with whose heads it was trained."""
    if "head_model" not in block:
        return str(block["metadata"].get("head_model", "none"))
    return f"{block['head_model']['name']} ({block['head_model']['hash'][:8]})"
