"""From points to the head: the parameters that explain all points found, by weighted least squares inside the network.

One Gauss-Newton step from what the parameter branch says, which is also the middle of the prior. Its linear system is
solved by conjugate gradients, in nothing but products of matrices, so that any runtime can do it. Wood et al., "3D face
reconstruction with dense landmarks", ECCV 2022, fit a head to such points after the network; here the fit is a part of
it, and the losses teach how much each point and each direction of the prior counts.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trans3dhead.geometry.rotations import rotation_from_6d, rotation_to_6d
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints

_ITERATIONS = 6  # of conjugate gradients
_DIRECTIONS = 32  # of shape and expression; what is left moves no point by what a network sees
# The prior about the parameter branch's answer: deviations of the rotation (radians), of the logarithm of the size, of
# the place (crop units), of the closeness, and of coefficients in units of their spread over the training set.
_ROTATION, _SIZE, _PLACE, _CLOSENESS, _COEFFICIENTS = 0.1, 0.05, 0.03, 0.7, 0.5
_USUAL_CLOSENESS = 0.7  # one over metres: a camera 1.4 metres away
_CLOSEST = 3.0  # one over metres
_NEAREST = 0.2  # the least depth of a point over that of the head's origin
_LEAST_SIZE = 5e-9  # crop units a metre, as `WeakPerspective` has it
_POSE = (3, 1, 2, 1)  # unknowns before the directions: a turn, size, place, closeness
_TOGETHER = 60.0  # points that count as one before training: the errors of neighbours are alike
# [a, i]: coordinate i of the cross product of axis a with a point, as a row that is multiplied by the point.
_TURNS = torch.linalg.cross(torch.eye(3)[:, None].expand(3, 3, 3), torch.eye(3).expand(3, 3, 3)).mT


@dataclass(frozen=True)
class _State:
    """A head before and after the fit."""

    shape: Tensor  # (B, 3, N) metres, head space: its points
    rotation: Tensor  # (B, 3, 3)
    size: Tensor  # (B, 1, 1) crop units a metre, at the depth of the head's origin
    place: Tensor  # (B, 2, 1) crop units, of the head's origin
    closeness: Tensor | float  # (B, 1, 1) one over the camera's distance in metres


@dataclass(frozen=True)
class _View:
    """The points of a state before the camera."""

    turned: Tensor  # (B, 3, N) metres, camera axes
    farther: Tensor  # (B, 1, N) the depth of the point over that of the head's origin
    outward: Tensor  # (B, 2, N) crop units from the head's origin


class HeadFit(nn.Module):
    """Refines the parameters of heads by the points that the landmark branch found.

    The unknowns, U = 7 + K: a turn of three axes, size, place (2), closeness, and how far along each of K directions.
    """

    template: Tensor  # (N, 3) metres, head space
    basis: Tensor  # (C, N, 3) metres for one unit of each coefficient of shape and expression
    directions: Tensor  # (K, C) units of the coefficients: principal ones of the points, one deviation each
    moves: Tensor  # (K, N, 3) metres: the points' movement along each direction
    share: Tensor  # (N,) how much of the head's surface each point stands for; they sum to one

    def __init__(self, layout: ParametersLayout, points: int) -> None:
        super().__init__()
        if layout.jaw:
            raise ValueError("head_fit: expected a head model of blendshapes alone, got one with a jaw joint")
        self.layout = layout
        coefficients = layout.shape + layout.expression
        kept = min(_DIRECTIONS, coefficients)
        self.register_buffer("template", torch.zeros(points, 3))
        self.register_buffer("basis", torch.zeros(coefficients, points, 3))
        self.register_buffer("directions", torch.zeros(kept, coefficients))
        self.register_buffer("moves", torch.zeros(kept, points, 3))
        self.register_buffer("share", torch.full((points,), 1.0 / points))
        self.log_weights = nn.Parameter(torch.full((points,), -math.log(_TOGETHER)))
        prior = torch.tensor([_ROTATION] * 3 + [_SIZE] + [_PLACE] * 2 + [_CLOSENESS] + [_COEFFICIENTS] * kept)
        self.log_prior = nn.Parameter(prior.log())

    @torch.no_grad()
    def set_head(self, points: HeadPoints, parameter_spread: Tensor) -> None:
        """The head model's points, and (P,) the deviations of the parameters over the training set."""
        parameters = self.layout.unpack(parameter_spread)
        spread = torch.cat((parameters.shape, parameters.expression))
        self.template.copy_(points.template)
        self.basis.copy_(points.basis)
        self.share.copy_(points.share)
        moved = (points.basis * spread[:, None, None]).flatten(1).double()
        _, principal = torch.linalg.eigh(moved @ moved.T)  # the least first
        self.directions.copy_(principal.flip(1).T[: len(self.directions)] * spread)
        self.moves.copy_((self.directions @ self.basis.flatten(1)).unflatten(1, self.template.shape))

    def forward(self, parameters: Tensor, points: Tensor, spread: Tensor) -> Tensor:
        """(B, P) as the parameter branch says, (B, N, 2) and (B, N) crop units -> (B, P), all of the weights' dtype."""
        dtype = self.template.dtype
        with torch.autocast(parameters.device.type, enabled=False):
            widths = self.directions.shape[1], self.layout.rotation, self.layout.translation + self.layout.scale
            coefficients, rotation, camera = parameters.to(dtype).split(widths, dim=1)
            place, depth, size = ((camera + 1.0) / 2.0)[..., None].split((2, 1, 1), dim=1)
            state = self._begin(coefficients, rotation, place, size)
            view = _view(state)
            root = ((self.log_weights / 2.0).exp() / spread.to(dtype))[:, None]
            residuals = root * (points.to(dtype).mT - state.place - view.outward)
            change = self.log_prior.exp() * _least_squares(self._jacobian(state, view, root), residuals)
            fitted = self._moved(state, change)
            coefficients = coefficients + change[:, sum(_POSE) :] @ self.directions
            origin, metre = self._camera(fitted)
            camera = 2.0 * torch.cat((origin, depth, metre), dim=1)[..., 0] - 1.0
            return torch.cat((coefficients, rotation_to_6d(fitted.rotation), camera), dim=1)

    def _begin(self, coefficients: Tensor, rotation: Tensor, place: Tensor, size: Tensor) -> _State:
        """The state before the fit.

        coefficients: (B, C); rotation: (B, 6); place, size: as in `_State`.
        """
        shape = self.template.mT.flatten() + coefficients @ self.basis.mT.flatten(1)
        turn = rotation_from_6d(rotation)
        return _State(shape.unflatten(1, (3, -1)), turn, size.clamp(min=_LEAST_SIZE), place, _USUAL_CLOSENESS)

    def _jacobian(self, state: _State, view: _View, root: Tensor) -> Tensor:
        """(B, 2, U, N) how x and y of the projected points change with one deviation of each unknown.

        root: (B, 1, N) the roots of the points' weights, which multiply the result. The camera is at the usual
        distance. Size, place and closeness do not move points in space; what they do to the projection is written as
        a movement in space that does the same, so that all unknowns are projected in one go.
        """
        prior, poses = self.log_prior.exp(), sum(_POSE)
        in_pose = (prior[:poses, None] * _MOVES_IN_POSE.to(prior)).flatten(0, 1)
        in_pose = in_pose @ torch.cat((view.turned, view.farther / state.size), dim=1)
        moves = prior[poses:, None, None] * self.moves
        along = state.rotation @ moves.permute(2, 0, 1).flatten(1)
        moved = torch.cat((in_pose.unflatten(1, (3, -1)), along.unflatten(2, (len(moves), -1))), dim=2)
        root = root / view.farther
        across, deeper = state.size * root, state.closeness * root * view.outward
        return across[:, :, None] * moved[:, :2] - deeper[:, :, None] * moved[:, 2:]

    def _moved(self, state: _State, change: Tensor) -> _State:
        """The state after a change of the unknowns, (B, U)."""
        turn, size, place, closeness, along = change.split((*_POSE, len(self.directions)), dim=1)
        return _State(
            state.shape + (along @ self.moves.mT.flatten(1)).unflatten(1, (3, -1)),
            _turn(turn) @ state.rotation,
            state.size * size[..., None].clamp(-0.5, 0.5).exp(),
            state.place + place[..., None],
            (state.closeness + closeness[..., None]).clamp(0.0, _CLOSEST),
        )

    def _camera(self, state: _State) -> tuple[Tensor, Tensor]:
        """The weak-perspective camera that brings the head nearest to its projection, as labels have it.

        (B, 2, 1) crop units, where the head's origin falls, and (B, 1, 1) crop units a metre.
        """
        view, share = _view(state), self.share[:, None]
        flat = view.turned[:, :2]
        centre = flat @ share
        across = self.share * (flat - centre)
        metre = _sum(across * view.outward) / _sum(across * flat)
        return state.place + view.outward @ share - metre * centre, metre


