"""The end of the neck, apart from any file."""

import numpy as np
import trimesh

from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.inference.output.neck import neck_end


def test_a_mesh_without_an_opening_gets_no_end(toy: HeadModel):
    assert neck_end(toy.numpy()) is None


def test_the_end_closes_any_head_straight_down():
    model = NumpyHeadModel.shipped()
    end = neck_end(model)
    shape = np.random.default_rng(0).normal(size=(1, model.layout.size)).astype(np.float32)
    shape[:, model.layout.shape :] = 0.0
    vertices = model.vertices(shape)[0]
    more = end.points(vertices)
    assert more.dtype == vertices.dtype
    edge = vertices[end.opening]
    ring = more[: len(edge)]
    np.testing.assert_allclose(ring[:, [0, 2]], edge[:, [0, 2]], atol=1e-6)
    assert (ring[:, 1] < edge[:, 1]).all()
    assert more[:, 1].min() < vertices[:, 1].min()
    triangles = np.concatenate((model.triangles, end.triangles))
    assert triangles.max() == len(vertices) + len(more) - 1
    mesh = trimesh.Trimesh(np.concatenate((vertices, more)), triangles, process=False)
    mesh.merge_vertices()  # the rim of the flat end is there twice, for its normals
    assert mesh.is_watertight
    assert end.uv_triangles.shape == end.triangles.shape
    assert end.uv_triangles.max() < len(model.uvs)
