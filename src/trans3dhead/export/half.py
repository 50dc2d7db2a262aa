"""Weights stored in half precision, for files of half the size."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def store_half(model: onnx.ModelProto) -> None:
    """Store matrices and kernels as float16, each followed by a cast to float32, as `save_checkpoint` rounds them.

    All is still computed in float32: on CPUs runtimes have few kernels in half precision and cast back and forth
    around the others, and the casts of constants are done once, when the file is loaded.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        with np.errstate(over="ignore"):
            half = numpy_helper.to_array(tensor).astype(np.float16)
        if not np.isfinite(half).all():  # beyond 65504: it stays as it is
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