def _moves_in_pose() -> Tensor:
    """(3, 7, 4): how each unknown of the pose moves a point, a row for each coordinate of the movement.

    A row is multiplied by the point's x, y and z, camera axes, and by the metres there that are one crop unit.
    """
    moves = torch.zeros(3, sum(_POSE), 4)
    moves[:, :3, :3] = _TURNS.transpose(0, 1)
    moves[0, 3, 0] = moves[1, 3, 1] = 1.0  # a larger head: outward
    moves[0, 4, 3] = moves[1, 5, 3] = 1.0
    moves[2, 6, 2] = 1.0 / _USUAL_CLOSENESS  # a closer camera: what is behind the origin moves away from it
    return moves


_MOVES_IN_POSE = _moves_in_pose()


def _view(state: _State) -> _View:
    turned = state.rotation @ state.shape
    farther = (1.0 + state.closeness * turned[:, 2:]).clamp(min=_NEAREST)
    return _View(turned, farther, state.size / farther * turned[:, :2])


def _sum(products: Tensor) -> Tensor:
    """(B, 2, N) -> (B, 1, 1)."""
    return products.sum(dim=(1, 2), keepdim=True)


def _turn(vector: Tensor) -> Tensor:
    """(B, 3) axis times angle, radians -> (B, 3, 3) a rotation by that, to second order: Cayley's map."""
    skew = (vector @ _TURNS.to(vector).flatten(1)).unflatten(1, (3, 3))
    square = vector.square().sum(dim=1)[:, None, None]
    return torch.eye(3, dtype=vector.dtype, device=vector.device) + (skew + skew @ skew / 2.0) / (1.0 + square / 4.0)


