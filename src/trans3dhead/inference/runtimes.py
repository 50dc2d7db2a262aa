"""Which of the two runtimes a network runs under: ONNX Runtime, which comes with the package, or PyTorch."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from trans3dhead.extras import install_line
from trans3dhead.inference.onnx_graphs import has_cuda
from trans3dhead.weights.shipped import shipped_folder

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
        raise ValueError(
            f"{path}: {'the device ' + device if ships else 'a checkpoint'} needs PyTorch: "
            f"{install_line('torch')}; or write the checkpoint as ONNX where PyTorch is (`trans3dhead export`) and "
            "give that file"
        )
    return None
