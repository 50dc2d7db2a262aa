"""What the parametric head has in common under PyTorch and in numpy: where it comes from, and what it is called."""

from pathlib import Path
from typing import TypeVar

from trans3dhead.head_model.file_format import HeadModelFile, read_head_model
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.metadata import HeadModelMetadata
from trans3dhead.weights.shipped import head_model_path

Self = TypeVar("Self", bound="ReadFromFile")  # typing's own came with Python 3.11


class ReadFromFile:
    """A head model that is made of the content of its file."""

    metadata: HeadModelMetadata
    geometry_hash: str
    layout: ParametersLayout

    def __init__(self, content: HeadModelFile) -> None:
        super().__init__()
        self.metadata, self.geometry_hash, self.layout = content.metadata, content.geometry_hash, content.layout

    @classmethod
    def load(cls: type[Self], path: str | Path) -> Self:
        """Read a head model file; a ValueError names what is wrong in it."""
        return cls(read_head_model(Path(path)))

    @classmethod
    def shipped(cls: type[Self], name: str = "anny", whose: str = "asked for") -> Self:
        """The head model that comes with the package under that name; see `head_model_path` for `whose`."""
        return cls.load(head_model_path(name, whose))

    @property
    def name(self) -> str:
        """The name that checkpoints and data sets record."""
        return self.metadata.name

    @property
    def expression_names(self) -> tuple[str, ...]:
        """(E,) names in the order of the coefficients; for "anny" the 52 of ARKit."""
        return self.metadata.expression_names
