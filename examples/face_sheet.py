"""Faces beside the meshes that were found in them: `python examples/face_sheet.py sheet.jpg photo.jpg folder/ ...`.

The largest head of each photograph: its crop, and its mesh as the camera sees it, coloured skin, lips' inside and eyes.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from trans3dhead import Head, Predictor
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.images import find_photographs, picture_grid, read_photograph, write_picture
from trans3dhead.inference.output.mesh_colours import vertex_colours
from trans3dhead.inference.output.rasterize import rasterize

SIDE = 224  # pixels of each picture
FINER = 2  # the mesh is drawn at this multiple and shrunk
COLUMNS = 4
GROUND = (46, 50, 56)
LIGHT = np.array([-0.35, -0.5, -0.8]) / np.linalg.norm([-0.35, -0.5, -0.8])  # towards the light, camera space


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("expected a picture to write and photographs: python examples/face_sheet.py sheet.jpg photo.jpg ...")
    predictor = Predictor()
    pairs = []
    for path in find_photographs(sys.argv[2:]):
        photograph = read_photograph(path)
        heads = predictor(photograph)
        if not heads:
            print(f"{path}: no head")
            continue
        crop = Crop.around(heads[0].box, SIDE)
        pairs.append(np.hstack((crop.cut(photograph), drawn_mesh(heads[0], crop))))
    if pairs:
        write_picture(Path(sys.argv[1]), picture_grid(pairs, COLUMNS, gap=6, ground=GROUND))


def drawn_mesh(head: Head, crop: Crop) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 RGB: the mesh without the neck, in the place where the crop shows the head."""
    model, side = head.head_model, FINER * crop.size
    shown = np.isin(model.triangles, np.concatenate([model.subsets[name] for name in ("head", "eyes", "mouth")]))
    triangles = model.triangles[shown.all(axis=1)]
    turned = head.vertices @ head.pose.rotation.T
    points = np.column_stack((FINER * crop.to_crop(head.projected), turned[:, 2]))
    seen = rasterize(points, triangles, (side, side))
    colours = seen.interpolate(vertex_colours(model).astype(np.float64), triangles)
    normals = seen.interpolate(vertex_normals(turned, triangles).astype(np.float64), triangles)
    light = 0.25 + 0.8 * np.clip(normals @ LIGHT, 0.0, None)
    picture = np.full((side, side, 3), GROUND, np.float32)
    linear = np.clip(colours / 255.0 * light[:, None], 0.0, 1.0)
    picture[seen.rows, seen.columns] = 255.0 * linear ** (1 / 2.2)
    return cv2.resize(picture, (crop.size, crop.size), interpolation=cv2.INTER_AREA).round().astype(np.uint8)


if __name__ == "__main__":
    main()
