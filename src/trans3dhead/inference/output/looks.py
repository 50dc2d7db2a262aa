"""What each part of an exported head looks like: its material and where its texture lies on it."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.teeth import teeth_of
from trans3dhead.inference.output.glb import Material
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.neck import neck_end
from trans3dhead.inference.output.textures.atlas import atlas_of
from trans3dhead.inference.output.textures.eyes import eye_texture, eye_uvs
from trans3dhead.inference.output.textures.photograph import eye_light, photograph_skin
from trans3dhead.inference.output.textures.skin import encode_texture, plain_texture
from trans3dhead.inference.output.textures.view import View

_SKIN, _EYES, _MOUTH, _TEETH = 0.6, 0.12, 0.45, 0.25  # how rough


@dataclass(frozen=True, eq=False)
class Look:
    """How one part of the surface looks."""

    material: Material
    uvs: np.ndarray | None = None  # (N, 2) v up; N is T of skin and mouth, in the order of `uvs`, and V of the eyes
    colours: np.ndarray | None = None  # (V, 3) uint8 linear RGB; of the teeth one for each of theirs


def looks(head_model: NumpyHeadModel, view: View | None) -> dict[str, Look]:
    """The looks of skin, eyes, mouth and teeth, by the part's name.

    view: the head on its photograph, which then gives the skin, and the light in its eyes; None: painted ones.

    A mesh that cannot be closed below is seen from inside, too: at silhouettes that costs specks in some viewers.
    A head model without texture coordinates has colours at its vertices. Raises ValueError for it with a view.
    """
    light, open_below = 1.0, neck_end(head_model) is None
    texture = uvs = colours = None
    if len(head_model.uvs):
        uvs = atlas_of(head_model).uvs
        if view is None:
            texture = plain_texture(head_model)
        else:
            view = view.closer()
            texture, light = encode_texture(photograph_skin(head_model, view)), eye_light(head_model, view) ** 2.2
    elif view is None:
        colours = vertex_colours(head_model)
    else:
        raise ValueError(f"photograph: the head model {head_model.name!r} has no texture coordinates to lay it on")
    found = {
        name: Look(Material(name, rough, texture=texture, double_sided=open_below), uvs, colours)
        for name, rough in (("skin", _SKIN), ("mouth", _MOUTH))
    }
    if "eyes" in head_model.subsets:
        eyes = Material("eyes", _EYES, (light, light, light), eye_texture(head_model), double_sided=False)
        found["eyes"] = Look(eyes, eye_uvs(head_model))
    teeth = teeth_of(head_model)
    if teeth is not None:
        found["teeth"] = Look(Material("teeth", _TEETH, double_sided=False), colours=teeth.colours)
    return found


def triangles_of_parts(head_model: NumpyHeadModel) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The triangles of skin, mouth and eyes: (F, 3) vertices, and (F, 3) rows of the `Look`'s `uvs` or colours.

    F is 0 for a part that the head model does not have.
    """
    part = np.full(len(head_model.triangles), "skin", dtype="<U5")
    for name in ("eyes", "mouth"):
        part[np.isin(head_model.triangles, head_model.subsets.get(name, [])).all(axis=1)] = name
    laid_out = head_model.uv_triangles if len(head_model.uv_triangles) else head_model.triangles
    rows = {"skin": laid_out, "mouth": laid_out, "eyes": head_model.triangles}
    return {name: (head_model.triangles[part == name], rows[name][part == name]) for name in rows}
