"""Angles, blendshapes, a mesh and an overlay of every head: `python examples/predict.py photo.jpg`."""

import sys
from pathlib import Path

from trans3dhead import Predictor
from trans3dhead.images import encode_png, read_photograph
from trans3dhead.inference.output import draw_overlay

path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("astronaut.jpg")
image = read_photograph(path)
heads = Predictor()(image)
for number, head in enumerate(heads):
    strongest = sorted(head.blendshapes.items(), key=lambda item: -item[1])[:3]
    print(f"head {number}: pitch {head.pose.pitch:+.1f}, yaw {head.pose.yaw:+.1f}, roll {head.pose.roll:+.1f} degrees")
    print("  strongest blendshapes:", ", ".join(f"{name} {weight:.2f}" for name, weight in strongest))
    head.save(f"{path.stem}-{number}.glb")
Path(f"{path.stem}.overlay.png").write_bytes(encode_png(draw_overlay(image, heads)))
