"""What a process keeps loaded: the meshes, the assets made ready for rendering, environments.

Both thresholds are by eye.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from headsynth.assets.makehuman import Asset, AssetFolder
from headsynth.assets.wearable import Wearable
from headsynth.people.base_mesh import BaseMesh
from headsynth.rendering.environment import LUMINANCE, Environment
from headsynth.rendering.scene import mean_alpha
from headsynth.rendering.textures import Texture
from headsynth.rendering.vectors import embree_triangles
from headsynth.wear.sites import Sites
from trans3dhead.head_model import HeadModel

_LOWEST = -0.38  # metres, head space: below this nothing is drawn
_BOUND = 0.05  # share of an asset's vertices below which the base mesh lacks what it is bound to


class Wardrobe:
    """The head model, the base mesh, and all that a folder of assets holds for them."""

    def __init__(self, head: HeadModel, mesh: BaseMesh, assets: Path | None) -> None:
        """assets: the folder that docs/synthetic-data.md describes; None for heads without any."""
        self.head, self.mesh = head, mesh
        self.folder = AssetFolder.load(assets)
        self.head_rows = head.subsets["head"].numpy()
        self.hair = self._made_ready(self.folder.hair)
        self.brows = self._made_ready(self.folder.brows)
        self.lashes = self._made_ready(self.folder.lashes)
        self.teeth = self._made_ready(self.folder.teeth, cut=False)
        self.clothes = self._made_ready(self.folder.clothes)
        self.hats = self._made_ready(self.folder.hats)
        self._environments: dict[Path, Environment] = {}

    @classmethod
    def shipped(cls, assets: Path | None) -> "Wardrobe":
        """With the head model that ships with the package."""
        return cls(HeadModel.shipped("anny"), BaseMesh.shipped(), assets)

    def environment(self, path: Path) -> Environment:
        """The surroundings of one of the folder's files, read at the first call and kept."""
        if path not in self._environments:
            self._environments[path] = Environment.load(path)
        return self._environments[path]

    @cached_property
    def sites(self) -> Sites:
        """Where on a head things are worn."""
        return Sites.of(self.head, self.mesh)

    def _made_ready(self, assets: Sequence[Asset], cut: bool = True) -> tuple[Wearable, ...]:
        """The assets that the base mesh can wear. cut: whether textures cut the mesh out by their alpha."""
        made = (self._wearable(asset, cut) for asset in assets)
        return tuple(item for item in made if item is not None)

    def _wearable(self, asset: Asset, cut: bool) -> Wearable | None:
        """What the base mesh can wear of an asset; None where it lacks what the asset is bound to."""
        binding = asset.binding
        known: np.ndarray = np.all(self.mesh.rows[binding.vertices] >= 0, axis=1)
        if (self.mesh.rows[binding.scale_vertices] < 0).any() or known.mean() < _BOUND:
            return None
        fitted = np.full((len(known), 3), -1.0, np.float32)
        fitted[known] = self.mesh.fit(binding.taken(known), self.mesh.template, self.mesh.template)
        visible = known & (fitted[:, 1] > _LOWEST)
        chosen = visible[asset.mesh.triangles].all(axis=1)
        if not chosen.any():
            return None
        used, flat = np.unique(asset.mesh.triangles[chosen], return_inverse=True)
        texture = None if asset.texture is None else Texture.load(asset.texture)
        uv_triangles = asset.mesh.uv_triangles[chosen]
        triangles = flat.reshape(-1, 3).astype(np.int32)
        return Wearable(
            asset.name,
            triangles,
            embree_triangles(triangles),
            asset.mesh.uvs,
            uv_triangles,
            binding.taken(used),
            texture,
            mean_alpha(texture, asset.mesh.uvs, uv_triangles) if texture is not None and cut else None,
            _level(texture, asset.mesh.uvs, uv_triangles),
        )


def _level(texture: Texture | None, uvs: np.ndarray, uv_triangles: np.ndarray) -> float:
    """The mean linear luminance of what a texture shows on a mesh, weighted by its alpha; 1 without a texture."""
    if texture is None:
        return 1.0
    centres = uvs[uv_triangles].mean(axis=1)
    luminance, alpha = texture.linear(centres) @ LUMINANCE, texture.alpha(centres) + 1e-3
    return float(max((luminance * alpha).sum() / alpha.sum(), 1e-3))
