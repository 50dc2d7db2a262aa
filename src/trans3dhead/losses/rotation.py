"""The predicted rotation against the true one."""

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from trans3dhead.geometry.rotations import equivalent_euler, euler_from_rotation, wrap_degrees

# Below this |cos(yaw)|, that is, beyond 75 degrees of yaw, the loss of pitch and roll fades.
_LOCK_COSINE = 0.2588190451


def euler_loss(predicted: Tensor, target: Tensor, lock: bool = True) -> Tensor:
    """Smooth L1 of wrapped differences, the mean of pitch, yaw and roll, degrees. (B, 3, 3) rotations twice -> (B,).

    Two departures from the paper (`lock`), neither of which changes anything for |yaw| < 75 and |pitch| well below
    90. Every rotation has two triples, (p, y, r) and (p + 180, 180 - y, r + 180); the prediction's is the nearer to
    the target's, so that two heads a degree apart on either side of |pitch| = 90 do not differ by 180. And as |yaw|
    nears 90, where a rotation defines only pitch ± roll, these two fade with the smaller |cos(yaw)| of both
    rotations. Their errors grow as 1 / |cos(yaw)|, so the product is bounded by the angle between the
    rotations, and its gradient too.
    """
    angles, wanted = euler_from_rotation(predicted), euler_from_rotation(target)
    each = _angle_losses(angles - wanted)
    if not lock:
        return each.mean(dim=-1)
    other = _angle_losses(equivalent_euler(angles) - wanted)
    each = torch.where((other.sum(dim=-1) < each.sum(dim=-1))[..., None], other, each)
    return (each * _lock_weights(angles, wanted)).mean(dim=-1)


def _angle_losses(difference: Tensor) -> Tensor:
    wrapped = wrap_degrees(difference)
    return smooth_l1_loss(wrapped, torch.zeros_like(wrapped), reduction="none")


@torch.no_grad()
def _lock_weights(angles: Tensor, wanted: Tensor) -> Tensor:
    """(..., 3) degrees twice -> (..., 3) weights of pitch, yaw, roll."""
    cosine = torch.minimum(*(torch.deg2rad(triple[..., 1]).cos().abs() for triple in (angles, wanted)))
    fading = (cosine / _LOCK_COSINE).clamp(max=1.0)
    return torch.stack((fading, torch.ones_like(fading), fading), dim=-1)


def rotation_angle(predicted: Tensor, target: Tensor) -> Tensor:
    """The geodesic distance of (B, 3, 3) rotations, radians, (B,). Its gradient fades to zero at 0 and at π."""
    square = (predicted - target).square().sum(dim=(-2, -1))  # 8 sin²(angle / 2)
    tiny = 1e-6
    sine = (square + tiny).sqrt() - tiny**0.5
    cosine = ((8.0 - square).clamp(min=0.0) + tiny).sqrt()
    return 2.0 * torch.atan2(sine, cosine)
