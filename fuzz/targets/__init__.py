"""What is fuzzed: a module for each kind of file.

`seeds() -> list[bytes]` are small files that are read without an error. `read(data, folder)` writes the bytes into the
folder and reads them as a user would; it may raise ValueError or OSError, and nothing else.
"""

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

_FUZZ = Path(__file__).resolve().parents[1]
CORPUS = _FUZZ / "corpus"
sys.path.append(str(_FUZZ.parent / "tests"))  # where small files of each kind are made


def names() -> list[str]:
    """The targets, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The module of a target: one of `names`, or one elsewhere that has the same two functions."""
    return importlib.import_module(f"{__name__}.{name}" if name in names() else name)


def corpus(name: str) -> list[Path]:
    """The kept inputs of a target, sorted."""
    return sorted((CORPUS / name).glob("*"))
