"""The parametric head: file format, layout of parameters, vertices, 68 landmarks, vertex subsets."""

from trans3dhead.head_model.file_format import HeadModelFile, read_head_model, write_head_model
from trans3dhead.head_model.head_model import HeadModel
from trans3dhead.head_model.layout import HeadParameters, ParametersLayout
from trans3dhead.head_model.metadata import HeadModelMetadata
from trans3dhead.head_model.topology import SEVEN_LANDMARKS, MeshTopology, topology_of

__all__ = [
    "SEVEN_LANDMARKS",
    "HeadModel",
    "HeadModelFile",
    "HeadModelMetadata",
    "HeadParameters",
    "MeshTopology",
    "ParametersLayout",
    "read_head_model",
    "topology_of",
    "write_head_model",
]
