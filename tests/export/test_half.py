"""Weights stored as float16."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from trans3dhead.export.half import store_half


def test_matrices_are_rounded_and_what_float16_cannot_hold_stays():
    random = np.random.default_rng(0)
    arrays = {
        "matrix": random.normal(size=(4, 4)).astype(np.float32),
        "large": np.full((4, 4), 1e6, np.float32),
        "vector": random.normal(size=4).astype(np.float32),
        "indices": np.array([[2, 0]]),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "matrix"], ["a"]),
        helper.make_node("MatMul", ["a", "large"], ["b"]),
        helper.make_node("Add", ["b", "vector"], ["c"]),
        helper.make_node("Gather", ["c", "indices"], ["y"], axis=1),
    ]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    initializers = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    model = helper.make_model(helper.make_graph(nodes, "g", [x], [y], initializers))
    store_half(model)
    stored = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert stored == {
        "matrix_half": TensorProto.FLOAT16,
        "large": TensorProto.FLOAT,
        "vector": TensorProto.FLOAT,
        "indices": TensorProto.INT64,
    }
    given = random.normal(size=(3, 4)).astype(np.float32)
    rounded = arrays["matrix"].astype(np.float16).astype(np.float32)
    expected = (given @ rounded @ arrays["large"] + arrays["vector"])[:, arrays["indices"]]
    got = ReferenceEvaluator(model).run(None, {"x": given})[0]
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert not np.array_equal(rounded, arrays["matrix"])
