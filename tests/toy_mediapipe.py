"""A stand-in for the package mediapipe and its face_landmarker.task: its face landmarker as far as we call it.

In each picture it sees a small face in a corner and, unless the picture is black, one in the middle, whose jaw is open
as far as the picture is bright.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

TASK = b"a face landmarker"


class FaceLandmarker:
    """Made by `create_from_options`, used as a context; `detect` alone looks at a picture."""

    @classmethod
    def create_from_options(cls, options: SimpleNamespace) -> "FaceLandmarker":
        with open(options.base_options.model_asset_path, "rb") as file:
            if file.read() != TASK:
                raise RuntimeError("Unable to initialize runtime")
        assert options.output_face_blendshapes
        assert options.num_faces > 1
        return cls()

    def __enter__(self) -> "FaceLandmarker":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def detect(self, image: SimpleNamespace) -> SimpleNamespace:
        assert image.image_format == "SRGB"
        assert image.data.dtype == np.uint8
        faces = [_face(0.0, 0.1, 0.9), _face(0.3, 0.7, float(image.data.mean()) / 255)]
        seen = faces if image.data.any() else faces[:1]
        return SimpleNamespace(face_landmarks=[face[0] for face in seen], face_blendshapes=[face[1] for face in seen])


def _face(low: float, high: float, jaw: float) -> tuple[list[Any], list[Any]]:
    points = [SimpleNamespace(x=low, y=low, z=0.0), SimpleNamespace(x=high, y=high, z=0.0)]
    weights = {"_neutral": 0.5, "jawOpen": jaw, "mouthSmileLeft": 0.25}
    return points, [SimpleNamespace(category_name=name, score=weight) for name, weight in weights.items()]


def toy_mediapipe() -> SimpleNamespace:
    """What `import mediapipe` would give, for `sys.modules`."""
    vision = SimpleNamespace(FaceLandmarker=FaceLandmarker, FaceLandmarkerOptions=SimpleNamespace)
    return SimpleNamespace(
        tasks=SimpleNamespace(vision=vision, BaseOptions=SimpleNamespace),
        Image=SimpleNamespace,
        ImageFormat=SimpleNamespace(SRGB="SRGB"),
    )
