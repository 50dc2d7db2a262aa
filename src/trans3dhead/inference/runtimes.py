"""Which of the two runtimes a network runs under: ONNX Runtime, which comes with the package, or PyTorch."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from trans3dhead.extras import install_line
from trans3dhead.inference.onnx_graphs import has_cuda
from trans3dhead.weights.shipped import shipped_folder

if TYPE_CHECKING:
    import torch

Runtime = Literal["auto", "onnx", "torch"]


def choose_runtime(path: Path, runtime: Runtime, device: str) -> Path | None:
    """The .onnx file to run for a network's file, or None: PyTorch is to run that file itself.

    An .onnx file runs under ONNX Runtime, a checkpoint under PyTorch, and what ships under either: with "auto" under
    ONNX Runtime if that has the device. Raises ValueError that says what to install or to export.
    """
    if runtime not in get_args(Runtime):
        raise ValueError(f"runtime: expected one of {', '.join(get_args(Runtime))}, got {runtime!r}")
    if path.suffix == ".onnx":
        if runtime == "torch":
            raise ValueError(f"{path}: PyTorch cannot run an .onnx file; give the checkpoint, or runtime='onnx'")
        return path
    ships = path.parent == shipped_folder()
    if ships and (runtime == "onnx" or (runtime == "auto" and (device == "cpu" or has_cuda()))):
        return path.with_suffix(".onnx")
    if runtime == "onnx":
        raise ValueError(
            f"{path}: ONNX Runtime cannot run a checkpoint; write it as ONNX, "
            f"`trans3dhead export --model {path} -o FILE.onnx`, and give that file"
        )
    if find_spec("torch") is None:
        raise ValueError(_without_torch(path, ships, runtime, device))
    return None


def usable_device(name: str) -> "torch.device":
    """The device of that name. Raises ValueError where PyTorch knows none such, or has none here."""
    import torch

    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device: expected cpu, cuda, cuda:N or another one of PyTorch's, got {name!r}") from error
    try:
        torch.empty(1, device=device)
    except (AssertionError, NotImplementedError, RuntimeError) as error:  # each kind of device has its own
        why = str(error).partition("\n")[0]
        raise ValueError(f"device: PyTorch has no {name!r} on this machine ({why}); take cpu") from error
    return device


def _without_torch(path: Path, ships: bool, runtime: Runtime, device: str) -> str:
    """What was asked for that needs PyTorch, and what does without it."""
    install = install_line("torch")
    if ships and runtime == "torch":
        return f"runtime: 'torch' needs PyTorch: {install}; or leave it out, what ships runs under ONNX Runtime"
    if ships and device.partition(":")[0] != "cuda":
        return f"device: expected cpu or cuda without PyTorch, got {device!r}; {install} for other devices"
    if ships:
        return f"device: {device!r} needs the package onnxruntime-gpu in place of onnxruntime, or PyTorch: {install}"
    return (
        f"{path}: a checkpoint needs PyTorch: {install}; or write the checkpoint as ONNX where PyTorch is "
        "(`trans3dhead export`) and give that file"
    )
