"""The parametric head in numpy: all that predicting, drawing and writing meshes ask of it. Training has `HeadModel`."""

from collections.abc import Mapping
from functools import cached_property

import cv2
import numpy as np

from trans3dhead.head_model.file_format import HeadModelFile
from trans3dhead.head_model.read_from_file import ReadFromFile


class NumpyHeadModel(ReadFromFile):
    """`HeadModel` without PyTorch and without gradients; the same arrays under the same names.

    Head space: metres, x to the head's left, y up, z out of the face, at zero head rotation.
    """

    def __init__(self, content: HeadModelFile) -> None:
        super().__init__(content)
        arrays = content.completed()
        self.subsets: Mapping[str, np.ndarray] = content.subsets  # vertex indices by name, such as "head" and "eyes"
        self.template = arrays["template"]  # (V, 3)
        self.triangles = arrays["triangles"]  # (F, 3)
        self.shape_basis = arrays["shape_basis"]  # (S, V, 3), metres for one standard deviation
        self.expression_basis = arrays["expression_basis"]  # (E, V, 3), metres for a coefficient of one
        self.landmark_corners = self.triangles[arrays["landmark_triangles"]]  # (68, 3) vertices
        self.landmark_weights = arrays["landmark_weights"]  # (68, 3) barycentric
        self.uvs = arrays["uvs"]  # (T, 2), v up; T may be 0
        self.uv_triangles = arrays["uv_triangles"]  # (F, 3) rows of `uvs`, or (0, 3)
        self._joint_regressor = arrays["joint_regressor"]  # (J, V); J may be 0
        self._skinning_weights = arrays["skinning_weights"]  # (V, J)
        self._pose_correctives = arrays["pose_correctives"]  # (C, V, 3)
        self._parents: list[int] = arrays["parents"].tolist()
        self._mirrors = {name: content.arrays.get(name) for name in ("mirror", "shape_mirror", "expression_mirror")}

    def resting_landmarks(self, shape: np.ndarray) -> np.ndarray:
        """(S,) coefficients -> (68, 3) float64 metres, head space: of this head without an expression."""
        template, basis = self._landmarks_of_shapes
        return template + np.tensordot(shape.astype(np.float64), basis, axes=1)

    @cached_property
    def _landmarks_of_shapes(self) -> tuple[np.ndarray, np.ndarray]:
        """(68, 3) of the template and (S, 68, 3) for a coefficient of one, float64 metres."""
        return self.landmarks(self.template).astype(np.float64), self.landmarks(self.shape_basis).astype(np.float64)

    @property
    def has_mirror(self) -> bool:
        """Whether the file says which vertices are mirror images of each other."""
        return self._mirrors["mirror"] is not None

    @property
    def mirror(self) -> np.ndarray:
        """(V,) the vertex that the mirror x -> -x brings onto each vertex."""
        return self._mirrored("mirror")

    @property
    def shape_mirror(self) -> np.ndarray:
        """(S,) ±1: the coefficients of the mirrored head are shape · shape_mirror."""
        return self._mirrored("shape_mirror")

    @property
    def expression_mirror(self) -> np.ndarray:
        """(E,) the left or right partner; expression[..., expression_mirror] are those of the mirrored head."""
        return self._mirrored("expression_mirror")

    def clamped(self, vector: np.ndarray) -> np.ndarray:
        """(..., P) parameters -> the same with the expression inside the bounds that the file gives, if any."""
        if self.metadata.expression_bounds is None:
            return vector
        start, stop = self.layout.ranges()["expression"]
        inside = vector.copy()
        np.clip(vector[..., start:stop], *self.metadata.expression_bounds, out=inside[..., start:stop])
        return inside

    def vertices(self, vector: np.ndarray) -> np.ndarray:
        """(B, P) parameters -> (B, V, 3) metres, head space, zero head rotation: shape, expression and the jaw."""
        parts = self.layout.split(vector)
        offsets = _blended(parts["shape"], self.shape_basis) + _blended(parts["expression"], self.expression_basis)
        vertices = self.template + offsets
        if not self.layout.jaw:
            return vertices
        return np.stack([self._with_jaw(*head) for head in zip(vertices, parts["jaw"], strict=True)])

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(..., V, k) vertices of the mesh, in space or projected -> (..., 68, k) landmarks, Multi-PIE order."""
        return (vertices[..., self.landmark_corners, :] * self.landmark_weights[..., None]).sum(axis=-2)

    def _with_jaw(self, vertices: np.ndarray, jaw: np.ndarray) -> np.ndarray:
        """(V, 3) at rest and (3,) axis-angle, radians -> (V, 3): linear blend skinning where one joint alone turns."""
        joint = self.metadata.jaw_joint
        assert joint is not None  # the layout has a jaw
        rotation = cv2.Rodrigues(jaw.astype(np.float64))[0].astype(vertices.dtype)
        place = self._joint_regressor[joint] @ vertices
        if joint and len(self._pose_correctives):
            rows = self._pose_correctives[9 * (joint - 1) : 9 * joint]
            vertices = vertices + np.tensordot((rotation - np.eye(3, dtype=rotation.dtype)).ravel(), rows, axes=1)
        turned = (vertices - place) @ rotation.T + place
        share = self._skinning_weights[:, self._with_children(joint)].sum(axis=1, keepdims=True)
        return vertices + share * (turned - vertices)

    def _with_children(self, joint: int) -> list[int]:
        """A joint and all that hang on it."""
        found = [joint]
        for index in range(joint + 1, len(self._parents)):  # parents come before their children
            if self._parents[index] in found:
                found.append(index)
        return found

    def _mirrored(self, name: str) -> np.ndarray:
        array = self._mirrors[name]
        if array is None:
            raise ValueError(f"{name}: the head model {self.name!r} has no such array; convert it again")
        return array


def _blended(coefficients: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """(B, K) and (K, V, 3) -> (B, V, 3).

    By numpy's own loops: BLAS has threads of its own for a product of this size, which keep a core busy for some 25 ms
    after it, and make the product itself wait where the cores are busy already.
    """
    return np.einsum("bk,kvi->bvi", coefficients, basis)
