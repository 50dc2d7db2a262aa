"""From points to the head: the parameters that explain all points found, by weighted least squares inside the network.

Gauss-Newton about what the parameter branch says, which is also the middle of the prior. Each step's linear system is
solved by conjugate gradients, in nothing but products of matrices, so that any runtime can do it. Wood et al., "3D face
reconstruction with dense landmarks", ECCV 2022, fit a head to such points after the network; here the fit is a part of
it, and the losses teach how much each point and each direction of the prior counts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_to_6d
from trans3dhead.head_model.layout import HeadParameters, ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints

_STEPS = 2  # of Gauss-Newton
_ITERATIONS = 6  # of conjugate gradients in each
_DIRECTIONS = 128  # of shape and expression; what is left moves no point by what a network sees
# The prior about the parameter branch's answer: deviations of the rotation (radians), of the logarithm of the size, of
# the place (crop units), of the closeness, and of coefficients in units of their spread over the training set.
_ROTATION, _SIZE, _PLACE, _CLOSENESS, _COEFFICIENTS = 0.1, 0.05, 0.03, 0.7, 0.5
_USUAL_CLOSENESS = 0.7  # one over metres: a camera 1.4 metres away
_CLOSEST = 3.0  # one over metres
_NEAREST = 0.2  # the least depth of a point over that of the head's origin
_POSE = (3, 1, 2, 1)  # unknowns before the directions: rotation, size, place, closeness
_TOGETHER = 60.0  # points that count as one before training: the errors of neighbours are alike


@dataclass(frozen=True)
class _State:
    """A head as the fit moves it."""

    along: Tensor  # (B, K) how far along each direction, from the parameter branch's shape and expression
    rotation: Tensor  # (B, 3, 3)
    size: Tensor  # (B, 1, 1) crop units a metre, at the depth of the head's origin
    place: Tensor  # (B, 1, 2) crop units, of the head's origin
    closeness: Tensor  # (B, 1, 1) one over the camera's distance in metres


@dataclass(frozen=True)
class _View:
    """The points of a state before the camera."""

    turned: Tensor  # (B, N, 3) metres, camera axes
    nearer: Tensor  # (B, N, 1) the depth of the head's origin over that of the point
    projected: Tensor  # (B, N, 2) crop units


@dataclass(frozen=True)
class _Linearised:
    """What changes of the unknowns, in deviations of the prior, do to the projected points, to first order.

    Rows are multiplied by the root of each point's weight. The directions' part is kept in its two factors: their
    product would hold a number for each unknown of each point of each head, and take longer.
    """

    pose: Tensor  # (B, 7, 2 N): x of all points, then y
    lens: Tensor  # (B, 2, 3, N) of a point moved in head space
    moves: Tensor  # (K, 3 N) of points in head space by the directions

    def push(self, change: Tensor) -> Tensor:
        """(B, 7 + K) -> (B, 2 N)."""
        pose, along = change.split((self.pose.shape[1], self.moves.shape[0]), dim=1)
        moved = (along @ self.moves).unflatten(1, (1, 3, -1))
        return (pose[:, None] @ self.pose)[:, 0] + (self.lens * moved).sum(dim=2).flatten(1)

    def pull(self, force: Tensor) -> Tensor:
        """(B, 2 N) -> (B, 7 + K): the transpose of `push`."""
        pose = (self.pose @ force[..., None])[..., 0]
        moved = (self.lens * force.unflatten(1, (2, 1, -1))).sum(dim=1).flatten(1)
        return torch.cat((pose, moved @ self.moves.T), dim=1)


class HeadFit(nn.Module):
    """Refines the parameters of heads by the points that the landmark branch found."""

    template: Tensor  # (N, 3) metres, head space
    basis: Tensor  # (C, N, 3) metres for one unit of each coefficient of shape and expression
    directions: Tensor  # (K, C) units of the coefficients: principal ones of the points, one deviation each
    moves: Tensor  # (K, N, 3) metres: what the directions do to the points
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
        pose = torch.tensor([_ROTATION] * 3 + [_SIZE] + [_PLACE] * 2 + [_CLOSENESS])
        self.log_prior = nn.Parameter(torch.cat((pose, torch.full((kept,), _COEFFICIENTS))).log())

    @torch.no_grad()
    def set_head(self, points: HeadPoints, spread: Tensor) -> None:
        """The head model's points, and (C,) the deviations of its coefficients over the training set."""
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
            head, points = self.layout.unpack(parameters.to(dtype)), points.to(dtype)
            weights = self.log_weights.exp() / spread.to(dtype).square()
            coefficients = torch.cat((head.shape, head.expression), dim=1)
            shape = self.template + (coefficients @ self.basis.flatten(1)).unflatten(-1, self.template.shape)
            state = self._begin(head, coefficients)
            moved = weights.new_zeros(parameters.shape[0], len(self.log_prior))  # len() would fix an export's batch
            for _ in range(_STEPS):
                change = self._step(state, shape, moved, points, weights)
                moved = moved + change
                state = _moved(state, self.log_prior.exp() * change)
            fitted = coefficients + state.along @ self.directions
            return self._answer(state, self._view(state, shape), fitted, head)

    def _begin(self, head: HeadParameters, coefficients: Tensor) -> _State:
        rotation = rotation_from_6d(head.rotation)
        camera = WeakPerspective(rotation, head.translation, head.scale)
        size = camera.metre[:, None, None]
        along = coefficients.new_zeros(coefficients.shape[0], len(self.directions))
        return _State(along, rotation, size, camera.origin[:, None], torch.full_like(size, _USUAL_CLOSENESS))

    def _step(self, state: _State, shape: Tensor, moved: Tensor, points: Tensor, weights: Tensor) -> Tensor:
        """(B, 7 + K) the change of one step; it and `moved`, the changes before, in deviations of the prior."""
        view, prior = self._view(state, shape), self.log_prior.exp()
        system, residuals = self._linearised(state, view, weights, prior), points - view.projected
        right = system.pull((weights.sqrt()[..., None] * residuals).transpose(1, 2).flatten(1)) - moved
        curvature = 1.0 + prior.square() * self._curvature(state, view, weights)
        return _conjugate_gradients(lambda change: system.pull(system.push(change)) + change, right, curvature)

    def _view(self, state: _State, shape: Tensor) -> _View:
        formed = shape + (state.along @ self.moves.flatten(1)).unflatten(-1, self.template.shape)
        turned = formed @ state.rotation.transpose(1, 2)
        nearer = 1.0 / (1.0 + state.closeness * turned[..., 2:]).clamp(min=_NEAREST)
        return _View(turned, nearer, state.place + state.size * nearer * turned[..., :2])

    def _linearised(self, state: _State, view: _View, weights: Tensor, prior: Tensor) -> _Linearised:
        """The projection about a state."""
        across, depth = view.turned[..., :2], view.turned[..., 2:]
        root = weights.sqrt()[..., None]
        place = root[..., None] * torch.eye(2, dtype=root.dtype, device=root.device)  # (B, N, 2, 2)
        scaled = state.size * view.nearer
        outward = root * scaled * across
        closeness = -view.nearer * outward
        lens = torch.cat((scaled[..., None] * place, (state.closeness * closeness)[..., None]), dim=-1)
        turning = lens @ _skew(-view.turned)  # r × p is also the skew matrix of -p times r
        pose = torch.cat((turning, outward[..., None], place, (closeness * depth)[..., None]), dim=-1)
        pose_prior, directions_prior = prior.split((sum(_POSE), len(self.directions)))
        return _Linearised(
            (pose_prior * pose).permute(0, 3, 2, 1).flatten(2),
            (lens @ state.rotation[:, None]).permute(0, 2, 3, 1).contiguous(),
            directions_prior[:, None] * self.moves.transpose(1, 2).flatten(1),
        )

    def _curvature(self, state: _State, view: _View, weights: Tensor) -> Tensor:
        """(B, 7 + K) about the diagonal of the points' part of the system: directions as if turned to all sides."""
        square = view.turned.square()
        seen = weights * state.size[..., 0].square()  # (B, N)
        radius = seen * square[..., :2].sum(dim=-1)
        rotation = (seen[..., None] * (square.sum(dim=-1, keepdim=True) * 4.0 / 3.0 - square)).sum(dim=1)
        place = weights.sum(dim=1, keepdim=True).expand(-1, 2)
        closeness = (radius * square[..., 2]).sum(dim=1, keepdim=True)
        along = seen @ (self.moves.square().sum(dim=-1) * (2.0 / 3.0)).T
        return torch.cat((rotation, radius.sum(dim=1, keepdim=True), place, closeness, along), dim=1)

    def _answer(self, state: _State, view: _View, coefficients: Tensor, head: HeadParameters) -> Tensor:
        """(B, P) with the weak-perspective camera that brings the head nearest to its projection, as labels have it."""
        share = self.share[:, None]
        centre, target = ((share * x).sum(dim=1, keepdim=True) for x in (view.turned[..., :2], view.projected))
        across = share * (view.turned[..., :2] - centre)
        metre = (across * (view.projected - target)).sum(dim=(1, 2)) / (across * view.turned[..., :2]).sum(dim=(1, 2))
        origin = (target - metre[:, None, None] * centre)[:, 0]
        shape, expression = coefficients.split((self.layout.shape, self.layout.expression), dim=1)
        translation = torch.cat((2.0 * origin - 1.0, head.translation[:, 2:]), dim=-1)
        scale = 2.0 * metre[:, None] - 1.0
        rotation = rotation_to_6d(state.rotation)
        return self.layout.pack(HeadParameters(shape, expression, head.jaw, rotation, translation, scale))


