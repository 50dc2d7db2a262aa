"""What a process keeps loaded: the meshes, the assets made ready for rendering, textures, environments."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from headsynth.hair.salon import HairSalon
from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.people.face_map import FaceMap
from headsynth.rendering.environment import LUMINANCE, Environment
from headsynth.rendering.scene import mean_alpha
from headsynth.rendering.textures import Texture
from headsynth.rendering.vectors import embree_triangles
from headsynth.wear.makehuman import Asset, AssetFolder
from headsynth.wear.sites import Sites
from headsynth.wear.wearable import Wearable
from trans3dhead.geometry.meshes import triangle_areas
from trans3dhead.head_model import HeadModel

_FACES = 4  # maps of wrinkles to choose from
_FOREHEAD = 0.015  # metres above the brows
_LOWEST = -0.38  # metres, head space: below this nothing is drawn


@dataclass(frozen=True)
class SkinTexture:
    """A skin and the mean colour of its face."""

    texture: Texture
    mean: np.ndarray  # (3,) linear
    forehead: np.ndarray  # (3,) linear


class Wardrobe:
    """All that photographs are made of. Files are read when first needed."""

    def __init__(self, head: HeadModel, mesh: BaseMesh, assets: Path | None) -> None:
        self.head = head
        self.mesh = mesh
        self.folder = AssetFolder.load(assets)
        self.head_rows = head.subsets["head"].numpy()
        self._environments: dict[Path, Environment] = {}
        self._skins: dict[Path, SkinTexture] = {}
        for name in ("hair", "brows", "lashes", "teeth", "clothes", "hats"):
            kept = [self._wearable(asset, cut=name != "teeth") for asset in getattr(self.folder, name)]
            setattr(self, f"_{name}", tuple(item for item in kept if item is not None))

    @classmethod
    def shipped(cls, assets: Path | None) -> "Wardrobe":
        """With the head model that ships with the package."""
        return cls(HeadModel.shipped("anny"), BaseMesh.shipped(), assets)

    def wearables(self, kind: str) -> tuple[Wearable, ...]:
        """kind: hair, brows, lashes, teeth, clothes or hats."""
        return getattr(self, f"_{kind}")

    def environment(self, path: Path) -> Environment:
        """Read once."""
        if path not in self._environments:
            self._environments[path] = Environment.load(path)
        return self._environments[path]

    def skin(self, path: Path) -> SkinTexture:
        """Read once."""
        if path not in self._skins:
            texture = Texture.load(path)
            uvs, face, forehead = self._face
            colours = texture.linear(uvs)
            means = (np.maximum(area @ colours / area.sum(), 1e-3) for area in (face, forehead))
            self._skins[path] = SkinTexture(texture, *means)
        return self._skins[path]

    @cached_property
    def salon(self) -> HairSalon:
        """All that hair is made of."""
        items = [item for kind in ("hair", "brows", "lashes") for item in self.wearables(kind)]
        return HairSalon(self.head, self.mesh, items)

    @cached_property
    def mouth(self) -> np.ndarray:
        """(F,) bool: which triangles of the skin line the inside of the mouth."""
        inside = np.zeros(len(self.mesh.template), bool)
        inside[self.head.subsets["mouth"].numpy()] = True
        piece = self.mesh.pieces[SKIN]
        return inside[piece.rows][piece.triangles].any(axis=1)

    @cached_property
    def sites(self) -> Sites:
        """Where on a head things are worn."""
        return Sites.of(self.head, self.mesh)

    @cached_property
    def lining(self) -> np.ndarray:
        """(n,) the triangles of the skin's piece that are inside the mouth."""
        piece = self.mesh.pieces[SKIN]
        inside = np.isin(piece.rows, self.head.subsets["mouth"].numpy())
        return np.flatnonzero(inside[piece.triangles].all(axis=1))

    @cached_property
    def face_maps(self) -> tuple[FaceMap, ...]:
        """Where on the face things are; they differ in strokes and lines."""
        landmarks = self.head.landmarks(self.head.template[None])[0].numpy()
        return tuple(FaceMap.of(landmarks, seed) for seed in range(_FACES))

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

    def _wearable(self, asset: Asset, cut: bool) -> Wearable | None:
        """None when the base mesh lacks what the asset is bound to."""
        binding = asset.binding
        known: np.ndarray = np.all(self.mesh.rows[binding.vertices] >= 0, axis=1)
        if (self.mesh.rows[binding.scale_vertices] < 0).any() or known.mean() < 0.05:
            return None
        fitted = np.full((len(known), 3), -1.0, np.float32)
        kept = replace(
            binding,
            vertices=binding.vertices[known],
            weights=binding.weights[known],
            offsets=binding.offsets[known],
        )
        fitted[known] = self.mesh.fit(kept, self.mesh.template, self.mesh.template)
        visible = known & (fitted[:, 1] > _LOWEST)
        chosen = visible[asset.mesh.triangles].all(axis=1)
        if not chosen.any():
            return None
        used, flat = np.unique(asset.mesh.triangles[chosen], return_inverse=True)
        binding = replace(
            binding, vertices=binding.vertices[used], weights=binding.weights[used], offsets=binding.offsets[used]
        )
        texture = None if asset.texture is None else Texture.load(asset.texture)
        uv_triangles = asset.mesh.uv_triangles[chosen]
        triangles = flat.reshape(-1, 3).astype(np.int32)
        return Wearable(
            asset.name,
            triangles,
            embree_triangles(triangles),
            asset.mesh.uvs,
            uv_triangles,
            binding,
            texture,
            mean_alpha(texture, asset.mesh.uvs, uv_triangles) if texture is not None and cut else None,
            _level(texture, asset.mesh.uvs, uv_triangles),
        )


def _level(texture: Texture | None, uvs: np.ndarray, uv_triangles: np.ndarray) -> float:
    if texture is None:
        return 1.0
    centres = uvs[uv_triangles].mean(axis=1)
    luminance, alpha = texture.linear(centres) @ LUMINANCE, texture.alpha(centres) + 1e-3
    return float(max((luminance * alpha).sum() / alpha.sum(), 1e-3))
