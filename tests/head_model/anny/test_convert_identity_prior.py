"""The whole conversion, with few identities."""

from pathlib import Path

import numpy as np
import pytest

from headsynth.identity_prior.prior import AVERAGE_ADULT, IdentityPrior
from trans3dhead.head_model import HeadModel

pytest.importorskip("anny.models", reason="the converter's extra is not installed")

from headsynth.identity_prior.convert import convert_identity_prior


@pytest.mark.slow
def test_a_small_conversion_gives_nearly_what_ships(tmp_path: Path, shared: Path, anny: HeadModel):
    output = tmp_path / "prior.safetensors"
    report = convert_identity_prior(output, shared / "reference" / "ict_facekit.npz", count=600, seed=3)
    assert report.phenotype_error_mm < 0.3
    assert report.scan_share > 0.9
    assert report.scan_scale == pytest.approx(1.0, abs=0.02)
    made, shipped = IdentityPrior.load(output).of(anny), IdentityPrior.shipped()
    movement = anny.shape_movement.numpy()
    difference = (made.mean(AVERAGE_ADULT) - shipped.mean(AVERAGE_ADULT))[0] * movement
    assert np.linalg.norm(difference) < 1e-3  # metres
    for name in ("sliders", "scans"):
        ours, theirs = (np.linalg.norm(getattr(prior, name) * movement) for prior in (made, shipped))
        assert ours == pytest.approx(theirs, rel=0.1)
