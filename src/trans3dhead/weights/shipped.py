"""What comes with the package: networks, detectors and head models, found through importlib.resources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from trans3dhead.reading.checked_json import read_json
from trans3dhead.reading.safetensors_header import read_header

_KINDS = {"trans3dhead": "network", "trans3dhead_detector": "detector", "head_model": "head model"}
_EIGHT_BITS = "-int8"  # after the name of a network
_FIRST = ("network", "face reader")  # kinds in a list of all that ships; the others follow
_REMEDY = "reinstall trans3dhead"


@dataclass(frozen=True)
class NamedHeadModel:
    """The head model that a network was trained on, as its file names it."""

    name: str
    hash: str  # of the geometry


@dataclass(frozen=True)
class ShippedFile:
    """One .safetensors file of `trans3dhead.weights`."""

    name: str  # what `Predictor(model=...)`, `HeadDetector(...)` or `HeadModel.shipped(...)` takes
    kind: str  # "network", "face reader", "detector", "head model" or "identity prior"
    path: Path
    size: int  # bytes
    sha256: str  # of the file
    licence: str
    head_model: str  # its name and the first digits of its geometry's hash; of a head model its own name
    card: Path | None  # the model card, Markdown
    network: str = ""  # of a network its architecture, backbone and crop size
    eight_bits: Path | None = None  # of a network its graph in eight bits, which has a name too

    @property
    def names(self) -> list[str]:
        """What may be asked for: the file's name, and that of its graph in eight bits."""
        return [path.stem for path in (self.path, self.eight_bits) if path is not None]


def shipped_folder() -> Path:
    """The folder of the shipped files."""
    return Path(str(files("trans3dhead.weights")))


def shipped_files(folder: Path | None = None) -> list[ShippedFile]:
    """All that ships, networks first, then readers of faces, each kind by name.

    A file that cannot be read raises a ValueError that names it.

    folder: where to look, for what other packages bring; None: this package's own.
    """
    found = [_describe(path) for path in sorted((folder or shipped_folder()).glob("*.safetensors"))]
    return sorted(found, key=lambda file: _FIRST.index(file.kind) if file.kind in _FIRST else len(_FIRST))


def network_path(model: str | Path) -> Path:
    """The checkpoint of a network that ships (by name) or of the user's own (by path); of one in eight bits its graph.

    A name that ships means what ships, whatever lies in the current folder. Raises ValueError, which lists the
    networks that ship, where there is neither.
    """
    return _path(model, "network", "model")


def detector_path(model: str | Path) -> Path:
    """The checkpoint of a detector that ships (by name) or of the user's own (by path); see `network_path`.

    Raises ValueError, which lists the detectors that ship, where there is neither.
    """
    return _path(model, "detector", "detector")


def reader_path(model: str | Path) -> Path:
    """The checkpoint of a reader of faces that ships (by name) or of the user's own (by path); see `network_path`.

    Raises ValueError, which lists the readers that ship, where there is neither.
    """
    return _path(model, "face reader", "closer_look")


def head_model_path(name: str, whose: str = "asked for") -> Path:
    """The file of a head model that ships.

    whose: who names it, for the words of the ValueError where none of that name ships.
    """
    names = {path.stem: path for path in shipped_folder().glob("*.safetensors")}  # no path is made of a file's word
    if name not in names:
        raise ValueError(
            f"head model: {whose} {name!r:.100}, which does not ship; give its file, --head-model PATH or "
            "head_model=PATH"
        )
    return names[name]


def _path(model: str | Path, kind: str, what: str) -> Path:
    own = Path(model)
    if own.name == str(model) and not own.suffix:
        for file in (shipped_folder() / f"{model}{suffix}" for suffix in (".safetensors", ".onnx")):
            if file.is_file():
                return file
    if own.is_file():
        return own
    names = [name for file in shipped_files() if file.kind == kind for name in file.names]
    missing = ", and there is no such file" if own.suffix or own.name != str(model) else ""  # who gave a path meant one
    raise ValueError(
        f"{what}: expected a checkpoint's path or one of {', '.join(names) or '(none ships)'}, got '{model}'{missing}"
    )


@dataclass(frozen=True)
class _Config:
    """What is told of a network's or a detector's configuration."""

    architecture: str = "trans3dhead"
    backbone: str = "resnet50"
    crop_size: int = 256
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Block:
    """The JSON block of a network or detector."""

    config: _Config
    metadata: dict[str, str] = field(default_factory=dict)
    head_model: NamedHeadModel | None = None


@dataclass(frozen=True)
class _Notes:
    """What a file without a network says about itself."""

    name: str | None = None
    licence: str = "unknown"


def _describe(path: Path) -> ShippedFile:
    header = read_header(path).metadata
    kind = next((kind for key, kind in _KINDS.items() if key in header), "identity prior")
    block, own = _block(header, path), _notes(header, path)
    if block is not None and block.config.architecture == "face_reader":
        kind = "face reader"
    card, eight_bits = path.with_suffix(".md"), path.with_name(f"{path.stem}{_EIGHT_BITS}.onnx")
    return ShippedFile(
        name=path.stem,
        kind=kind,
        path=path,
        size=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        licence=own.licence if block is None else block.metadata.get("licence", "Apache-2.0"),
        head_model=_of_head_model(header, own, path.stem) if block is None else _trained_with(block),
        card=card if card.is_file() else None,
        network="" if block is None else _architecture(block.config),
        eight_bits=eight_bits if eight_bits.is_file() else None,
    )


def _block(header: Mapping[str, str], path: Path) -> _Block | None:
    for key in ("trans3dhead", "trans3dhead_detector"):
        if key in header:
            return read_json(header[key], _Block, f"{path}: {key}", remedy=_REMEDY)
    return None


def _notes(header: Mapping[str, str], path: Path) -> _Notes:
    text = header.get("head_model", header.get("notes", "{}"))
    return read_json(text, _Notes, f"{path}: notes", remedy=_REMEDY)


def _of_head_model(header: Mapping[str, str], own: _Notes, name: str) -> str:
    return own.name or name if "head_model" in header else f"anny ({header.get('geometry_hash', '')[:8]})"


def _architecture(config: _Config) -> str:
    if config.architecture == "detector":
        return f"detector, widths {', '.join(map(str, config.widths))}"
    return f"{config.architecture}, {config.backbone}, crops of {config.crop_size} pixels"


def _trained_with(block: _Block) -> str:
    """A detector needs no head model; its file says in its metadata with whose heads it was trained."""
    if block.head_model is None:
        return block.metadata.get("head_model", "none")
    return f"{block.head_model.name} ({block.head_model.hash[:8]})"
