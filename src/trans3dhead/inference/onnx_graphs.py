"""Exported networks under ONNX Runtime."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from trans3dhead.reading.checked_json import Kind, from_plain, read_json

DESCRIPTION = "trans3dhead"  # the key of the file's metadata under which `trans3dhead export` describes the network
_REMEDY = "export it again"
_MOST_THREADS = 4  # by default: networks this small gain nothing from more


class OnnxGraph:
    """An .onnx file that `trans3dhead export` wrote, ready to run; its weights may lie in files beside it."""

    def __init__(self, path: Path, device: str = "cpu", threads: int | None = None) -> None:
        """
        device: "cpu" or "cuda", or "cuda:1"; threads: of the processor, None: as many as it has cores, four at most.
        Raises ValueError for a file that is no exported network, and for a device that ONNX Runtime does not have.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors alone
        options.intra_op_num_threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
        # Threads that spin while they wait take the cores of whatever runs beside or next: another graph, OpenCV.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = _providers(device)
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            raise ValueError(f"{path}: ONNX Runtime cannot read it ({error}); export it again") from error
        described = self._session.get_modelmeta().custom_metadata_map.get(DESCRIPTION)
        if described is None:
            raise ValueError(f"{path}: expected a file of `trans3dhead export`, this one does not describe itself")
        self.description = read_json(described, dict[str, Any], f"{path}: {DESCRIPTION}", remedy=_REMEDY)
        self.path = path
        self._outputs = [output.name for output in self._session.get_outputs()]

    def described_as(self, kind: type[Kind]) -> Kind:
        """The description as a dataclass; raises ValueError where it says something else."""
        return from_plain(self.description, kind, f"{self.path}: {DESCRIPTION}", remedy=_REMEDY)

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Inputs by name -> outputs by name."""
        return dict(zip(self._outputs, self._session.run(None, dict(inputs)), strict=True))


def has_cuda() -> bool:
    """Whether this ONNX Runtime was built for NVIDIA's GPUs (the package onnxruntime-gpu)."""
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _providers(device: str) -> list[Any]:
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return ["CPUExecutionProvider"]
    if kind != "cuda" or (index and not index.isdecimal()):
        raise ValueError(f"device: expected cpu, cuda or cuda:N for ONNX Runtime, got {device!r}")
    if not has_cuda():
        raise ValueError(
            f"device: {device!r} needs the package onnxruntime-gpu in the place of onnxruntime; or take cpu, or "
            "PyTorch (runtime='torch') and a checkpoint"
        )
    return [("CUDAExecutionProvider", {"device_id": int(index or 0)}), "CPUExecutionProvider"]
