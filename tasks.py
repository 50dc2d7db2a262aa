#!/usr/bin/env python3
"""One command for each everyday job, on a machine with Python 3.10 or later and nothing else.

    python3 tasks.py example    install into .venv, then align the example photograph: out/ holds the results
    python3 tasks.py test       install with everything that the tests need, then run all of them
    python3 tasks.py test-plain the same without the processor's newer instructions: numbers round as on another machine
    python3 tasks.py check      formatting, lint and types
    python3 tasks.py docs       the documentation as a site: build/site/index.html; a warning is an error
    python3 tasks.py release    wheel and source distribution into dist/, checked; a person publishes them

What follows the job is handed on: `python3 tasks.py test -m "not slow"`, `python3 tasks.py example --format obj`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
TORCH = "torch==2.13.0"  # the version that the tests are known to pass with; the package itself asks for no pin


def main() -> int:
    job, *arguments = sys.argv[1:] or ["help"]
    match job:
        case "example":
            install("")
            return run(BIN / "trans3dhead", "predict", "examples/astronaut.jpg", "-o", "out", *arguments)
        case "test":
            return test(*arguments)
        case "test-plain":
            install("[dev]")
            os.environ.update(plain_processor())
            return test(*arguments)
        case "check":
            install("[dev]")
            checks = (("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",))
            failed = [check for check in checks if run(BIN / "python", "-m", *check) != 0]
            return bool(failed)
        case "docs":
            install("[docs]")
            return run(BIN / "python", "-m", "sphinx", "--fail-on-warning", ".", "build/site", *arguments)
        case "release":
            return release()
        case _:
            print(__doc__)
            return job not in ("help", "-h", "--help")


def test(*arguments: str) -> int:
    """All tests, a process for each core; neighbours in a file stay together, so that they share what they prepare."""
    install("[dev]")
    return run(BIN / "python", "-m", "pytest", "-n", "auto", "--dist", "worksteal", *arguments)


def release() -> int:
    """Build the archives anew, then have them and their long description checked."""
    install("")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    python = (BIN / "python", "-m")
    for command in (("pip", "install", "--quiet", "build>=1.2", "twine>=6"), ("build",)):
        if run(*python, *command) != 0:
            return 1
    return run(*python, "twine", "check", "--strict", *(ROOT / "dist").iterdir())


def install(extras: str) -> None:
    """Create .venv once and install the package into it; again only when pyproject.toml or the extras change."""
    recipe = (ROOT / "pyproject.toml").read_text() + TORCH + extras
    stamp = ENVIRONMENT / f"installed{extras}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if stamp.exists():
        return
    if not any(BIN.glob("pip*")):  # none yet, or one that was left half made
        venv.create(ENVIRONMENT, with_pip=True)
    with_torch = (TORCH,) if extras else ()
    for packages in filter(None, (with_torch, ("--editable", f".{extras}"))):
        print(f"installing {' '.join(packages)}", flush=True)
        subprocess.run([BIN / "python", "-m", "pip", "install", "--quiet", *packages], cwd=ROOT, check=True)
    stamp.touch()


def plain_processor() -> dict[str, str]:
    """Environment in which the numeric libraries use one thread and the oldest instructions they have code for.

    What NumPy and OpenCV may switch off depends on how they were built, so they are asked; both complain about others.
    """
    question = (
        "import cv2, json, numpy;"
        "optional = [name[1:] for name in cv2.getCPUFeaturesLine().split() if name[0] == '*' and name[-1] != '?'];"
        "print(json.dumps([numpy.show_config(mode='dicts')['SIMD Extensions'].get('found', []), optional]))"
    )
    answer = subprocess.run([BIN / "python", "-c", question], stdout=subprocess.PIPE, text=True, check=True).stdout
    of_numpy, of_opencv = json.loads(answer)
    return {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OPENBLAS_CORETYPE": "NEHALEM",
        "NPY_DISABLE_CPU_FEATURES": " ".join(of_numpy),
        "OPENCV_CPU_DISABLE": ",".join(of_opencv),
        "ATEN_CPU_CAPABILITY": "default",  # PyTorch's own kernels
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA",  # sine and exponential of the C library
    }


def run(*command: str | Path) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
