"""A GLB of `trans3dhead predict` in Blender: it is imported as a user would, checked, and its expressions are drawn.

Needs Blender as a Python module (`pip install bpy`, Python 3.11 for bpy 5.0) and nothing else of this package:

    python benchmarks/blender_sheet.py out/astronaut.glb -o sheet.png

What the sheet shows, from the left: neutral, as found, then single expressions at their full weight. Cycles draws it
on the processor.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np

EXPRESSIONS = {
    "jawOpen": ("jawOpen",),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "browInnerUp": ("browInnerUp",),
    "tongueOut": ("tongueOut", "jawOpen"),
}
_DISTANCE, _LENS = 1.15, 170.0  # metres from the head, millimetres of a 36 mm wide sensor


def main() -> None:
    """Import, check, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("glb", type=Path)
    parser.add_argument("--output", "-o", type=Path, default=Path("sheet.png"))
    parser.add_argument("--size", type=int, default=320, help="pixels of each picture")
    parser.add_argument("--samples", type=int, default=16, help="rays for each pixel")
    parser.add_argument("--aside", type=float, default=20.0, help="degrees from the front")
    parser.add_argument("--only", nargs="*", help="pictures by name, such as neutral or blink")
    arguments = parser.parse_args()
    heads = imported(arguments.glb)
    for line in (line for head in heads for line in checked(head)):
        print(line)
    stage(arguments.size, arguments.samples, np.radians(arguments.aside))
    weights = poses(heads[0])
    wanted = arguments.only or list(weights)
    pictures = [drawn(heads, weights[name]) for name in wanted]
    save(np.concatenate(pictures, axis=1), arguments.output)
    print(f"{arguments.output}: {', '.join(wanted)}")


def imported(path: Path) -> list[Any]:
    """The mesh objects of the file, in an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(path))
    return [thing for thing in bpy.context.scene.objects if thing.type == "MESH"]


def checked(head: Any) -> list[str]:
    """What Blender has of it, as lines. Raises ValueError where that is not an upright head of a human's size."""
    keys = head.data.shape_keys.key_blocks
    points = np.array([head.matrix_world @ vertex.co for vertex in head.data.vertices])
    width, depth, height = np.ptp(points, axis=0)  # Blender has z up, and a face that looks along -y
    if not (0.12 < width < 0.25 and width < height < 0.5):
        raise ValueError(
            f"{head.name}: expected an upright head in metres, got {width:.3f} x {depth:.3f} x {height:.3f}"
        )
    materials = ", ".join(slot.material.name for slot in head.material_slots)
    return [
        f"{head.name}: {len(keys) - 1} shape keys after {keys[0].name!r}, {len(head.data.vertices)} vertices",
        f"{head.name}: {width:.3f} m wide, {depth:.3f} m deep, {height:.3f} m high; materials {materials}",
    ]


def poses(head: Any) -> dict[str, dict[str, float]]:
    """The pictures by name: weights of shape keys, the others 0."""
    found = {key.name: key.value for key in head.data.shape_keys.key_blocks[1:]}
    return {"neutral": {}, "found": found} | {name: dict.fromkeys(keys, 1.0) for name, keys in EXPRESSIONS.items()}


def stage(size: int, samples: int, aside: float) -> None:
    """A camera before the head, a key light, and light from everywhere."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", samples
    scene.cycles.max_bounces, scene.cycles.use_denoising = 4, True
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.8, 0.85, 0.9, 1.0)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens = _LENS
    camera.location = (-_DISTANCE * np.sin(aside), -_DISTANCE * np.cos(aside), 0.0)
    camera.rotation_euler = (np.pi / 2, 0.0, -aside)
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.data.angle, sun.rotation_euler = 1.6, 0.3, (1.4, 0.0, -0.3)
    for thing in (camera, sun):
        scene.collection.objects.link(thing)
    scene.camera = camera


def drawn(heads: list[Any], weights: dict[str, float]) -> np.ndarray:
    """(S, S, 4) float32, rows from below as Blender has them: the heads with these weights."""
    for head in heads:
        for key in head.data.shape_keys.key_blocks[1:]:
            key.value = weights.get(key.name, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        bpy.context.scene.render.filepath = str(Path(folder) / "picture.png")
        bpy.ops.render.render(write_still=True)
        picture = bpy.data.images.load(bpy.context.scene.render.filepath)
        width, height = picture.size
        return np.array(picture.pixels[:], np.float32).reshape(height, width, 4)


def save(pixels: np.ndarray, path: Path) -> None:
    """(H, W, 4) -> a PNG or JPEG file."""
    sheet = bpy.data.images.new("sheet", pixels.shape[1], pixels.shape[0])
    sheet.pixels = pixels.ravel()
    sheet.filepath_raw, sheet.file_format = str(path.absolute()), "PNG" if path.suffix == ".png" else "JPEG"
    sheet.save()


if __name__ == "__main__":
    main()
