"""MediaPipe's face mesh in the rounds of `speed`, where the package is installed with its models (0.10.21 has them)."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module

import numpy as np

from trans3dhead.benchmarks.candidates import PHOTOGRAPH, TRACKED, Candidate, Entry, Label
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import Turn

NAME = "MediaPipe's face mesh"


def mediapipe_rows(image: np.ndarray) -> Iterator[Entry]:
    """Photograph to mesh, which detects each time, and the next frame of a video, which does not.

    image: (H, W, 3) uint8 RGB with one face. MediaPipe chooses its threads itself.
    """
    try:
        mediapipe = import_module("mediapipe")
    except ModuleNotFoundError as error:
        yield LeftOut(NAME, f"the package {error.name} is not installed")
        return
    solutions = getattr(mediapipe, "solutions", None)
    if solutions is None:
        yield LeftOut(NAME, "this mediapipe comes without solutions.face_mesh and its models; 0.10.21 has them")
        return
    for work, detects_always in ((PHOTOGRAPH, True), (TRACKED, False)):
        mesh = solutions.face_mesh.FaceMesh(static_image_mode=detects_always, max_num_faces=1)
        if not mesh.process(image).multi_face_landmarks:
            yield LeftOut(f"{NAME}, {work}", "it finds no face in the photograph")
            continue
        yield Candidate(Label(work, NAME, "its own", None, 1), Turn(partial(mesh.process, image)))
