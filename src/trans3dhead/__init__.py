"""3D head alignment: one photograph in; landmarks, the full 3D head, pose, expression and camera out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trans3dhead.head_model import HeadModel
    from trans3dhead.inference import Head, Predictor
    from trans3dhead.networks.alignment import load_model

__all__ = ["Head", "HeadModel", "Predictor", "load_model"]
__version__ = "0.1.0"

# Imported on first use: `import trans3dhead` alone loads neither torch nor OpenCV.
_HOMES = {
    "Head": "trans3dhead.inference",
    "HeadModel": "trans3dhead.head_model",
    "Predictor": "trans3dhead.inference",
    "load_model": "trans3dhead.networks.alignment",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        try:
            return getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise ModuleNotFoundError(_without_torch(name), name="torch") from error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _without_torch(name: str) -> str:
    from trans3dhead.extras import install_line  # asked for here alone: metadata take a while to read

    instead = "; trans3dhead.head_model.NumpyHeadModel does without" if name == "HeadModel" else ""
    return f"trans3dhead.{name} needs PyTorch, which is not installed: {install_line('torch')}{instead}"
