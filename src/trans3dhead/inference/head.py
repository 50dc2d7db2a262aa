"""What the user gets for each head of a photograph."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.lens import Lens
from trans3dhead.inference.perspective import PerspectiveCamera, in_perspective

if TYPE_CHECKING:
    from trans3dhead.inference.output.textures.view import View
    from trans3dhead.inference.photograph import Image

DOUBTFUL_ANGLE = 60.0  # degrees between the network's rotation and the detector's from which a head is doubtful
DOUBTFUL_SCORE = 0.7  # below which a head is doubtful


@dataclass(frozen=True, eq=False)
class Head:
    """One head of a photograph. Image coordinates: pixels of the photograph, (0, 0) the corner of its first pixel."""

    box: np.ndarray  # (4,) [x, y, w, h] pixels: the bounds of the projected head, without neck and hair
    score: float  # 0..1: how likely it is a head; of a detector of your own what that says; 1 of a box that was given
    landmarks: np.ndarray  # (68, 2) pixels, iBUG order, as the network's landmark branch and a closer look find them
    vertices: np.ndarray  # (V, 3) metres, head space, zero rotation
    projected: np.ndarray  # (V, 2) pixels: the vertices on the photograph
    pose: Pose
    camera: Camera
    parameters: Parameters
    head_model: NumpyHeadModel = field(repr=False)
    landmark_spread: np.ndarray | None = None  # (68,) pixels: the standard deviation of x and of y; None: not said
    detector_score: float | None = None  # 0..1, of the box that was looked at, 1 of one that was given
    agreement: float | None = None  # 0..1: how well the first look agrees with itself and its box; see `agreement`
    rotation_check: float | None = None  # degrees from the pose to the detector's coarse rotation; None: it gave none
    lens: Lens | None = None  # of the photograph's camera, and what says so; None: nothing is known of the photograph

    @property
    def doubtful(self) -> bool:
        """Whether its score is low, or network and detector see it turned too differently for both to be right."""
        turned = self.rotation_check is not None and self.rotation_check > DOUBTFUL_ANGLE
        return turned or self.score < DOUBTFUL_SCORE

    @property
    def blendshapes(self) -> dict[str, float]:
        """Expression weights by name, 0..1: ARKit's 52 for the default head model; empty where they have no names."""
        names = self.head_model.expression_names
        return dict(zip(names, self.parameters.expression.tolist(), strict=True)) if names else {}

    @property
    def landmarks_3d(self) -> np.ndarray:
        """(68, 3) metres, head space: the mesh's landmarks; `in_camera_space` turns them as the camera sees them."""
        return self.head_model.landmarks(self.vertices)

    def perspective(self, lens: Lens | None = None) -> PerspectiveCamera:
        """The pinhole camera that sees the head where it is, in metres; lens: another one than `self.lens`.

        As good as the focal length and the head's size are, both of which may be guesses. Raises ValueError where
        there is no lens.
        """
        lens = self.lens if lens is None else lens
        if lens is None:
            raise ValueError("perspective: expected a lens, since this head has none; give one, see `Lens.given`")
        vertices = self.vertices[self.head_model.subsets["head"]]
        return in_perspective(vertices, self.pose.rotation, self.camera, self.landmarks.mean(axis=0), lens)

    def in_camera_space(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> camera space (x right, y down, z away), about the head's own origin.

        As seen along the line of sight through the face; `perspective` has the camera's own axis, and the distance.
        """
        return points @ self.pose.rotation.T

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 2) pixels of the photograph."""
        return self.camera.project(points, self.pose.rotation)

    def dense(self, name: str) -> np.ndarray:
        """(N, 2) pixels: the vertices of one of `head_model.subsets` on the photograph, such as "face"."""
        subsets = self.head_model.subsets
        if name not in subsets:
            raise ValueError(f"dense: expected one of {', '.join(sorted(subsets))}, got {name!r}")
        return self.projected[subsets[name]]

    def save(
        self, path: str | Path, photograph: "Image | None" = None, posed: tuple[int, int] | None = None
    ) -> list[Path]:
        """Write the mesh in head space (metres, y up), in the format of the suffix: .glb, .obj, .ply or .npz.

        photograph: the one in which the head was found, whole, whose skin a .glb or .obj then has in place of the
        painted one.
        posed: width and height of the photograph, pixels. A .glb then has the head's pose and the camera as nodes, so
        that a viewer shows the head as it lies on the photograph; the vertices stay in head space.
        An .obj has its materials (.mtl) and textures beside it. See `trans3dhead.inference.output.mesh_files` for what
        each format holds. Returns the files that were written. Raises ValueError for another suffix, and for either of
        the two with another format.
        """
        from trans3dhead.inference.output.mesh_files import HeadMesh, save_mesh
        from trans3dhead.inference.output.stage import on_stage

        view = None if photograph is None else self.on_photograph(photograph)
        stage = None if posed is None else on_stage(self.pose, self.camera, posed)
        mesh = HeadMesh(self.head_model, self.vertices, self.parameters, self.arrays(), view, stage)
        return save_mesh(mesh, Path(path))

    def on_photograph(self, photograph: "Image") -> "View":
        """The mesh on its photograph, pulled to the landmarks that the network found; `looks` takes its skin of it."""
        from trans3dhead.inference.output.textures.view import View
        from trans3dhead.inference.photograph import Photograph

        pixels, _ = Photograph(photograph).pixels()
        view = View(pixels, self.projected, self.in_camera_space(self.vertices))
        return view.pulled(self.head_model.landmark_corners, self.head_model.landmark_weights, self.landmarks)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, as a .npz file holds it: metres, pixels of the photograph, degrees."""
        return {
            "vertices": self.vertices,
            "triangles": self.head_model.triangles,
            "projected": self.projected,
            "landmarks": self.landmarks,
            "box": self.box,
            "score": np.array(self.score),
            "euler": np.array([self.pose.pitch, self.pose.yaw, self.pose.roll]),
            "rotation": self.pose.rotation,
            "camera_scale": np.array(self.camera.scale),
            "camera_translation": self.camera.translation,
            "expression_names": np.array(self.head_model.expression_names, dtype=np.str_),
            **{f"parameter_{f.name}": getattr(self.parameters, f.name) for f in fields(self.parameters)},
        }

    def to_json(self) -> dict[str, Any]:
        """Everything but the mesh as plain numbers: pixels of the photograph, to a hundredth, and degrees."""
        angles = {"pitch": self.pose.pitch, "yaw": self.pose.yaw, "roll": self.pose.roll}
        camera = {"type": "weak_perspective", "scale": _rounded(self.camera.scale, 3)}
        told: dict[str, Any] = {"box": _rounded(self.box, 2), "score": _rounded(self.score, 4)}
        told["doubtful"] = self.doubtful
        checks = {"detector_score": 4, "agreement": 4, "rotation_check": 3}  # with so many decimals
        told |= {name: _rounded(v, d) for name, d in checks.items() if (v := getattr(self, name)) is not None}
        told |= {"landmarks_2d": _rounded(self.landmarks, 2), "landmarks_3d": _rounded(self.landmarks_3d, 5)}
        if self.landmark_spread is not None:
            told["landmark_spread"] = _rounded(self.landmark_spread, 3)
        return told | {
            "pose": {name: _rounded(angle, 3) for name, angle in angles.items()}
            | {"rotation_matrix": _rounded(self.pose.rotation, 6)},
            "camera": camera | {"translation": _rounded(self.camera.translation, 3)},
            **({} if self.lens is None else {"perspective": _perspective_json(self.perspective())}),
            "parameters": {f.name: _rounded(getattr(self.parameters, f.name), 5) for f in fields(self.parameters)},
            "blendshapes": {name: _rounded(weight, 4) for name, weight in self.blendshapes.items()},
        }


def _perspective_json(camera: PerspectiveCamera) -> dict[str, Any]:
    return {
        "focal_length": _rounded(camera.lens.focal_length, 2),
        "focal_length_from": camera.lens.source,
        "principal_point": _rounded(camera.lens.principal_point, 2),
        "rotation_matrix": _rounded(camera.rotation, 6),
        "translation": _rounded(camera.translation, 5),
        "distance": _rounded(camera.distance, 4),
    }


def _rounded(value: np.ndarray | float, decimals: int) -> Any:
    """A number or nested lists of them; as float64, whose shortest text has no more digits than that."""
    return np.round(np.asarray(value, dtype=np.float64), decimals).tolist()
