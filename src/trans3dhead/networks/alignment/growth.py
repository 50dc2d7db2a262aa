"""A trained network that gains parts: all that it has learned goes into a network of the same kind with more points."""

from torch import Tensor

from trans3dhead.networks.alignment.build import Network
from trans3dhead.networks.alignment.config import config_to_dict

# Parts of a configuration that a network may gain. Each adds tensors, or queries behind those that are there.
GAINED = ("landmark_uncertainty", "surface_points", "landmark_memory", "head_fit", "surface_map")
_FACE = "landmark_branch.average"


def lacking(smaller: Network, larger: Network) -> list[str]:
    """The fields of the configuration by which `larger` cannot have grown from `smaller`; none: it can."""
    one, other = config_to_dict(smaller.config), config_to_dict(larger.config)
    differing = {name for name in {*one, *other} if one.get(name) != other.get(name)}
    gained = {name for name in GAINED if name in differing and not one.get(name)}
    return sorted(differing - gained)


def grow(smaller: Network, larger: Network) -> None:
    """Give `larger` the weights of `smaller`, whose configuration `lacking` finds nothing wrong with.

    Queries that are new come after the 68 and keep what they begin with, as new parts do. So does the average face to
    which residuals are added: it is the training set's, in the head model's own definition of the landmarks.
    """
    own = larger.state_dict()
    for name, tensor in smaller.state_dict().items():
        own[name] = own[name] if name == _FACE else _first_rows_replaced(own[name], tensor)
    larger.load_state_dict(own)


def _first_rows_replaced(tensor: Tensor, rows: Tensor) -> Tensor:
    if tensor.shape == rows.shape:
        return rows
    replaced = tensor.clone()
    replaced[: len(rows)] = rows
    return replaced
