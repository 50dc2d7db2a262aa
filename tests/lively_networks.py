"""Small networks that answer differently for each crop, as trained ones do, and crops that they tell apart."""

import numpy as np
import torch

from small_networks import LAYOUT, SMALL, set_made_up_head
from trans3dhead.networks.alignment import Network, build, config_from_dict
from trans3dhead.networks.alignment.regressors import Regressor
from trans3dhead.networks.preprocess import normalize


def mosaics(count: int, size: int, seed: int = 1) -> np.ndarray:
    """(count, size, size, 3) uint8: fields of random colours."""
    fields = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    return fields.repeat(size // 4, axis=1).repeat(size // 4, axis=2)


def lively_network(spread: float = 0.2, **fields: object) -> Network:
    """Float32, for inference; its batch norms have seen crops, its heads answer to what it sees.

    spread: the deviation of the weights of Trans3DHead's heads.
    """
    small = {} if "architecture" in fields else {**SMALL, "dropout": 0.0}  # others have fields of their own
    network = build(config_from_dict({**small, **fields}), LAYOUT)
    for module in network.modules():
        if isinstance(module, Regressor):
            torch.nn.init.normal_(module.weight, std=spread)
    network.set_reference(torch.rand(68, 2), torch.rand(LAYOUT.size))
    if getattr(network, "head_fit", None) is not None:
        set_made_up_head(network)
    for seed in range(10):
        network(normalize(torch.from_numpy(mosaics(4, network.config.crop_size, seed)).permute(0, 3, 1, 2)))
    return network.eval()
