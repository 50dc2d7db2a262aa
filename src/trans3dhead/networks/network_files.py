"""Networks in safetensors files: the tensors, and a JSON block that says how to build the network. No pickle."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from trans3dhead.files import replacing
from trans3dhead.reading.checked_json import Size, read_json
from trans3dhead.reading.safetensors_header import Header, read_header

_FORMAT = 1
_LONGEST_BLOCK = 1 << 20  # bytes of JSON
_MOST_UNSTORED = 1 << 24  # numbers that a network computes for itself when it is built
_REMEDY = "download it again or save it again"

NetworkT = TypeVar("NetworkT", bound=nn.Module)
BlockT = TypeVar("BlockT")


@dataclass(frozen=True)
class NetworkFiles:
    """Files of one kind of network."""

    key: str  # of the block in the file's metadata
    what: str  # for messages: "a detector"

    def save(self, path: str | Path, network: nn.Module, block: Mapping[str, Any], dtype: torch.dtype) -> None:
        """Write a network and its block, whole or not at all.

        dtype: float32, or float16 / bfloat16 to halve the file. Matrices and kernels are then rounded; vectors (biases,
        norms, running statistics) and whatever the smaller type cannot hold stay as they are.
        """
        tensors = {name: _stored(tensor.detach(), dtype) for name, tensor in network.state_dict().items()}
        header = {self.key: json.dumps({"format": _FORMAT, **block}, sort_keys=True)}
        with replacing(path) as temporary:
            save_file(tensors, temporary, metadata=header)

    def holds(self, path: str | Path) -> bool:
        """Whether a file is of this kind, and not somebody else's weights."""
        try:
            return self.key in read_header(Path(path)).metadata
        except (OSError, ValueError):
            return False

    def load(
        self, path: str | Path, kind: type[BlockT], build: Callable[[BlockT], NetworkT]
    ) -> tuple[NetworkT, BlockT]:
        """The network that `build` makes of the file's block, with the file's tensors, and the block.

        kind: a dataclass, the type of the block. All tensors must be there and no others; they become float32 on the
        CPU. Nothing of the size that a block asks for is allocated before the file is seen to hold it. Raises
        ValueError for a file that does not hold what it should.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"{path}: no such file; give the path of {self.what} (.safetensors)")
        header = read_header(path)
        block = self._block(path, header, kind)
        with torch.random.fork_rng(devices=[]):  # the caller's generator has no part in weights to be overwritten
            with torch.device("meta"):
                outline = _built(build, block, path)  # shapes without numbers
            _check_tensors(path, outline, header)
            network = _built(build, block, path)
        network.load_state_dict(_tensors(path, header))
        return network, block

    def _block(self, path: Path, header: Header, kind: type[BlockT]) -> BlockT:
        text, where = header.metadata.get(self.key), f"{path}: {self.key}"
        if text is None:
            raise ValueError(f"{path}: no {self.key!r} in its metadata; expected {self.what}")
        known = read_json(text, _Format, where, longest=_LONGEST_BLOCK, remedy=_REMEDY).format
        if known != _FORMAT:
            raise ValueError(f"{path}: format {known}, this version reads {_FORMAT}; update trans3dhead")
        return read_json(text, kind, where, longest=_LONGEST_BLOCK, remedy=_REMEDY)


@dataclass(frozen=True)
class _Format:
    """All of a block that no version changes."""

    format: Size


def _built(build: Callable[[BlockT], NetworkT], block: BlockT, path: Path) -> NetworkT:
    try:
        return build(block)
    except (ArithmeticError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its description does not fit this version of trans3dhead ({error})") from error


def _check_tensors(path: Path, network: nn.Module, header: Header) -> None:
    """Raise a ValueError unless the file holds the tensors of a network, and it needs hardly any memory besides."""
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    stored = {name: tensor.shape for name, tensor in header.tensors.items()}
    if differing := sorted(name for name in shapes.keys() | stored.keys() if shapes.get(name) != stored.get(name)):
        first = differing[0]
        raise ValueError(
            f"{path}: its tensors are not those of the network that it describes: {len(differing)} are missing, "
            f"unknown or of another shape, such as {first!r:.100}: expected {shapes.get(first, 'none')}, got "
            f"{stored.get(first, 'none')}; {_REMEDY}"
        )
    unstored = sum(buffer.numel() for name, buffer in network.named_buffers() if name not in shapes)
    if unstored > _MOST_UNSTORED:
        raise ValueError(
            f"{path}: expected a network whose numbers are in the file, got {unstored} that are not; {_REMEDY}"
        )


def _tensors(path: Path, header: Header) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: _single(file.get_tensor(name)) for name in header.tensors}
    except SafetensorError as error:
        raise ValueError(f"{path}: not a readable .safetensors file ({error}); {_REMEDY}") from error
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ValueError(f"{path}: {name!r:.100}: expected finite numbers of single precision; {_REMEDY}")
    return tensors


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor as it is written: matrices and kernels of `dtype` where that can hold them."""
    # Clones: safetensors refuses tensors that share memory or are not contiguous (channels_last).
    whole = tensor.cpu().clone(memory_format=torch.contiguous_format)
    if tensor.ndim < 2 or not tensor.is_floating_point():
        return whole
    smaller = whole.to(dtype)
    return smaller if bool(smaller.isfinite().all()) else whole
