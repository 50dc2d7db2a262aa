"""Rotations from head space to camera space, and AFLW2000-3D's Euler angles.

Head space: x to the head's left, y up, z out of the face. Camera space: x right, y down, z away from the
camera. A head that looks straight into the camera has the rotation diag(1, -1, -1).
"""

import torch
from torch import Tensor

# Cross products, a × b = a[_NEXT] · b[_LAST] - a[_LAST] · b[_NEXT]: both products in one go, then their difference.
_NEXT, _LAST = (1, 2, 0), (2, 0, 1)

# Where the squared cosine of yaw is below this (|yaw| within 0.6 degrees of 90) the rotation hardly defines pitch
# and roll; it bounds the gradient of the two by 1 / (2 · sqrt(_LOCK)) radians.
_LOCK = 1e-4
_SHORTEST = 1e-12  # the length of a vector from which it has a direction


def rotation_from_6d(six: Tensor) -> Tensor:
    """(..., 6) two 3-vectors a, b -> (..., 3, 3) rotations with columns b1, b2, b3.

    b1 = a/|a|, b3 = (b1 × b)/|b1 × b|, b2 = -(b1 × b3): Gram-Schmidt, right-handed, as in DAD-3DNet
    (Zhou et al., "On the continuity of rotation representations in neural networks", CVPR 2019).
    """
    first, second = six[..., :3], six[..., 3:]
    third = _cross(first, second)
    rows = torch.cat((first, _cross(third, first), third), dim=-1).unflatten(-1, (3, 3))
    return (rows / rows.norm(dim=-1, keepdim=True).clamp(min=_SHORTEST)).transpose(-1, -2)


def rotation_to_6d(rotation: Tensor) -> Tensor:
    """(..., 3, 3) -> (..., 6): the first two columns, which `rotation_from_6d` turns back into the rotation."""
    return torch.cat((rotation[..., :, 0], rotation[..., :, 1]), dim=-1)


def euler_from_rotation(rotation: Tensor) -> Tensor:
    """(..., 3, 3) head-to-camera rotations -> (..., 3) pitch, yaw, roll in degrees, AFLW2000-3D's convention.

    With Ra = diag(1, -1, -1) · R: Ra = Rx(-pitch) · Ry(-yaw) · Rz(-roll). Pitch > 0 looks up, yaw > 0 turns the
    face to the image's left, roll > 0 is clockwise in the image. Of the two equivalent triples it is the one
    with |pitch| <= 90, so yaw and roll span ±180. At |yaw| = 90 only pitch ± roll is defined; the values there
    are finite and so are the gradients.
    """
    # Ra = [[cy·cr, cy·sr, -sy], [., ., sp·cy], [., ., cp·cy]], with c, s the cosines and sines of the angles.
    entries = rotation.flatten(-2)
    sines = _picked(entries, (5, 2, 1)) * rotation.new_tensor([-1.0, -1.0, 1.0])  # sp·cy, sy, cy·sr
    cos_pitch, cos_roll = (_picked(entries, (8, 0)) * rotation.new_tensor([-1.0, 1.0])).split(1, dim=-1)
    beyond = cos_pitch < 0  # then cos(yaw) is negative: |pitch| would exceed 90
    cos_yaw = torch.sqrt(sines[..., :1].square() + cos_pitch.square() + torch.finfo(rotation.dtype).tiny)
    y = sines * torch.where(beyond, rotation.new_tensor([-1.0, 1.0, -1.0]), rotation.new_tensor(1.0))
    x = torch.cat((cos_pitch, cos_yaw, cos_roll), dim=-1) * torch.where(beyond, -1.0, 1.0)
    return torch.rad2deg(_atan2(y, x))


def rotation_from_euler(euler: Tensor) -> Tensor:
    """(..., 3) pitch, yaw, roll in degrees -> (..., 3, 3) head-to-camera rotations; see `euler_from_rotation`."""
    (sp, sy, sr), (cp, cy, cr) = (f(torch.deg2rad(euler)).unbind(-1) for f in (torch.sin, torch.cos))
    rows = (
        torch.stack((cy * cr, cy * sr, -sy), dim=-1),
        -torch.stack((sp * sy * cr - cp * sr, sp * sy * sr + cp * cr, sp * cy), dim=-1),
        -torch.stack((cp * sy * cr + sp * sr, cp * sy * sr - sp * cr, cp * cy), dim=-1),
    )
    return torch.stack(rows, dim=-2)


