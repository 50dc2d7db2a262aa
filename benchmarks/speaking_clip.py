"""The moving picture of the README: a person of the generator turns and speaks, and what `predict` makes of the clip.

    python benchmarks/speaking_clip.py --assets ASSETS -o docs/images/speaking.webp

The frames are drawn one by one, written as a folder, and followed by `trans3dhead predict --frames`, as anybody would.
Left the clip, right its overlay. The clip begins where it ends. `--only 0 20` draws those frames alone, as PNG files
beside the output, to look at somebody before all are drawn; `--seed` is another person.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from headsynth.ingredients import Ingredients, Streams
from headsynth.neighbours import Sitter
from headsynth.people.person import Body, Person
from headsynth.people.poses import View, sample_shoulders
from headsynth.photograph import Studio
from headsynth.rendering.placement import Placement
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.matrices import matrix_from_euler, matrix_to_direction
from trans3dhead.images import write_picture

FRAMES, RATE = 40, 12.5  # and frames a second
SIDE, HEAD, AWAY = 288, 165.0, 1.1  # pixels of a frame and of the head in it; metres to it
HEAD_METRES = 0.24
INGREDIENTS = Ingredients.without("occlusion", "degradation")
QUALITY = 72  # of the WebP file


def euler(share: float) -> np.ndarray:
    """(3,) degrees, pitch, yaw, roll; share: 0..1 of the clip."""
    turn = 2.0 * np.pi * share
    return np.array([-4.0 + 6.0 * np.sin(2.0 * turn), 32.0 * np.sin(turn), 5.0 * np.sin(turn + 0.8)])


def weights(share: float) -> dict[str, float]:
    """Speech, a smile, a look of surprise and two blinks."""
    speech = np.clip(np.sin(2.0 * np.pi * 7.0 * share), 0.0, 1.0) * (share < 0.6)
    smile = np.exp(-np.square((share - 0.78) / 0.10))
    wonder = np.exp(-np.square((share - 0.30) / 0.10))
    blink = max(np.exp(-np.square((share - at) / 0.018)) for at in (0.12, 0.66))
    both = {
        "eyeBlink": 0.9 * blink,
        "mouthSmile": 0.75 * smile,
        "browOuterUp": 0.7 * wonder,
        "cheekSquint": 0.4 * smile,
    }
    sides = {name + side: value for name, value in both.items() for side in ("Left", "Right")}
    return sides | {
        "jawOpen": 0.42 * speech + 0.12 * smile,
        "mouthFunnel": 0.5 * speech * (np.sin(2.0 * np.pi * 3.0 * share) > 0.0),
        "browInnerUp": 0.8 * wonder,
    }


class Film(Studio):
    """Photographs of one person who moves."""

    share = 0.0

    def _sitters(self, streams: Streams) -> list[Sitter]:
        head, mesh = self.wardrobe.head, self.wardrobe.mesh
        middle = np.full(2, SIDE / 2.0)
        view = View(euler(self.share), HEAD / HEAD_METRES * AWAY, middle, middle, HEAD)
        person = Person.sample(streams, head, mesh, view, self.ingredients)
        said = weights(self.share)
        expression = np.array([said.get(name, 0.0) for name in head.expression_names], np.float32)
        neutral, posed = mesh.vertices(person.identity.shape, expression)
        body = Body(neutral, posed, sample_shoulders(streams["shoulders"], view), _in_front(view))
        person = replace(
            person, body=body, expression=dict(zip(head.expression_names, expression.tolist(), strict=True))
        )
        return [Sitter(person, view, self.dresser.dress(person, streams, self.ingredients))]


def _in_front(view: View) -> Placement:
    """The head at one place, however it is turned."""
    direction = np.append((view.centre - view.principal_point) / view.focal, 1.0)
    rotation = matrix_to_direction(direction) @ matrix_from_euler(view.euler)
    return Placement(rotation, AWAY * direction, view.focal, view.principal_point)


def main() -> None:
    """Draw, follow, put both together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--output", "-o", type=Path, default=Path("speaking.webp"))
    parser.add_argument("--seed", type=int, default=24)
    parser.add_argument("--model", default="small")
    parser.add_argument("--only", nargs="*", type=int, help="frames to draw, and nothing else")
    parser.add_argument(
        "--frames", type=Path, help="a folder to keep the frames in; those that are there are not drawn"
    )
    arguments = parser.parse_args()
    film = Film(Wardrobe.shipped(arguments.assets), SIDE, INGREDIENTS)

    def frame(number: int) -> np.ndarray:
        film.share = number / FRAMES
        return film.photograph(arguments.seed, 0).image

    if arguments.only:
        for number in arguments.only:
            write_picture(arguments.output.with_suffix(f".{number}.png"), frame(number))
        return
    with tempfile.TemporaryDirectory() as temporary:
        frames = arguments.frames or Path(temporary) / "frames"
        frames.mkdir(parents=True, exist_ok=True)
        for number in range(FRAMES):
            if not (path := frames / f"{number:03d}.png").exists():
                write_picture(path, frame(number))
        pictures = beside_their_overlay(frames, Path(temporary) / "out", arguments.model)
    first, *others = (Image.fromarray(picture) for picture in pictures)
    milliseconds = round(1000 / RATE)
    first.save(
        arguments.output, save_all=True, append_images=others, duration=milliseconds, loop=0, quality=QUALITY, method=6
    )
    print(f"{arguments.output}: {len(pictures)} frames, {arguments.output.stat().st_size / 1e3:.0f} kB")


def beside_their_overlay(frames: Path, out: Path, model: str) -> list[np.ndarray]:
    """(SIDE, 2 · SIDE, 3) for each frame."""
    command = [sys.executable, "-m", "trans3dhead", "predict", frames, "--frames", "--frame-rate", RATE, "-o", out]
    subprocess.run([str(word) for word in (*command, "--model", model)], check=True)
    (video,) = out.glob("*.mp4")
    reader, pictures = cv2.VideoCapture(str(video)), []
    for path in sorted(frames.glob("*.png")):
        there, overlay = reader.read()
        if not there:
            raise ValueError(f"{video}: expected as many frames as in {frames}, got {len(pictures)}")
        overlay = cv2.resize(overlay, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        pictures.append(np.hstack((cv2.imread(str(path)), overlay))[..., ::-1])
    return pictures


if __name__ == "__main__":
    main()
