"""The parametric head: file format, layout of parameters, vertices, 68 landmarks, vertex subsets."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trans3dhead.head_model.file_format import HeadModelFile, read_head_model, write_head_model
from trans3dhead.head_model.layout import HeadParameters, ParametersLayout
from trans3dhead.head_model.metadata import HeadModelMetadata
from trans3dhead.head_model.numpy_head_model import NumpyHeadModel
from trans3dhead.head_model.topology import SEVEN_LANDMARKS, MeshTopology, topology_of

if TYPE_CHECKING:
    from trans3dhead.head_model.head_model import HeadModel

__all__ = [
    "SEVEN_LANDMARKS",
    "HeadModel",
    "HeadModelFile",
    "HeadModelMetadata",
    "HeadParameters",
    "MeshTopology",
    "NumpyHeadModel",
    "ParametersLayout",
    "read_head_model",
    "topology_of",
    "write_head_model",
]


def __getattr__(name: str) -> Any:
    """`HeadModel` on first use: it needs PyTorch, which predicting does without."""
    if name == "HeadModel":
        return import_module("trans3dhead.head_model.head_model").HeadModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