def _split(change: Tensor) -> tuple[Tensor, ...]:
    """(B, 7 + K) -> rotation (B, 3), size, place (B, 2), closeness, along (B, K)."""
    return change.split((*_POSE, change.shape[1] - sum(_POSE)), dim=1)


def _moved(state: _State, change: Tensor) -> _State:
    rotation, size, place, closeness, along = _split(change)
    return _State(
        state.along + along,
        _turn(rotation) @ state.rotation,
        state.size * size[:, None].clamp(-0.5, 0.5).exp(),
        state.place + place[:, None],
        (state.closeness + closeness[:, None]).clamp(0.0, _CLOSEST),
    )


def _turn(vector: Tensor) -> Tensor:
    """(B, 3) axis times angle, radians -> (B, 3, 3) a rotation by that, to second order: Cayley's map."""
    half = vector / 2.0
    skew, square = _skew(half), half.square().sum(dim=1)[:, None, None]
    return torch.eye(3, dtype=vector.dtype, device=vector.device) + 2.0 * (skew + skew @ skew) / (1.0 + square)


def _skew(vectors: Tensor) -> Tensor:
    """(..., 3) -> (..., 3, 3), which times another vector is the cross product with it."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=-1).unflatten(-1, (3, 3))


def _conjugate_gradients(product: Callable[[Tensor], Tensor], right: Tensor, diagonal: Tensor) -> Tensor:
    """A few steps towards x with product(x) = right, (B, U) each; diagonal: (B, U) about that of the product."""
    solution, residual = torch.zeros_like(right), right
    direction = scaled = residual / diagonal
    size = (residual * scaled).sum(dim=1, keepdim=True)
    for _ in range(_ITERATIONS):
        along = product(direction)
        step = size / (direction * along).sum(dim=1, keepdim=True).clamp(min=1e-12)
        solution = solution + step * direction
        residual = residual - step * along
        scaled = residual / diagonal
        before, size = size, (residual * scaled).sum(dim=1, keepdim=True)
        direction = scaled + size / before.clamp(min=1e-12) * direction
    return solution
