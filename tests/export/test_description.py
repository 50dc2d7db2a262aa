"""What a file says of itself."""

import json

from small_networks import SMALL
from trans3dhead import __version__
from trans3dhead.export.description import describe_network
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import LoadedModel, build, config_from_dict


def test_it_is_all_a_program_needs(toy: HeadModel):
    config = config_from_dict({**SMALL, "landmark_branch": False})
    hash_ = toy.geometry_hash
    loaded = LoadedModel(build(config, toy.layout), config, toy.layout, "toy", hash_, 64, {"licence": "CC0"})
    block = json.loads(json.dumps(describe_network(loaded, ["parameters"], toy, "float32")))
    assert config_from_dict(block["network"]) == config
    assert block["version"] == __version__
    assert block["head_model"] == {"name": "toy", "hash": hash_}
    assert (block["crop"]["size"], block["crop"]["margin"]) == (64, 0.1)
    assert list(block["outputs"]) == ["parameters"]
    assert block["metadata"] == {"licence": "CC0"}
    groups = block["parameters"]
    assert list(groups) == ["shape", "expression", "jaw", "rotation", "translation", "scale"]
    assert all(group["meaning"] for group in groups.values())
    assert groups["shape"]["start"] == 0
    assert groups["scale"]["stop"] == toy.layout.size
    assert groups["expression"]["stop"] - groups["expression"]["start"] == len(groups["expression"]["names"])
    assert tuple(groups["expression"]["names"]) == toy.expression_names
