import numpy as np
import torch

from trans3dhead.geometry.cameras import Pinhole, WeakPerspective, fit_weak_perspective, project_pinhole
from trans3dhead.geometry.rotations import rotation_from_6d


def random_camera(count: int) -> WeakPerspective:
    return WeakPerspective(
        rotation_from_6d(torch.randn(count, 6, dtype=torch.float64)),
        torch.randn(count, 3, dtype=torch.float64),
        5 + torch.rand(count, 1, dtype=torch.float64),
    )


def test_weak_perspective_is_the_formula():
    camera, vertices = random_camera(2), torch.randn(2, 5, 3, dtype=torch.float64)
    for b in range(2):
        for v in range(5):
            rotated = camera.rotation[b] @ vertices[b, v]
            expected = ((camera.scale[b] + 1) * rotated + camera.translation[b] + 1) / 2
            torch.testing.assert_close(camera.project(vertices)[b, v], expected[:2])


def test_the_metre_and_the_origin_are_those_of_the_projection():
    camera = random_camera(3)
    across = camera.rotation[:, None, 0]  # the direction of head space that the camera sees along x
    start, end = (camera.project(length * across)[:, 0] for length in (0.0, 1.0))
    torch.testing.assert_close(camera.origin, start)
    torch.testing.assert_close(end - start, torch.stack((camera.metre, torch.zeros_like(camera.metre)), dim=1))


def test_weak_perspective_never_mirrors():
    camera = random_camera(1)
    flipped = WeakPerspective(camera.rotation, camera.translation, torch.full_like(camera.scale, -7.0))
    projected = flipped.project(torch.randn(1, 5, 3, dtype=torch.float64))
    torch.testing.assert_close(projected, projected[:, :1].expand_as(projected), atol=1e-6, rtol=0)


def test_the_fit_finds_the_camera_that_projected():
    camera, vertices = random_camera(3), torch.randn(3, 40, 3, dtype=torch.float64)
    found = fit_weak_perspective(vertices, camera.rotation, camera.project(vertices))
    torch.testing.assert_close(found.scale, camera.scale)
    torch.testing.assert_close(found.translation[:, :2], camera.translation[:, :2])
    assert found.translation.shape == (3, 3)
    assert not found.translation[:, 2].any()


def test_the_fit_is_the_least_squares_one():
    camera, vertices = random_camera(1), torch.randn(1, 40, 3, dtype=torch.float64)
    target = camera.project(vertices) + 0.1 * torch.randn(1, 40, 2, dtype=torch.float64)
    found = fit_weak_perspective(vertices, camera.rotation, target)
    rotated = (vertices @ camera.rotation[:, :2].mT)[0]
    ones, zeros = torch.ones(40, 1, dtype=torch.float64), torch.zeros(40, 1, dtype=torch.float64)
    system = torch.cat((torch.cat((rotated[:, :1], ones, zeros), 1), torch.cat((rotated[:, 1:], zeros, ones), 1)))
    solution = torch.linalg.lstsq(system, (2 * target[0] - 1).mT.reshape(-1, 1)).solution[:, 0]
    torch.testing.assert_close(torch.cat((found.scale[0] + 1, found.translation[0, :2])), solution)


def test_a_pinhole_projects_arrays_as_tensors():
    points = np.array([[[0.1, -0.2, 0.5], [0.3, 0.1, 2.0]]])
    expected = [[[500 * 0.1 / 0.5 + 7, 500 * -0.2 / 0.5 + 9], [500 * 0.3 / 2 + 7, 500 * 0.1 / 2 + 9]]]
    np.testing.assert_allclose(project_pinhole(points, 500.0, np.array([7.0, 9.0])), expected)
    camera = Pinhole(torch.tensor([500.0]).double(), torch.tensor([[7.0, 9.0]]).double())
    torch.testing.assert_close(camera.project(torch.from_numpy(points)), torch.tensor(expected).double())


def test_the_ray_of_a_projection_is_its_direction():
    camera = Pinhole(torch.tensor([500.0, 800.0]).double(), torch.tensor([[128.0, 120.0], [64.0, 70.0]]).double())
    points = torch.tensor([[[0.1, -0.2, 0.7]], [[-0.3, 0.1, 2.0]]]).double()
    rays = camera.ray(camera.project(points)[:, 0])
    torch.testing.assert_close(rays, torch.nn.functional.normalize(points[:, 0], dim=-1))
