"""Heads of stone, metal and plastic: our own head model, and yet nobody.

Shares, colours and cuts are by eye.
"""

import numpy as np

from headsynth.people.base_mesh import EYE, SKIN, BaseMesh, Piece
from headsynth.people.identities import sample_identity
from headsynth.rendering.materials import Plain
from headsynth.rendering.vectors import smoothstep
from headsynth.scenes.figures import lofted
from headsynth.wear.solids import Solid, joined, tube
from trans3dhead.head_model import HeadModel

_BUST = -0.30, 0.185  # metres: the lowest y and the largest |x| of a bust
_NECK = -0.155  # metres: the lowest y of a head on a pole
# Share, colour, shine, gloss, reflection.
_MATERIALS = {
    "marble": (0.24, (0.62, 0.60, 0.56), 0.03, 30.0, "soft"),
    "sandstone": (0.14, (0.40, 0.31, 0.20), 0.01, 8.0, "none"),
    "granite": (0.12, (0.16, 0.16, 0.17), 0.03, 30.0, "soft"),
    "bronze": (0.14, (0.10, 0.07, 0.035), 0.35, 40.0, "soft"),
    "gold": (0.06, (0.45, 0.30, 0.08), 0.5, 60.0, "sharp"),
    "white plastic": (0.16, (0.70, 0.70, 0.70), 0.05, 90.0, "soft"),
    "black plastic": (0.08, (0.015, 0.015, 0.015), 0.05, 120.0, "soft"),
    "coloured plastic": (0.06, (0.0, 0.0, 0.0), 0.05, 90.0, "soft"),
}


def statue(rng: np.random.Generator, head: HeadModel, mesh: BaseMesh) -> tuple[list[Solid], Plain, float]:
    """A bust or a mannequin's head, what it is made of, and its lowest point; metres, head space, upright."""
    shape = sample_identity(rng, head).shape
    _, vertices = mesh.vertices(shape, np.zeros(len(head.expression_names), np.float32))
    bust = rng.random() < 0.6
    template = mesh.template
    chosen = template[:, 1] > (_BUST[0] if bust else _NECK)
    chosen &= np.abs(template[:, 0]) < _BUST[1]
    triangles = chosen[mesh.triangles].all(axis=1) & ((mesh.kinds == SKIN) | (mesh.kinds == EYE))
    piece = Piece.of(mesh, triangles)
    solids = [Solid(vertices[piece.rows].astype(np.float64), piece.triangles, np.zeros((len(piece.rows), 2)))]
    if rng.random() < 0.5:  # hair of the same material, as on antique heads
        solids.append(_carved(rng, mesh, vertices))
    if bust:
        rings = [(0.0, -0.42, -0.03, 0.11, 0.09), (0.0, -0.30, -0.02, 0.19, 0.12), (0.0, -0.25, -0.02, 0.17, 0.10)]
        solids.append(lofted(np.array(rings)))
        low = -0.42
    else:
        solids.append(tube(np.array([[0.0, -0.22, -0.03], [0.0, -0.13, -0.025]]), 0.062, 16))
        low = -0.23
    names = list(_MATERIALS)
    name = names[rng.choice(len(names), p=[row[0] for row in _MATERIALS.values()])]
    _, colour, shine, gloss, reflection = _MATERIALS[name]
    chosen_colour = rng.uniform(0.02, 0.6, 3) * [1.0, 0.8, 1.0] if name == "coloured plastic" else np.array(colour)
    if name == "coloured plastic":
        chosen_colour = chosen_colour[::-1] if chosen_colour[0] > chosen_colour[2] else chosen_colour  # never like skin
    shade = (chosen_colour * np.exp(rng.normal(0.0, 0.15))).astype(np.float32)
    return [joined(solids)], Plain(shade, shine, gloss, reflection), low


def _carved(rng: np.random.Generator, mesh: BaseMesh, vertices: np.ndarray) -> Solid:
    """Carved hair: a cap over the scalp with furrows. vertices: (V, 3) of the base mesh, metres."""
    template = mesh.template
    line = 0.06 - 0.9 * np.maximum(0.03 - template[:, 2], 0.0)
    high = smoothstep(template[:, 1] - line, 0.0, 0.02)
    triangles = (high > 0.0)[mesh.triangles].all(axis=1) & (mesh.kinds == SKIN)
    piece = Piece.of(mesh, triangles)
    points = vertices[piece.rows].astype(np.float64)
    middle = np.array([0.0, 0.02, -0.02])
    away = points - middle
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    waves = np.sin(points @ rng.normal(0.0, 160.0, 3) + 2.0 * np.sin(points @ rng.normal(0.0, 90.0, 3)))
    lift = high[piece.rows] * (0.012 + 0.004 * waves)
    return Solid(points + away * lift[:, None], piece.triangles, np.zeros((len(points), 2)))
