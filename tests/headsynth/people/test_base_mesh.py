import numpy as np
import torch
import trimesh
from scipy.spatial.transform import Rotation

from headsynth.assets.makehuman import Binding
from headsynth.people.base_mesh import EYE
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.meshes import vertex_normals


def test_the_render_mesh_begins_with_the_head_model(wardrobe: Wardrobe, rng: np.random.Generator) -> None:
    head, mesh = wardrobe.head, wardrobe.mesh
    shape = rng.normal(size=head.layout.shape).astype(np.float32)
    expression = rng.random(head.layout.expression).astype(np.float32)
    expected = head(torch.from_numpy(shape)[None], torch.from_numpy(expression)[None])[0].numpy()
    _, posed = mesh.vertices(shape, expression)
    np.testing.assert_allclose(posed[: len(expected)], expected, atol=1e-4)


def test_the_neck_bends_nothing_of_the_head(wardrobe: Wardrobe) -> None:
    neck, template = wardrobe.mesh.neck, wardrobe.mesh.template
    turn = Rotation.from_euler("xyz", [20, 40, 10], degrees=True).as_matrix()
    bent = neck.bend(template, neck.weights, turn)
    np.testing.assert_array_equal(bent[wardrobe.head_rows], template[wardrobe.head_rows])
    shoulders = neck.weights == 1.0
    expected = (template[shoulders] - neck.pivot) @ turn.T + neck.pivot
    assert shoulders.sum() > 200
    np.testing.assert_allclose(bent[shoulders], expected, atol=1e-5)


def test_the_bend_is_continuous(wardrobe: Wardrobe) -> None:
    mesh = wardrobe.mesh
    turn = Rotation.from_euler("y", 45, degrees=True).as_matrix()
    bent = mesh.neck.bend(mesh.template, mesh.neck.weights, turn)
    edges = np.concatenate((mesh.triangles[:, :2], mesh.triangles[:, 1:]))
    before, after = (np.linalg.norm(v[edges[:, 0]] - v[edges[:, 1]], axis=1) for v in (mesh.template, bent))
    assert np.quantile(after / np.maximum(before, 1e-3), 0.999) < 2.5


def test_a_binding_follows_its_vertices_and_scales_its_offset(wardrobe: Wardrobe) -> None:
    mesh = wardrobe.mesh
    base = mesh.model.base_mesh_vertices.numpy()
    axis = np.array([[base[0], base[900]]] * 3, dtype=np.int32)
    makehuman = mesh.template @ mesh.to_makehuman.T
    lengths = 10.0 * np.abs(makehuman[0] - makehuman[900])  # decimetres: so the scale of the template is 1
    offset = np.array([[0.3, -0.2, 0.5]], np.float32)
    binding = Binding(
        np.array([[base[5], base[6], base[7]]], np.int32),
        np.array([[0.2, 0.3, 0.5]], np.float32),
        offset,
        axis,
        lengths.astype(np.float32),
    )
    expected = np.array([0.2, 0.3, 0.5]) @ makehuman[5:8] + 0.1 * offset
    np.testing.assert_allclose(
        mesh.fit(binding, mesh.template, mesh.template) @ mesh.to_makehuman.T, expected, atol=1e-6
    )
    doubled = mesh.fit(binding, 2.0 * mesh.template, 2.0 * mesh.template) @ mesh.to_makehuman.T
    np.testing.assert_allclose(doubled, 2.0 * expected, atol=1e-6)


def test_both_eyes_are_whole(wardrobe: Wardrobe) -> None:
    left, right = wardrobe.mesh.eyes
    assert len(left) == len(right) == 72
    assert (wardrobe.mesh.kinds == EYE).sum() == 280
    assert wardrobe.mesh.template[left][:, 0].min() > 0 > wardrobe.mesh.template[right][:, 0].max()


def test_normals_of_a_sphere_point_outwards() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=3)
    normals = vertex_normals(sphere.vertices.astype(np.float32), sphere.faces)
    assert (normals * sphere.vertices).sum(axis=1).min() > 0.999
