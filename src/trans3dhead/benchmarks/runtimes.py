"""The runtimes that are measured, and which of them are installed."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.inference.runtimes import Runtime

ONNX, TORCH, OPENVINO = "onnx", "torch", "openvino"
RUNTIMES = (ONNX, TORCH, OPENVINO)
_PACKAGES = {ONNX: "onnxruntime", TORCH: "torch", OPENVINO: "openvino"}


def not_installed(runtime: str) -> str | None:
    """Why a runtime cannot be measured, or None."""
    package = _PACKAGES[runtime]
    return f"the package {package} is not installed" if find_spec(package) is None else None


def missing_exporter() -> list[str]:
    """The packages that a checkpoint is exported with and that are not installed."""
    return [package for package in ("torch", "onnx", "onnxscript") if find_spec(package) is None]


def as_option(runtime: str) -> Runtime:
    """ONNX or TORCH as the `Predictor` takes it."""
    return "torch" if runtime == TORCH else "onnx"


class OpenVinoGraph(OnnxGraph):
    """A file of `trans3dhead export` under OpenVINO, on the processor; ONNX Runtime reads its description alone."""

    def __init__(self, path: Path, threads: int) -> None:
        import openvino

        super().__init__(path, threads=1)
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",  # it would take bfloat16 where the processor has it, as none other does
        }
        try:
            self._compiled = openvino.Core().compile_model(str(path), "CPU", settings)
        except RuntimeError as error:
            raise ValueError(f"{path}: OpenVINO cannot read it ({error})") from error

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Inputs by name -> outputs by name."""
        said = self._compiled(dict(inputs))
        return {name: said[name] for name in self._outputs}
