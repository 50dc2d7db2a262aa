import numpy as np
import pytest

from headsynth.rendering.film import _rays, _reaching
from headsynth.rendering.materials import Plain
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part, Scene
from trans3dhead.data.segments import Segment

SIZE = 60  # no multiple of the cells' side


def _scene(rng: np.random.Generator, nearest: float = 0.3) -> Scene:
    """Triangles of all sizes, many of them partly outside of the picture."""
    middles = rng.uniform((-0.8, -0.8, 0.7), (0.8, 0.8, 2.0), (30, 1, 3))
    corners = middles + rng.normal(size=(30, 3, 3)) * rng.choice((0.004, 0.1), (30, 1, 1))
    corners[..., 2] = np.maximum(corners[..., 2], nearest)
    triangles = np.arange(90, dtype=np.int32).reshape(-1, 3)
    vertices = corners.reshape(-1, 3).astype(np.float32)
    look = Plain(np.full(3, 0.5, np.float32))
    return Scene(
        [Part("shards", vertices, triangles, np.zeros((90, 2), np.float32), triangles, look, Segment.ACCESSORY)]
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_ray_that_meets_something_is_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    placement = Placement(np.eye(3), np.zeros(3), 70.0, np.array([25.0, 33.0]))
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1).reshape(-1, 2) + np.float32(0.5)
    scene = _scene(rng)
    met = np.flatnonzero(scene.trace(_rays(placement, grid), rng).triangles >= 0)
    reaching = _reaching(scene, placement, SIZE)
    assert len(met) > 20
    assert np.isin(met, reaching).all()
    assert len(reaching) < SIZE * SIZE


def test_all_rays_are_sent_where_something_is_beside_the_camera() -> None:
    placement = Placement(np.eye(3), np.zeros(3), 70.0, np.array([30.0, 30.0]))
    scene = _scene(np.random.default_rng(0))
    scene.vertices[0, 2] = -0.1
    assert len(_reaching(scene, placement, SIZE)) == SIZE * SIZE
