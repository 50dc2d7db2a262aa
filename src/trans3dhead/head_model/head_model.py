"""The parametric head in PyTorch: coefficients to vertices, and the 68 landmarks on them."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from trans3dhead.head_model.file_format import HeadModelFile
from trans3dhead.head_model.layout import HeadParameters
from trans3dhead.head_model.numpy_head_model import NumpyHeadModel
from trans3dhead.head_model.read_from_file import ReadFromFile
from trans3dhead.head_model.skinning import blend, joint_transforms, pose_features, rotation_from_axis_angle


class HeadModel(ReadFromFile, nn.Module):
    """A head as template + shape + expression (+ joints), for any head model file.

    Head space: metres, x to the head's left, y up, z out of the face, at zero head rotation. Nothing is trained
    here: all tensors are buffers, so `.to(device)` and `.double()` act on them.
    """

    template: Tensor  # (V, 3)
    triangles: Tensor  # (F, 3)
    shape_basis: Tensor  # (S, V, 3), metres for one standard deviation
    expression_basis: Tensor  # (E, V, 3), metres for a coefficient of one
    shape_movement: Tensor  # (S,) metres, root mean square: how far one standard deviation moves the vertices
    expression_movement: Tensor  # (E,) metres, root mean square: how far a coefficient of one moves them
    landmark_triangles: Tensor  # (68,) rows of `triangles`
    landmark_weights: Tensor  # (68, 3) barycentric
    uvs: Tensor  # (T, 2), v up; T may be 0
    uv_triangles: Tensor  # (F, 3) rows of `uvs`, or (0, 3)
    joint_regressor: Tensor  # (J, V); J may be 0
    skinning_weights: Tensor  # (V, J)
    pose_correctives: Tensor  # (C, V, 3); C is 9 (J - 1) or 0
    base_mesh_vertices: Tensor  # (V,) index of each vertex in the source's own mesh, or (0,)
    _landmark_corners: Tensor  # (68 · 3,) vertices

    def __init__(self, content: HeadModelFile) -> None:
        super().__init__(content)
        self._content = content
        arrays = {name: torch.from_numpy(array) for name, array in content.completed().items()}
        for name in _BUFFERS:
            self.register_buffer(name, arrays[name], persistent=False)
        for part in ("shape", "expression"):
            movement = getattr(self, f"{part}_basis").square().mean(dim=(1, 2)).sqrt()
            self.register_buffer(f"{part}_movement", movement, persistent=False)
        for name in ("mirror", "shape_mirror", "expression_mirror"):
            self.register_buffer(f"_{name}", arrays.get(name), persistent=False)
        for name, subset in content.subsets.items():
            self.register_buffer(f"_subset_{name}", torch.from_numpy(subset), persistent=False)
        self.register_buffer("_landmark_corners", self.triangles[self.landmark_triangles].flatten(), persistent=False)
        self._names_of_subsets = tuple(content.subsets)
        self._parents: list[int] = arrays["parents"].tolist()

    def numpy(self) -> NumpyHeadModel:
        """The same head for what does without PyTorch."""
        return NumpyHeadModel(self._content)

    @property
    def parents(self) -> tuple[int, ...]:
        """(J,) the parent of each joint, -1 for the root."""
        return tuple(self._parents)

    @property
    def subsets(self) -> Mapping[str, Tensor]:
        """Vertex indices by name, such as "head", "face", "face_with_ears", "eyes", "neck"."""
        return {name: getattr(self, f"_subset_{name}") for name in self._names_of_subsets}

    @property
    def has_mirror(self) -> bool:
        """Whether the file says which vertices are mirror images of each other."""
        return self._mirror is not None

    @property
    def mirror(self) -> Tensor:
        """(V,) long: the vertex that the mirror x -> -x brings onto each vertex."""
        return self._mirrored("mirror")

    @property
    def shape_mirror(self) -> Tensor:
        """(S,) ±1: the coefficients of the mirrored head are shape · shape_mirror."""
        return self._mirrored("shape_mirror")

    @property
    def expression_mirror(self) -> Tensor:
        """(E,) long: the left or right partner; expression[..., expression_mirror] are those of the mirrored head."""
        return self._mirrored("expression_mirror")

    def forward(self, shape: Tensor, expression: Tensor, joint_rotations: Tensor | None = None) -> Tensor:
        """Vertices at zero head rotation, (B, V, 3) metres, head space.

        shape: (B, S) standard deviations; expression: (B, E); joint_rotations: (B, J, 3) axis-angle, radians, only for
        a head model with joints, zero where left out.
        """
        self._check(shape, expression, joint_rotations)
        shaped = self.template.flatten() + shape @ self.shape_basis.flatten(1)
        vertices = (shaped + expression @ self.expression_basis.flatten(1)).unflatten(-1, (-1, 3))
        if joint_rotations is None:
            return vertices
        rotations = rotation_from_axis_angle(joint_rotations)
        joints = self.joint_regressor @ vertices  # of the expression too, as in FLAME
        if len(self.pose_correctives):
            vertices = vertices + (pose_features(rotations) @ self.pose_correctives.flatten(1)).unflatten(-1, (-1, 3))
        transforms = joint_transforms(rotations, joints, self._parents)
        return blend(vertices, transforms, self.skinning_weights)

    def vertices(self, parameters: HeadParameters) -> Tensor:
        """(B, V, 3) metres, head space, zero head rotation: shape, expression and, where there is one, the jaw."""
        jaw_joint = self.metadata.jaw_joint
        if jaw_joint is None:
            return self(parameters.shape, parameters.expression)
        before = parameters.jaw.new_zeros(len(parameters.jaw), jaw_joint, 3)
        after = parameters.jaw.new_zeros(len(parameters.jaw), len(self._parents) - jaw_joint - 1, 3)
        rotations = torch.cat((before, parameters.jaw[:, None], after), dim=1)
        return self(parameters.shape, parameters.expression, rotations)

    def landmarks(self, vertices: Tensor) -> Tensor:
        """(B, V, k) vertices of the mesh, in space or projected -> (B, 68, k) landmarks, Multi-PIE order."""
        corners = vertices.index_select(-2, self._landmark_corners).unflatten(-2, (-1, 3))
        return (corners * self.landmark_weights[..., None].to(vertices.dtype)).sum(dim=-2)

    def clamp(self, parameters: HeadParameters) -> HeadParameters:
        """The same head with its expression inside the bounds that the file gives (0..1 for "anny"), if any."""
        if self.metadata.expression_bounds is None:
            return parameters
        low, high = self.metadata.expression_bounds
        return replace(parameters, expression=parameters.expression.clamp(low, high))

    def _mirrored(self, name: str) -> Tensor:
        tensor = getattr(self, f"_{name}")
        if tensor is None:
            raise ValueError(
                f"{name}: the head model {self.name!r} has no such array; convert it again, or train with "
                "augmentation.flip=0"
            )
        return tensor

    def _check(self, shape: Tensor, expression: Tensor, joint_rotations: Tensor | None) -> None:
        for name, given, width in (
            ("shape", shape, self.layout.shape),
            ("expression", expression, self.layout.expression),
        ):
            if given.ndim != 2 or given.shape[1] != width:
                raise ValueError(f"{name}: expected (B, {width}) for {self.name!r}, got {tuple(given.shape)}")
        if joint_rotations is not None and not self._parents:
            raise ValueError(f"joint_rotations: {self.name!r} has no joints; leave the argument out")
        if joint_rotations is not None and joint_rotations.shape[1:] != (len(self._parents), 3):
            raise ValueError(
                f"joint_rotations: expected (B, {len(self._parents)}, 3) for {self.name!r}, "
                f"got {tuple(joint_rotations.shape)}"
            )


_BUFFERS = (
    "template",
    "triangles",
    "shape_basis",
    "expression_basis",
    "landmark_triangles",
    "landmark_weights",
    "uvs",
    "uv_triangles",
    "joint_regressor",
    "skinning_weights",
    "pose_correctives",
    "base_mesh_vertices",
)
