"""The files that the generator needs: the mesh that is rendered, and the prior of identities."""

from importlib.resources import files
from pathlib import Path


def generator_folder() -> Path:
    """The folder of the generator's files."""
    return Path(str(files(__name__)))
