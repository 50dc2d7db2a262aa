"""What a benchmark writes beside its figures: the machine, the versions, the settings, what was left out and why."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trans3dhead import __version__
from trans3dhead.files import write_atomically

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "torch", "openvino", "mediapipe")


@dataclass(frozen=True)
class LeftOut:
    """What was asked for and not measured."""

    what: str
    why: str


def write_results(
    path: Path, benchmark: str, settings: Mapping[str, Any], rows: Sequence[Any], left_out: Sequence[LeftOut] = ()
) -> None:
    """One JSON file, whole or not at all. benchmark: its name; rows: dataclasses; settings: JSON values and paths."""
    content = {
        "benchmark": benchmark,
        "settings": settings,
        "machine": machine(),
        "versions": versions(),
        "rows": [asdict(row) for row in rows],
        "left_out": [asdict(entry) for entry in left_out],
    }
    write_atomically(path, (json.dumps(content, indent=2, default=str) + "\n").encode())


def machine() -> dict[str, Any]:
    """The processor, how many cores of it this process may use, and the system."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": _processor(), "cores": usable, "system": platform.platform()}


def versions() -> dict[str, str]:
    """The versions of Python, of this package and of the installed ones that it may measure; nothing is imported for
    it.
    """
    found = {"python": platform.python_version(), "trans3dhead": __version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The processor's name; Linux has it in a file alone."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