def _least_squares(jacobian: Tensor, residuals: Tensor) -> Tensor:
    """(B, 2, U, N), (B, 2, N) -> (B, U) nearly the x that minimises |x Jacobian - residuals|² + |x|²."""
    one = torch.eye(jacobian.shape[2], dtype=jacobian.dtype, device=jacobian.device)
    system = (jacobian @ jacobian.mT).sum(dim=1) + one
    right = (jacobian @ residuals[..., None]).sum(dim=1)
    scale = (system * one).sum(dim=2, keepdim=True).rsqrt()  # which leaves ones on the diagonal
    return (scale * _conjugate_gradients(scale * system * scale.mT, scale * right))[..., 0]


def _conjugate_gradients(system: Tensor, right: Tensor) -> Tensor:
    """A few steps towards x with system x = right; (B, U, U) symmetric and positive definite, (B, U, 1)."""
    residual = direction = right
    size = residual.mT @ residual
    directions, steps = [], []
    for _ in range(_ITERATIONS):
        along = system @ direction
        step = size / (direction.mT @ along).clamp(min=1e-12)
        directions.append(direction)
        steps.append(step)
        residual = residual - step * along
        before, size = size, residual.mT @ residual
        direction = residual + size / before.clamp(min=1e-12) * direction
    return torch.cat(directions, dim=2) @ torch.cat(steps, dim=1)
