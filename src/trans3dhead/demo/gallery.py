"""A folder with the heads of some photographs, for people to look at: a page that needs no server, and GLB files."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trans3dhead import __version__
from trans3dhead.demo.head_files import glb_and_skin
from trans3dhead.demo.head_model_file import head_model_file
from trans3dhead.demo.single_page import single_page
from trans3dhead.files import write_atomically
from trans3dhead.images import encode_jpeg
from trans3dhead.inference import Predictor
from trans3dhead.inference.photograph import Photograph

_LONGEST_SIDE = 1280  # pixels of the photographs on the page
_QUALITY = 88  # of these


def write_gallery(
    predictor: Predictor, photographs: Iterable[Path], folder: Path
) -> Iterator[tuple[Path, int | Exception]]:
    """Write index.html and a GLB file, with the photograph's own skin, for each head.

    Yields for each photograph how many heads it has, or what is wrong with it: the page then goes without. The
    photographs on the page are made smaller and hold nothing but their pixels; index.html is written last, where there
    is anything to show. Raises
    ValueError for a head model that the page cannot show.
    """
    head_model, shown = head_model_file(predictor.head_model), []
    for number, path in enumerate(photographs, 1):
        try:
            told = _photograph(predictor, path, folder, f"{number:03d}_{path.stem}")
        except (ValueError, OSError) as error:
            yield path, error
            continue
        shown.append(told)
        yield path, len(told["heads"])
    if not shown:
        return
    page = single_page("gallery.js", {"head-model": head_model, "gallery": {"version": __version__, "pictures": shown}})
    write_atomically(folder / "index.html", page.encode())


def _photograph(predictor: Predictor, path: Path, folder: Path, stem: str) -> dict[str, Any]:
    """Write the GLB files of one -> what the page is told of it."""
    photograph = Photograph(path)
    image, _ = photograph.pixels()
    heads = predictor(photograph)
    files = [f"{stem}_{index}.glb" for index in range(1, len(heads) + 1)]
    skins = []
    for head, file in zip(heads, files, strict=True):
        glb, skin = glb_and_skin(head, image)
        write_atomically(folder / file, glb)
        skins.append(skin)
    picture = base64.b64encode(encode_jpeg(_smaller(image), _QUALITY)).decode()
    told = {"name": path.name, "size": [image.shape[1], image.shape[0]], "jpeg": picture}
    return told | {"heads": [head.to_json() for head in heads], "files": files, "skins": skins}


def _smaller(image: np.ndarray) -> np.ndarray:
    zoom = _LONGEST_SIDE / max(image.shape[:2])
    if zoom >= 1.0:
        return image
    size = [max(round(side * zoom), 1) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
