"""The mirror of a mesh, found from its connections."""

import numpy as np
import pytest

from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.flame.symmetry import mirror_of


def test_the_shipped_head_has_the_mirror_that_it_was_made_with(anny: HeadModel) -> None:
    template = anny.template.double().numpy()
    rng = np.random.default_rng(0)
    found = mirror_of(template + rng.normal(0.0, 5e-4, template.shape), anny.triangles.numpy())
    assert found is not None
    np.testing.assert_array_equal(found, anny.mirror.numpy())


@pytest.mark.slow
def test_a_lopsided_mesh_has_none(anny: HeadModel) -> None:
    template = anny.template.double().numpy()
    assert mirror_of(template + np.array([0.05, 0.0, 0.0]), anny.triangles.numpy()) is None
    assert mirror_of(template, anny.triangles.numpy()[5:]) is None
