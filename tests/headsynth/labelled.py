"""Heads as their labels have them."""

import numpy as np
import torch

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.head_model import HeadModel


def labelled_vertices(head_model: HeadModel, head: HeadAnnotation) -> np.ndarray:
    """(V, 3) float64 metres in camera space, from the annotation alone."""
    shape, expression = (torch.from_numpy(values)[None] for values in (head.shape, head.expression))
    vertices = head_model(shape, expression)[0].double().numpy()
    return vertices @ head.rotation.T + head.translation
