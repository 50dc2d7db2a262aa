"""Trans3DHead as a graph has it: the same answers, to rounding, from half as many operations.

Under a runtime an operation takes some microseconds, however little it computes, and the decoders of networks this
small are hundreds of them. What follows from weights alone is written here as operations on weights, which a runtime
does once, when it loads the graph: encodings and positions times the matrices that they are multiplied by, matrices
side by side or one after the other. networks/alignment/ has the form that is trained, and that reads like the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import GROUP
from trans3dhead.networks.alignment import Trans3DHead
from trans3dhead.networks.alignment.attention import Attention, QueryAwareMemory, attend, sine_encoding
from trans3dhead.networks.alignment.landmark_branch import LandmarkBranch, as_points, as_spread
from trans3dhead.networks.alignment.layers import Branch, DecoderLayer, EncoderLayer
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction
from trans3dhead.networks.alignment.trans3dhead import ParameterBranch


@dataclass(frozen=True)
class _Found:
    """What the landmark branch says after its last layer."""

    points: Tensor  # (B, N, 2) crop units
    spread: Tensor | None  # (B, N) crop units
    memory: Tensor | None  # (B, Q, d)


class FewerOperations(nn.Module):
    """Answers as the network does whose weights it shares; for inference alone."""

    def __init__(self, network: Trans3DHead) -> None:
        super().__init__()
        self.network, self.config = network, network.config

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them. Of each sum over the layers it says the last alone."""
        network = self.network
        maps = network.to_memory(network.backbone(crops))
        positions = sine_encoding(maps.shape[-2], maps.shape[-1], self.config.width, like=maps)
        memory = network.memory_norm(maps.flatten(2).transpose(1, 2))
        for layer in network.encoder:
            assert isinstance(layer, EncoderLayer)  # for mypy, as all below
            memory = layer.norm1(memory + _self_attended(layer.self_attention, memory, positions))
            memory = layer.norm2(memory + layer.feed_forward(memory))
        if network.landmark_branch is None:
            return Prediction(None, self._regress(memory, positions), None)
        found = _found(network.landmark_branch, memory, positions)
        if found.memory is not None:
            memory = torch.cat((memory, found.memory), dim=1)
            positions = torch.cat((positions, network.landmark_branch.queries.encodings))
        parameters = self._regress(memory, positions)
        if network.head_fit is not None:
            parameters = network.head_fit(parameters, found.points, found.spread)
        spread = None if found.spread is None else found.spread[:, :LANDMARKS]
        return Prediction(found.points[:, :LANDMARKS], parameters, None, landmark_spread=spread)

    def _regress(self, memory: Tensor, positions: Tensor) -> Tensor:
        """(B, P) of the parameter branch."""
        return _regressed(self.network.parameter_branch, self.network.regressed, self.network.layout, memory, positions)


def in_fewer_operations(network: nn.Module) -> nn.Module:
    """The form to export of a network; of others than Trans3DHead, and of a backbone alone, it is their own."""
    return FewerOperations(network) if isinstance(network, Trans3DHead) else network


def _regressed(
    branch: ParameterBranch, reduced: ParametersLayout, layout: ParametersLayout, memory: Tensor, positions: Tensor
) -> Tensor:
    """(B, M, d), (M, d) -> (B, P); parameters without a query stay at zero."""
    said = (_decoded(branch.queries, memory, positions)[-1] @ branch.head.weight.mT)[..., 0]
    if reduced != layout:
        places = reduced.padded(torch.arange(1, reduced.size + 1), layout)  # of the queries, from 1; 0: there is none
        said = said.index_select(1, (places - 1).clamp(min=0))
    average = branch.average + branch.spread * branch.head.bias
    return reduced.padded(average, layout) + reduced.padded(branch.spread, layout) * said


def _found(branch: LandmarkBranch, memory: Tensor, positions: Tensor) -> _Found:
    """(B, M, d), (M, d) -> what the heads of all layers say together: their residuals add up."""
    after = _decoded(branch.queries, memory, positions)[branch.first :]
    own, shared = torch.cat(after, dim=2).split((LANDMARKS, branch.groups), dim=1)
    residuals = [head.get_parameter("weight").mT for head in branch.heads]
    weight = _side_by_side(residuals, None if branch.spread is None else branch.spread.weight.mT)
    said = own @ weight + _offsets(branch.heads, branch.spread)
    moved, doubt = said[..., :2], said[..., 2:].flatten(1)
    placed = None if branch.placed is None else branch.placed.landmarks(moved)
    if branch.groups:
        heads, spread = branch.surface_heads, branch.surface_spread
        residuals = [head.get_parameter("weight") for head in heads]
        weight = _side_by_side(residuals, None if spread is None else spread.weight)  # (G, L d, 2 K or 3 K)
        said = torch.baddbmm(_offsets(heads, spread), shared.transpose(0, 1), weight).transpose(0, 1)
        surface, doubts = said[..., : 2 * GROUP], said[..., 2 * GROUP :].flatten(1)
        moved, doubt = torch.cat((moved, as_points(surface)), dim=1), torch.cat((doubt, doubts), dim=1)
        if branch.placed is not None:
            assert placed is not None
            assert branch.placed.surface is not None
            placed = torch.cat((placed, branch.placed.surface(surface)), dim=1)
    return _Found(
        branch.average + moved,
        None if branch.spread is None else as_spread(doubt),
        None if placed is None else after[-1] + placed,
    )


