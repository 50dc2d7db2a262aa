"""The graphs that ship: made from the weights beside them, with none of their own."""

import hashlib

import pytest

from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.weights.shipped import shipped_files, shipped_folder

GRAPHS = sorted(path.name for path in shipped_folder().glob("*.onnx"))


EIGHT_BITS = ["face-int8.onnx", "small-int8.onnx"]


def test_every_network_has_its_graph():
    networks = [file.name for file in shipped_files() if file.kind in ("network", "face reader", "detector")]
    assert sorted([*(f"{name}.onnx" for name in networks), *EIGHT_BITS]) == GRAPHS
    assert sorted(file.eight_bits.name for file in shipped_files() if file.eight_bits) == EIGHT_BITS


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_of_the_weights_that_ship(name: str):
    """Where not, write it anew: `trans3dhead export --model NAME --apart -o src/trans3dhead/weights/NAME.onnx`.

    In eight bits: with `--precision int8 --calibration data/synth-val`, of --count 500 --seed 2000003, NAME-int8.onnx.
    A reader of faces: with `--no-mesh`.
    """
    path = shipped_folder() / name
    weights = OnnxGraph(path).description["weights"]
    assert f"{path.stem.removesuffix('-int8')}.safetensors" in weights
    for file, sha256 in weights.items():
        assert hashlib.sha256((shipped_folder() / file).read_bytes()).hexdigest() == sha256, file
    assert path.stat().st_size < 1e6  # the weights lie in those files alone
