"""Figures 7 and 8: what each decoder layer adds."""

from pathlib import Path

import numpy as np
import pytest
import torch

from toy_heads import toy_checkpoint, toy_head_model
from trans3dhead.evaluation.paper_figures import PicturedHead, landmarks_by_layer, landmarks_of_layers
from trans3dhead.evaluation.paper_figures.layers import LayerLandmarks, residuals_by_layer
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import build, config_from_dict, load_model, save_checkpoint
from trans3dhead.networks.preprocess import normalize

BOX = np.array([20.0, 30.0, 60.0, 80.0])


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return toy_head_model(tmp_path_factory.mktemp("toy") / "toy.safetensors")


@pytest.fixture
def head() -> PicturedHead:
    return PicturedHead("a", np.random.default_rng(0).integers(0, 255, (120, 100, 3), np.uint8), BOX, None)


def test_the_sums_go_from_the_average_face_to_the_answer(toy: HeadModel, head: PicturedHead, tmp_path: Path):
    path = toy_checkpoint(tmp_path / "m.safetensors", toy, decoder_layers=3)
    (found,) = landmarks_of_layers(path, [head])
    assert found.sums.shape == (4, 68, 2)
    crop = Crop.around(BOX, 64)
    np.testing.assert_allclose(found.sums[0], np.tile(crop.to_photograph(np.array([32.0, 32.0])), (68, 1)))
    pixels = torch.from_numpy(crop.cut(head.photograph)).permute(2, 0, 1)[None]
    with torch.no_grad():
        said = load_model(path).model.eval()(normalize(pixels)).landmarks[0].double().numpy()
    np.testing.assert_allclose(found.sums[-1], crop.to_photograph(64 * said), atol=1e-4)
    np.testing.assert_allclose(
        found.sums[0] + np.sqrt(60 * 80) * found.residuals.sum(axis=0), found.sums[-1], atol=1e-9
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"residual_regression": "none"}, "expected residual_regression other than none"),
        ({"landmark_branch": False}, "expected a Trans3DHead with a landmark branch"),
        ({"architecture": "dad3dnet", "backbone": "resnet18", "crop_size": 64}, "expected a Trans3DHead"),
    ],
)
def test_a_network_without_residuals_is_told(toy: HeadModel, head: PicturedHead, tmp_path: Path, fields: dict, words):
    path, small = tmp_path / "m.safetensors", {"backbone": "resnet18", "crop_size": 64}
    if "architecture" not in fields:
        small["width"] = 32
    network = build(config_from_dict({**small, **fields}), toy.layout)
    save_checkpoint(path, network, toy.name, toy.geometry_hash)
    with pytest.raises(ValueError, match=words):
        landmarks_of_layers(path, [head])


def test_the_histograms_hold_every_coordinate_once(head: PicturedHead):
    rng = np.random.default_rng(0)
    steps = np.stack([rng.normal(0, 10 / (1 + layer), (5, 68, 2)) for layer in range(2)], axis=1)
    sums = np.concatenate((np.zeros((5, 1, 68, 2)), steps.cumsum(axis=1)), axis=1)
    figure = residuals_by_layer([LayerLandmarks(head, entry) for entry in sums], "made up")
    assert len(figure.axes) == 2
    for axes, values in zip(figure.axes, np.abs(steps).swapaxes(0, 1) / np.sqrt(60 * 80), strict=True):
        (shares,) = (patch.get_data().values for patch in axes.patches)
        below = float((values < axes.get_xlim()[0]).mean())
        assert 0.0 < below < 0.02
        assert shares.sum() == pytest.approx(100 * (1 - below))
        assert axes.lines[0].get_xdata()[0] == pytest.approx(np.median(values))


def test_figure_7_has_a_column_for_the_photograph_the_average_and_each_layer(head: PicturedHead):
    figure = landmarks_by_layer([LayerLandmarks(head, np.full((3, 68, 2), 50.0))] * 2, "made up")
    assert len(figure.axes) == 2 * 4
    words = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"average face", "after layer 1", "after layer 2"} <= words
