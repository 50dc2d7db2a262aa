"""Pictures and meshes of the result: the overlay, and GLB, OBJ, PLY and NPZ files."""

from trans3dhead.visualize.meshes import FORMATS, save_head
from trans3dhead.visualize.overlay import draw_overlay, encode_png

__all__ = ["FORMATS", "draw_overlay", "encode_png", "save_head"]
