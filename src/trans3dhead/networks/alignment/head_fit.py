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

from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_to_6d
from trans3dhead.head_model.layout import HeadParameters, ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints

_ITERATIONS = 6  # of conjugate gradients
_DIRECTIONS = 32  # of shape and expression; what is left moves no point by what a network sees
# The prior about the parameter branch's answer: deviations of the rotation (radians), of the logarithm of the size, of
# the place (crop units), of the closeness, and of coefficients in units of their spread over the training set.
_ROTATION, _SIZE, _PLACE, _CLOSENESS, _COEFFICIENTS = 0.1, 0.05, 0.03, 0.7, 0.5
_USUAL_CLOSENESS = 0.7  # one over metres: a camera 1.4 metres away
_CLOSEST = 3.0  # one over metres
_NEAREST = 0.2  # the least depth of a point over that of the head's origin
_POSE = (3, 1, 2, 1)  # unknowns before the directions: a turn, size, place, closeness
_TOGETHER = 60.0  # points that count as one before training: the errors of neighbours are alike
# Row 3 a + i: coordinate i of the cross product of axis a with a point.
_TURNS = torch.linalg.cross(torch.eye(3)[:, None].expand(3, 3, 3), torch.eye(3).expand(3, 3, 3)).mT.flatten(0, 1)


@dataclass(frozen=True)
class _State:
    """A head before and after the fit."""

    shape: Tensor  # (B, 3, N) metres, head space: its points
    rotation: Tensor  # (B, 3, 3)
    size: Tensor  # (B, 1, 1) crop units a metre, at the depth of the head's origin
    place: Tensor  # (B, 2, 1) crop units, of the head's origin
    closeness: Tensor  # (B, 1, 1) one over the camera's distance in metres


@dataclass(frozen=True)
class _View:
    """The points of a state before the camera."""

    turned: Tensor  # (B, 3, N) metres, camera axes
    nearer: Tensor  # (B, 1, N) the depth of the head's origin over that of the point
    projected: Tensor  # (B, 2, N) crop units


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
            head, points = self.layout.unpack(parameters.to(dtype)), points.to(dtype).transpose(1, 2)
            root = (self.log_weights / 2.0).exp() / spread.to(dtype)
            coefficients = torch.cat((head.shape, head.expression), dim=1)
            state = self._begin(head, coefficients)
            view = _view(state)
            jacobian = self._jacobian(state, view) * root.repeat(1, 2)[:, None]
            residuals = (root[:, None] * (points - view.projected)).flatten(1)
            change = self.log_prior.exp() * _least_squares(jacobian, residuals)
            along = change[:, sum(_POSE) :]
            return self._answer(self._moved(state, change), coefficients + along @ self.directions, head)

    def _begin(self, head: HeadParameters, coefficients: Tensor) -> _State:
        shape = self.template + (coefficients @ self.basis.flatten(1)).unflatten(1, self.template.shape)
        rotation = rotation_from_6d(head.rotation)
        camera = WeakPerspective(rotation, head.translation, head.scale)
        size = camera.metre[:, None, None]
        usual = torch.full_like(size, _USUAL_CLOSENESS)
        return _State(shape.transpose(1, 2), rotation, size, camera.origin[..., None], usual)

    def _jacobian(self, state: _State, view: _View) -> Tensor:
        """(B, U, 2 N) what a deviation of each unknown does to the projected points, x of all, then y."""
        scaled = state.size * view.nearer
        outward = scaled * view.turned[:, :2]
        closer = -view.nearer * outward  # for one of closeness times depth

        def projected(moved: Tensor) -> Tensor:
            """(B, n, 3, N) metres, camera axes, that the points move -> (B, n, 2, N) crop units."""
            return scaled[:, None] * moved[:, :, :2] + (state.closeness * closer)[:, None] * moved[:, :, 2:]

        turning = projected((_TURNS.to(outward) @ view.turned).unflatten(1, (3, 3)))
        place = torch.eye(2).to(outward)[..., None].expand(outward.shape[0], -1, -1, outward.shape[2])
        along = (state.rotation @ self.moves.permute(2, 0, 1).flatten(1)).unflatten(2, self.moves.shape[:2])
        lens = (closer * view.turned[:, 2:])[:, None]
        rows = (turning, outward[:, None], place, lens, projected(along.transpose(1, 2)))
        return self.log_prior.exp()[:, None] * torch.cat(rows, dim=1).flatten(2)

    def _moved(self, state: _State, change: Tensor) -> _State:
        """(B, U) of the unknowns."""
        turn, size, place, closeness, along = change.split((*_POSE, len(self.directions)), dim=1)
        formed = (along @ self.moves.flatten(1)).unflatten(1, self.template.shape)
        return _State(
            state.shape + formed.transpose(1, 2),
            _turn(turn) @ state.rotation,
            state.size * size[..., None].clamp(-0.5, 0.5).exp(),
            state.place + place[..., None],
            (state.closeness + closeness[..., None]).clamp(0.0, _CLOSEST),
        )

    def _answer(self, state: _State, coefficients: Tensor, head: HeadParameters) -> Tensor:
        """(B, P) with the weak-perspective camera that brings the head nearest to its projection, as labels have it."""
        view = _view(state)
        flat = view.turned[:, :2]
        centre, target = flat @ self.share[:, None], view.projected @ self.share[:, None]
        across = self.share * (flat - centre)
        metre = (across * (view.projected - target)).sum(dim=(1, 2)) / (across * flat).sum(dim=(1, 2))
        origin = (target - metre[:, None, None] * centre)[..., 0]
        shape, expression = coefficients.split((self.layout.shape, self.layout.expression), dim=1)
        translation = torch.cat((2.0 * origin - 1.0, head.translation[:, 2:]), dim=-1)
        scale = 2.0 * metre[:, None] - 1.0
        rotation = rotation_to_6d(state.rotation)
        return self.layout.pack(HeadParameters(shape, expression, head.jaw, rotation, translation, scale))


