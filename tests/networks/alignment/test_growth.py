"""A trained network goes whole into one with more parts."""

import torch
from torch import Tensor

from small_networks import BEYOND, SURFACE, small_network
from trans3dhead.networks.alignment.growth import grow, lacking

STANDARDISED = {"parameter_reference": "standardised", "memory_query_init": "both"}


def test_all_that_was_learned_is_there_again():
    smaller, larger = small_network(**STANDARDISED), small_network(**STANDARDISED, surface_points=SURFACE)
    assert not lacking(smaller, larger)
    before = {name: tensor.clone() for name, tensor in larger.state_dict().items()}
    grow(smaller, larger)
    for name, tensor in smaller.state_dict().items():
        grown = larger.state_dict()[name]
        if name == "landmark_branch.average":
            torch.testing.assert_close(grown, before[name])  # the training set's, not the smaller network's
            continue
        learned, new = (grown[: len(tensor)], grown[len(tensor) :]) if tensor.dim() else (grown, None)
        torch.testing.assert_close(learned, tensor)
        if new is not None:
            torch.testing.assert_close(new, before[name][len(tensor) :])
    for name in larger.state_dict().keys() - smaller.state_dict().keys():
        torch.testing.assert_close(larger.state_dict()[name], before[name])


def test_parts_that_nothing_reads_change_no_answer(crops: Tensor):
    smaller = small_network(**STANDARDISED).eval()
    larger = small_network(**STANDARDISED, landmark_uncertainty=True, surface_map=True).eval()
    face = torch.rand(68, 2, dtype=torch.float64)
    for network in (smaller, larger):
        network.set_reference(face, torch.zeros(network.layout.size, dtype=torch.float64))
    grow(smaller, larger)
    torch.testing.assert_close(larger(crops).landmarks, smaller(crops).landmarks)
    torch.testing.assert_close(larger(crops).parameters, smaller(crops).parameters)


def test_only_parts_can_be_gained():
    plain, beyond = small_network(), small_network(**BEYOND)
    assert lacking(beyond, plain)
    assert lacking(plain, small_network(width=48, decoder_layers=3, surface_points=SURFACE)) == [
        "decoder_layers",
        "width",
    ]
    assert lacking(small_network(surface_points=SURFACE), small_network(surface_points=2 * SURFACE)) == [
        "surface_points"
    ]
    assert lacking(plain, plain) == []
