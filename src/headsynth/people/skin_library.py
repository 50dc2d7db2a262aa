"""What skins are made of, once for a head model: textures of an assets folder, face maps, regions of the mesh.

The number of face maps and where the forehead begins are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.people.face_map import FaceMap
from headsynth.people.regions import FaceRegions
from headsynth.rendering.textures import Texture
from trans3dhead.geometry.meshes import triangle_areas
from trans3dhead.head_model import HeadModel

_FACES = 4  # maps of wrinkles to choose from
_FOREHEAD = 0.015  # metres above the brows


@dataclass(frozen=True)
class SkinTexture:
    """A texture of skin with the mean colours of its face."""

    texture: Texture
    mean: np.ndarray  # (3,) linear
    forehead: np.ndarray  # (3,) linear


class SkinLibrary:
    """All that the skins of a process share. Files are read, and maps drawn, when first needed."""

    def __init__(
        self, head: HeadModel, mesh: BaseMesh, paths: Sequence[Path] = (), brows_are_worn: bool = False
    ) -> None:
        """paths: the textures to choose from; brows_are_worn: strips of hair do what paint does without them."""
        self.head, self.mesh = head, mesh
        self.paths, self.brows_are_worn = tuple(paths), brows_are_worn
        self._textures: dict[Path, SkinTexture] = {}

    def texture(self, path: Path) -> SkinTexture:
        """The texture of one of `paths`, read at the first call and kept."""
        if path not in self._textures:
            texture = Texture.load(path)
            uvs, face, forehead = self._face
            colours = texture.linear(uvs)
            means = (np.maximum(area @ colours / area.sum(), 1e-3) for area in (face, forehead))
            self._textures[path] = SkinTexture(texture, *means)
        return self._textures[path]

    @cached_property
    def regions(self) -> FaceRegions:
        """Where on the template beards, shaved hair and blushing are."""
        return FaceRegions.of(self.head, self.mesh)

    @cached_property
    def face_maps(self) -> tuple[FaceMap, ...]:
        """Where on the face things are; they differ in strokes and lines."""
        landmarks = self.head.landmarks(self.head.template[None])[0].numpy()
        return tuple(FaceMap.of(landmarks, seed) for seed in range(_FACES))

    @cached_property
    def mouth(self) -> np.ndarray:
        """(F,) bool: which triangles of the skin's piece touch the inside of the mouth."""
        piece = self.mesh.pieces[SKIN]
        return self._inside_mouth[piece.rows][piece.triangles].any(axis=1)

    @cached_property
    def lining(self) -> np.ndarray:
        """(n,) the triangles of the skin's piece that lie wholly inside the mouth."""
        piece = self.mesh.pieces[SKIN]
        return np.flatnonzero(self._inside_mouth[piece.rows][piece.triangles].all(axis=1))

    @cached_property
    def _inside_mouth(self) -> np.ndarray:
        """(V,) bool: the base mesh's vertices inside the mouth."""
        inside = np.zeros(len(self.mesh.template), bool)
        inside[self.head.subsets["mouth"].numpy()] = True
        return inside

    @cached_property
    def _face(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(N, 2) UVs of the middles of the face's triangles, their areas (N,), and the areas of the forehead."""
        mesh, inside = self.mesh, np.zeros(len(self.mesh.template), bool)
        inside[self.head.subsets["face"].numpy()] = True
        chosen = inside[mesh.triangles].all(axis=1) & (mesh.kinds == SKIN)
        corners = mesh.template[mesh.triangles[chosen]]
        area = triangle_areas(mesh.template, mesh.triangles[chosen])
        brows = self.head.landmarks(self.head.template[None])[0, 17:27, 1].max().item()
        high = corners[:, :, 1].min(axis=1) > brows + _FOREHEAD
        return mesh.uvs[mesh.uv_triangles[chosen]].mean(axis=1), area, area * high