def _side_by_side(residuals: list[Tensor], spread: Tensor | None) -> Tensor:
    """(..., d, o) of L layers, (..., d, s) of the last -> (..., L d, o + s)."""
    weight = torch.cat(residuals, dim=-2)
    if spread is None:
        return weight
    above = weight.shape[-2] - spread.shape[-2]  # of the layers before, which say nothing of it
    return torch.cat((weight, nn.functional.pad(spread, (0, 0, above, 0))), dim=-1)


def _offsets(heads: nn.ModuleList, spread: nn.Module | None) -> Tensor:
    """(..., o + s) of heads and spread with these biases."""
    offsets = torch.stack([head.get_parameter("bias") for head in heads]).sum(dim=0)
    return offsets if spread is None else torch.cat((offsets, spread.get_parameter("bias")), dim=-1)


def _decoded(branch: Branch, memory: Tensor, positions: Tensor) -> list[Tensor]:
    """(B, M, d), (M, d) -> the queries after each layer, (B, N, d) each."""
    layers = [layer for layer in branch.layers if isinstance(layer, DecoderLayer)]  # all of them
    queries, after = branch.initial(memory), []
    seen = _keys_and_values([layer.cross_attention for layer in layers], memory, positions)
    for layer, (keys, values) in zip(layers, seen, strict=True):
        queries = _layer(layer, queries, branch.encodings, keys, values)
        after.append(queries)
    return after


def _layer(layer: DecoderLayer, queries: Tensor, encodings: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """(B or 1, N, d), (N, d), (B, heads, M, c) twice -> (B, N, d)."""
    queries = layer.norm1(queries + _self_attended(layer.self_attention, queries, encodings))
    queries = layer.norm2(queries + _cross_attended(layer, queries, encodings, keys, values))
    return layer.norm3(queries + layer.feed_forward(queries))


def _self_attended(attention: Attention, x: Tensor, places: Tensor) -> Tensor:
    """(B, N, d), (N, d) what is added to queries and keys -> (B, N, d)."""
    to_queries, to_keys, to_values = _by_head(attention)
    bias, bias_of_values = (_bias_by_head(linear, attention) for linear in (attention.to_queries, attention.to_values))
    weight = torch.cat((to_queries, to_keys, to_values))
    offsets = torch.cat((places @ to_queries + bias, places @ to_keys, bias_of_values.expand(-1, len(places), -1)))
    queries, keys, values = (x[:, None] @ weight + offsets).split(attention.heads, dim=1)
    return attention.to_output(_together(attend(queries, keys, values, 0.0)))


def _cross_attended(layer: DecoderLayer, x: Tensor, encodings: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """(B or 1, N, d), (N, d), (B, heads, M, c) twice -> (B, N, d), through the query-aware memory where there is one.

    The output projection and the matrix of each query are one matrix.
    """
    attention, aware = layer.cross_attention, layer.query_aware_memory
    to_queries, _, _ = _by_head(attention)
    offsets = encodings @ to_queries + _bias_by_head(attention.to_queries, attention)
    attended = attend(x[:, None] @ to_queries + offsets, keys, values, 0.0)
    output = attention.to_output
    if not isinstance(aware, QueryAwareMemory):
        return output(_together(attended))
    weight, bias = output.weight.mT @ aware.weight, output.bias[None] @ aware.weight + aware.bias
    each = attended.permute(2, 0, 1, 3).flatten(2)  # (N, B, d)
    return torch.baddbmm(bias, each, weight).transpose(0, 1)


def _keys_and_values(attentions: Sequence[Attention], memory: Tensor, positions: Tensor) -> list[tuple[Tensor, Tensor]]:
    """(B, M, d), (M, d) what is added to keys -> for each attention (B, heads, M, c) twice."""
    weights, offsets = [], []
    for attention in attentions:
        _, to_keys, to_values = _by_head(attention)
        bias = _bias_by_head(attention.to_values, attention).expand(-1, len(positions), -1)
        weights += [to_keys, to_values]
        offsets += [positions @ to_keys, bias]
    parts = (memory[:, None] @ torch.cat(weights) + torch.cat(offsets)).split(attentions[0].heads, dim=1)
    return list(zip(parts[::2], parts[1::2], strict=True))


def _by_head(attention: Attention) -> tuple[Tensor, Tensor, Tensor]:
    """(heads, d, c) of queries, keys and values."""
    linears = attention.to_queries, attention.to_keys, attention.to_values
    queries, keys, values = (linear.weight.unflatten(0, (attention.heads, -1)).mT for linear in linears)
    return queries, keys, values


def _bias_by_head(linear: nn.Linear, attention: Attention) -> Tensor:
    """(heads, 1, c)."""
    return linear.bias.unflatten(0, (attention.heads, 1, -1))


def _together(attended: Tensor) -> Tensor:
    """(B, heads, N, c) -> (B, N, d)."""
    return attended.transpose(1, 2).flatten(2)
