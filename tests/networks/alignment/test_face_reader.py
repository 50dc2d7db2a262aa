"""The reader of faces: where it starts, what its cells know, saving, its checks."""

import pytest
import torch

from network_checks import assert_a_save_brings_it_back
from small_networks import LAYOUT, set_made_up_head
from trans3dhead.networks.alignment import FaceReader, FaceReaderConfig, build, config_from_dict


@pytest.fixture
def reader() -> FaceReader:
    config = FaceReaderConfig(crop_size=64, cell_channels=8, hidden=32, dropout=0.0, surface_points=32)
    network = build(config, LAYOUT).double()
    assert isinstance(network, FaceReader)
    set_made_up_head(network)
    return network


def without_weights(reader: FaceReader) -> FaceReader:
    """The same, saying of every crop what its averages say."""
    torch.nn.init.zeros_(reader.head.weight)
    torch.nn.init.zeros_(reader.head.bias)
    return reader


def test_it_says_points_their_spread_and_parameters(reader: FaceReader, crops: torch.Tensor) -> None:
    prediction = reader(crops)
    assert prediction.landmarks.shape == (3, 68, 2)
    assert prediction.surface.shape == (1, 3, 32, 2)
    for spread, points in ((prediction.landmark_spread, 68), (prediction.surface_spread, 32)):
        assert spread.shape == (3, points)
        assert (spread > 0).all()
    assert prediction.parameters.shape == prediction.unfitted.shape == (3, LAYOUT.size)


def test_gradients_reach_every_parameter(reader: FaceReader, crops: torch.Tensor) -> None:
    said = reader(crops)
    (said.landmarks.square().sum() + said.surface_spread.sum() + said.parameters.square().sum()).backward()
    assert [name for name, p in reader.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_it_starts_about_the_averages(reader: FaceReader, crops: torch.Tensor) -> None:
    landmarks, parameters = torch.rand(68, 2).double(), torch.rand(LAYOUT.size).double()
    reader.set_reference(landmarks, parameters)
    prediction = without_weights(reader)(crops)
    torch.testing.assert_close(prediction.landmarks, landmarks.expand(3, -1, -1))
    torch.testing.assert_close(prediction.unfitted, parameters.expand(3, -1))


def test_the_head_is_fitted_to_all_points_by_their_spread(reader: FaceReader, crops: torch.Tensor) -> None:
    said = reader.eval()(crops)
    points = torch.cat((said.landmarks, said.surface[-1]), dim=1)
    spread = torch.cat((said.landmark_spread, said.surface_spread), dim=1)
    torch.testing.assert_close(said.parameters, reader.head_fit(said.unfitted, points, spread))
    assert not torch.allclose(said.parameters, said.unfitted)


def test_parameters_are_in_units_of_their_spread(reader: FaceReader, crops: torch.Tensor) -> None:
    reader.eval()
    average, spread = torch.rand(LAYOUT.size).double(), 0.1 + torch.rand(LAYOUT.size).double()
    landmarks = reader.average_points[:68].clone()
    reader.set_reference(landmarks, torch.zeros(LAYOUT.size), torch.ones(LAYOUT.size))
    before = reader(crops).unfitted
    reader.set_reference(landmarks, average, spread)
    torch.testing.assert_close(reader(crops).unfitted, average + spread * before)


def test_the_same_thing_in_another_cell_is_something_else(reader: FaceReader) -> None:
    """A mean over the map, as plain regression takes it, could not tell the two apart."""
    cells = torch.zeros(2, 8, 4, 4).double()
    cells[0, :, 0, 0], cells[1, :, 3, 3] = 1.0, 1.0
    first, second = reader.hidden(cells.flatten(1))
    assert not torch.allclose(first, second)


def test_a_save_brings_the_same_network_back(reader: FaceReader, crops: torch.Tensor, tmp_path) -> None:
    assert_a_save_brings_it_back(reader, crops, tmp_path / "reader.safetensors")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 128}, "unknown width; valid fields are backbone, crop_size"),
        ({"crop_size": 100}, "crop_size: got 100, expected a positive multiple of 16"),
        ({"backbone": "slim"}, "backbone: got 'slim', expected one of resnet18"),
        ({"hidden": 0}, "hidden: got 0, expected 1 to"),
        ({"cell_channels": 0}, "cell_channels: got 0, expected 1 to"),
        ({"dropout": 1.0}, "dropout: got 1.0, expected a probability"),
        ({"surface_points": 40}, "surface_points: got 40, expected a positive multiple of 16"),
    ],
)
def test_a_wrong_configuration_is_named(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config_from_dict({"architecture": "face_reader", **fields})