def _view(state: _State) -> _View:
    turned = state.rotation @ state.shape
    nearer = 1.0 / (1.0 + state.closeness * turned[:, 2:]).clamp(min=_NEAREST)
    return _View(turned, nearer, state.place + state.size * nearer * turned[:, :2])


def _turn(vector: Tensor) -> Tensor:
    """(B, 3) axis times angle, radians -> (B, 3, 3) a rotation by that, to second order: Cayley's map."""
    half = vector / 2.0
    skew = (half @ _TURNS.to(half).unflatten(0, (3, 3)).flatten(1)).unflatten(1, (3, 3))
    square = half.square().sum(dim=1)[:, None, None]
    return torch.eye(3, dtype=vector.dtype, device=vector.device) + 2.0 * (skew + skew @ skew) / (1.0 + square)


def _least_squares(jacobian: Tensor, residuals: Tensor) -> Tensor:
    """(B, U, M), (B, M) -> (B, U) near the x with the least |x Jacobian - residuals|² + |x|²."""
    scale = (1.0 + jacobian.square().sum(dim=2)).rsqrt()
    scaled = scale[..., None] * jacobian
    system = scaled @ scaled.mT + torch.diag_embed(scale.square())  # ones on its diagonal
    return scale * _conjugate_gradients(system, scaled @ residuals[..., None])[..., 0]


def _conjugate_gradients(system: Tensor, right: Tensor) -> Tensor:
    """A few steps towards x with system x = right; (B, U, U) symmetric and positive definite, (B, U, 1)."""
    solution, residual, direction = torch.zeros_like(right), right, right
    size = residual.mT @ residual
    for _ in range(_ITERATIONS):
        along = system @ direction
        step = size / (direction.mT @ along).clamp(min=1e-12)
        solution = solution + step * direction
        residual = residual - step * along
        before, size = size, residual.mT @ residual
        direction = residual + size / before.clamp(min=1e-12) * direction
    return solution
