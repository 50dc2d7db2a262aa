"""The layout of the skin's texture."""

import numpy as np
import pytest

from trans3dhead.geometry.meshes import triangle_areas
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.textures.atlas import MAP_SIDE, atlas_of


@pytest.fixture(scope="module")
def anny() -> NumpyHeadModel:
    return NumpyHeadModel.shipped()


def shown(model: NumpyHeadModel) -> np.ndarray:
    """(F', 3) the rows of `uvs` of all triangles but the eyes'."""
    return model.uv_triangles[~np.isin(model.triangles, model.subsets["eyes"]).all(axis=1)]


def test_no_chart_lies_over_another(anny):
    uvs = atlas_of(anny).uvs
    corners = shown(anny)
    assert uvs[corners].min() >= 0.0
    assert uvs[corners].max() <= 1.0
    area = triangle_areas(np.column_stack((uvs, np.zeros(len(uvs)))), corners).sum()
    covered = atlas_of(anny).covered.mean()  # each pixel once
    assert covered == pytest.approx(area, rel=0.01)


def test_the_face_has_more_pixels_than_in_the_head_models_own_layout(anny):
    face = np.isin(anny.triangles, anny.subsets["face"]).all(axis=1)
    rows = anny.uv_triangles[face]
    areas = [
        triangle_areas(np.column_stack((uvs, np.zeros(len(uvs)))), rows).sum() for uvs in (anny.uvs, atlas_of(anny).uvs)
    ]
    assert areas[1] > 3.5 * areas[0]


def test_each_pixel_shows_its_point_of_the_head(anny):
    atlas = atlas_of(anny)
    points = atlas.spread(anny.template)
    for row, vertex in zip(shown(anny).ravel()[::97], shown_vertices(anny).ravel()[::97], strict=True):
        column, line = (atlas.uvs[row] * (1, -1) + (0, 1)) * MAP_SIDE
        found = points[min(int(line), MAP_SIDE - 1), min(int(column), MAP_SIDE - 1)]
        assert np.linalg.norm(found - anny.template[vertex]) < 0.006  # metres: a pixel and a half on the skull


def shown_vertices(model: NumpyHeadModel) -> np.ndarray:
    return model.triangles[~np.isin(model.triangles, model.subsets["eyes"]).all(axis=1)]