def equivalent_euler(euler: Tensor) -> Tensor:
    """(..., 3) pitch, yaw, roll in degrees -> (..., 3) the other triple of the same rotation, in [-180, 180).

    Half a turn about each of the three axes, yaw's the other way round, is none at all.
    """
    pitch, yaw, roll = euler.unbind(-1)
    return wrap_degrees(torch.stack((pitch + 180.0, 180.0 - yaw, roll + 180.0), dim=-1))


def mean_rotation(first: Tensor, second: Tensor) -> Tensor:
    """(..., 3, 3) rotations twice -> (..., 3, 3) the one midway between them.

    It is the rotation nearest to their sum. Where they are 180 degrees apart there are several; it is one of them.
    """
    left, _, right = torch.linalg.svd(first + second)
    sign = torch.linalg.det(left @ right)
    ones = torch.ones_like(sign)
    return left @ (torch.stack((ones, ones, sign), dim=-1)[..., None] * right)


def angle_between(first: Tensor, second: Tensor) -> Tensor:
    """The angle of the rotation between the two. (..., 3, 3) rotations twice -> (...) degrees, 0 to 180.

    For rotations ‖I - R‖_F = 2·sqrt(2)·sin(angle / 2), which is accurate at small angles where arccos is not.
    """
    identity = torch.eye(3, dtype=first.dtype, device=first.device)
    half = (identity - first @ second.transpose(-1, -2)).flatten(-2).norm(dim=-1) / 8**0.5
    return torch.rad2deg(2.0 * torch.asin(half.clamp(max=1.0)))


def wrap_degrees(angle: Tensor) -> Tensor:
    """Degrees of any size -> the same direction in [-180, 180)."""
    return (angle + 180.0) % 360.0 - 180.0


def rotation_to_direction(direction: Tensor) -> Tensor:
    """(..., 3) directions with z > 0, camera space -> (..., 3, 3) the smallest rotation from the optical axis there.

    A camera whose axis is turned by it looks along `direction`; its transpose takes rotations into that camera's space.
    """
    x, y, z = torch.nn.functional.normalize(direction, dim=-1).unbind(-1)
    if bool((z <= 0).any()):
        raise ValueError("direction: expected rays in front of the camera (z > 0), got one with z <= 0")
    # Rodrigues' formula about the axis (0, 0, 1) × d, written out: 1 / (1 + cos) is what remains of it.
    k = 1.0 / (1.0 + z)
    rows = (
        torch.stack((1 - k * x * x, -k * x * y, x), dim=-1),
        torch.stack((-k * x * y, 1 - k * y * y, y), dim=-1),
        torch.stack((-x, -y, z), dim=-1),
    )
    return torch.stack(rows, dim=-2)


def _atan2(y: Tensor, x: Tensor) -> Tensor:
    """atan2 whose gradient stays finite as y and x vanish together (gimbal lock); its value is exact."""
    if not torch.is_grad_enabled():
        return torch.atan2(y, x)
    with torch.no_grad():
        value = torch.atan2(y, x)
        inverse_square = 1.0 / (x.square() + y.square() + _LOCK)
    # The difference of the two equal terms is zero; its derivative is that of atan2, damped by _LOCK.
    linear = (x.detach() * y - y.detach() * x) * inverse_square
    return value + (linear - linear.detach())


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """(..., 3) twice -> (..., 3), in half as many operations of an exported graph as `torch.linalg.cross`."""
    ahead, behind = (_picked(a, _NEXT + _LAST) * _picked(b, _LAST + _NEXT)).split(3, dim=-1)
    return ahead - behind


def _picked(vectors: Tensor, places: tuple[int, ...]) -> Tensor:
    """(..., n) -> (..., len(places))."""
    return vectors.index_select(-1, torch.tensor(places, device=vectors.device))
