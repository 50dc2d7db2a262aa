"""Pictures and meshes of the result: the overlay, and GLB, OBJ, PLY and NPZ files."""

from trans3dhead.inference.output.json_text import json_text
from trans3dhead.inference.output.mesh_files import FORMATS
from trans3dhead.inference.output.overlay import DEFAULT_PARTS, OVERLAY_PARTS, draw_overlay

__all__ = ["DEFAULT_PARTS", "FORMATS", "OVERLAY_PARTS", "draw_overlay", "json_text"]
