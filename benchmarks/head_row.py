"""The first picture of the README: a photograph, what is found in it, and its head in the page's viewer.

    python benchmarks/head_row.py examples/astronaut.jpg -o docs/images/gallery.jpg

It starts `trans3dhead demo`, asks it for the heads, and lets the page's own viewer draw the largest one, turned, with
the photograph's skin and with the painted one, with the expression that was found and with others. Needs playwright,
of the extra `dev`, and a Chromium.
"""

import argparse
from base64 import b64encode
from pathlib import Path

import cv2
import numpy as np
from demo_pages import opened, served

from trans3dhead.images import decode_photograph, read_photograph, write_picture
from trans3dhead.inference import Predictor
from trans3dhead.inference.output.overlay import draw_overlay

WIDTH, HEIGHT = 300, 360  # pixels of each picture
ABOUT = 1.22  # times the head's height
PATIENCE = 120_000  # milliseconds
# Degrees aside, whether the photograph's skin is worn, and weights; None: as found.
VIEWS: tuple[tuple[float, bool, dict[str, float] | None], ...] = (
    (32.0, True, None),
    (-38.0, False, None),
    (0.0, True, {"jawOpen": 0.75, "browInnerUp": 0.5}),
    (28.0, True, {"mouthPucker": 0.9, "browInnerUp": 0.6}),
)
DRAWN = """async ({ photograph, width, height, aside, skin, weights }) => {
    const { findHeads, headModel, skinOf } = await import("./api.js");
    const { HeadModel } = await import("./head_model.js");
    const { Viewer } = await import("./viewer.js");
    const bytes = Uint8Array.from(atob(photograph), (letter) => letter.charCodeAt(0));
    const model = new HeadModel(await headModel());
    const { heads: [head] } = await findHeads(bytes, false);
    const canvas = document.createElement("canvas");
    canvas.id = "drawn";
    canvas.style.cssText = `position:fixed; inset:0; width:${width}px; height:${height}px; z-index:9;
        background:#f0f2f5`;
    document.getElementById("drawn")?.remove();
    document.body.append(canvas);
    const viewer = await Viewer.open(canvas, model);
    viewer.posed = false;
    viewer.view = { aside, above: 0.05, distance: 1.0 };
    const expression = weights && model.expressionNames.map((name) => weights[name] ?? 0);
    viewer.show(model.vertices(head, expression ?? undefined), head.pose.rotation_matrix);
    if (skin) await viewer.wear(await skinOf(bytes, false, 0));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""


def main() -> None:
    """Find, draw, put side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--output", "-o", type=Path, required=True)
    parser.add_argument("--model", default="small")
    arguments = parser.parse_args()
    predictor = Predictor(arguments.model)
    portrait = about_head(read_photograph(arguments.photograph), predictor)
    overlay = draw_overlay(portrait, predictor(portrait)[:1])
    found = cv2.resize(overlay, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    with served(arguments.model) as (address, _):
        views = drawn(address, arguments.photograph)
    row = np.concatenate([portrait, found, *views], axis=1)
    write_picture(arguments.output, row)
    print(f"{arguments.output}: {row.shape[1]} x {row.shape[0]} pixels")


def about_head(photograph: np.ndarray, predictor: Predictor) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8 RGB: the part of the photograph about its largest head."""
    left, top, width, height = predictor(photograph)[0].box
    scale = HEIGHT / (ABOUT * height)
    centre = np.array([left + 0.5 * width, top + 0.47 * height])
    shift = 0.5 * np.array([WIDTH, HEIGHT]) - scale * (centre + 0.5)
    matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    border = cv2.BORDER_REPLICATE
    return cv2.warpAffine(photograph, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=border)


def drawn(address: str, photograph: Path) -> list[np.ndarray]:
    """(HEIGHT, WIDTH, 3) uint8 RGB for each of `VIEWS`."""
    with opened(address, PATIENCE) as page:
        encoded = b64encode(photograph.read_bytes()).decode()
        pictures = []
        for aside, skin, weights in VIEWS:
            view = {"width": WIDTH, "height": HEIGHT, "aside": np.radians(aside), "skin": skin, "weights": weights}
            page.evaluate(DRAWN, {"photograph": encoded, **view})
            pictures.append(decode_photograph(page.locator("#drawn").screenshot()))
    return pictures


if __name__ == "__main__":
    main()
