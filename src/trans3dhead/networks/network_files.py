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

_FORMAT = 1

NetworkT = TypeVar("NetworkT", bound=nn.Module)
DescriptionT = TypeVar("DescriptionT")


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
            with safe_open(path, framework="numpy") as file:
                return self.key in (file.metadata() or {})
        except (OSError, SafetensorError):
            return False

    def load(
        self, path: str | Path, build: Callable[[Mapping[str, Any]], tuple[NetworkT, DescriptionT]]
    ) -> tuple[NetworkT, DescriptionT]:
        """What `build` makes of the file's block: a network, here given the file's tensors, and its description.

        All tensors must be there and no others; they become float32 on the CPU. Raises ValueError for a file that does
        not hold what it should.
        """
        block, tensors = self._read(Path(path))
        try:
            with torch.random.fork_rng(devices=[]):  # the caller's generator has no part in weights to be overwritten
                network, description = build(block)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: its description does not fit this version of trans3dhead ({error})") from error
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(f"{path}: its tensors are not those of the network that it describes: {error}") from error
        return network, description

    def _read(self, path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        if not path.is_file():
            raise ValueError(f"{path}: no such file; give the path of {self.what} (.safetensors)")
        try:
            with safe_open(path, framework="pt") as file:
                block = json.loads((file.metadata() or {}).get(self.key, "null"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: not a safetensors file ({error}); expected {self.what}") from error
        if not isinstance(block, dict):
            raise ValueError(f"{path}: no {self.key!r} in its metadata; expected {self.what}")
        if block.get("format") != _FORMAT:
            raise ValueError(
                f"{path}: format {block.get('format')!r}, this version reads {_FORMAT}; update trans3dhead"
            )
        return block, {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}


def _stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor as it is written: matrices and kernels of `dtype` where that can hold them."""
    # Clones: safetensors refuses tensors that share memory or are not contiguous (channels_last).
    whole = tensor.cpu().clone(memory_format=torch.contiguous_format)
    if tensor.ndim < 2 or not tensor.is_floating_point():
        return whole
    smaller = whole.to(dtype)
    return smaller if bool(smaller.isfinite().all()) else whole
