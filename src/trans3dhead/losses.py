"""The terms of the loss and their weighted sum. Always computed in float32, also under autocast.

Four terms are the paper's (eq. 8). More are off unless asked for: shape and expression coefficients (the fifth term,
in two parts), geodesic rotation, and the heatmaps of DAD-3DNet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, smooth_l1_loss

from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_6d, wrap_degrees
from trans3dhead.head_model import HeadModel
from trans3dhead.network.prediction import Prediction
from trans3dhead.processes import weighted_mean

# The reprojection loss is in pixels of a crop of this side, whatever the crop's own.
_REPROJECTION_SIDE = 256.0

# Below this |cos(yaw)|, that is, beyond 75 degrees of yaw, the loss of pitch and roll fades.
_LOCK_COSINE = 0.2588190451

# DAD-3DNet's targets, cells of its heatmaps: the Gaussian's deviation is a sixth of its diameter.
_HEATMAP_RADIUS = 5
_HEATMAP_SIGMA = (2 * _HEATMAP_RADIUS + 1) / 6

# Where the smooth L1 of the coefficients turns from square to linear.
_SHAPE_BETA = 1.0  # standard deviations
_EXPRESSION_BETA = 0.25  # of the range 0..1


@dataclass(frozen=True)
class LossWeights:
    """The paper's weights; a term of weight 0 is not computed and is reported as 0."""

    landmarks: float = 300.0
    shape3d: float = 50.0
    reprojection: float = 0.05
    euler: float = 0.05
    shape_coefficients: float = 0.0  # where labels hold them, as synthetic ones do
    expression_coefficients: float = 0.0  # likewise
    rotation: float = 0.0  # geodesic angle
    heatmaps: float = 0.0  # of DAD-3DNet
    partial_landmarks: bool = False  # the landmark term is its mean over MARR's partial sums
    euler_lock: bool = True  # False: the paper's Euler loss to the letter, noise at |yaw| = 90 included
    vertices: tuple[str, ...] | None = None  # subsets of L_3D and L_reproj; None: as `supervised_vertices` says
    # Instead of `vertices`, as DAD-3DNet has it: a weight of each subset in L_3D and in L_reproj, summed.
    weighted_vertices: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        for name in _TERMS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: got the weight {getattr(self, name)}, expected 0 or more")


@dataclass(frozen=True)
class Losses:
    """Scalars: each term before its weight, and the weighted sum."""

    landmarks: Tensor
    shape3d: Tensor
    reprojection: Tensor
    euler: Tensor
    shape_coefficients: Tensor
    expression_coefficients: Tensor
    rotation: Tensor
    heatmaps: Tensor
    total: Tensor


_TERMS = (
    "landmarks",
    "shape3d",
    "reprojection",
    "euler",
    "shape_coefficients",
    "expression_coefficients",
    "rotation",
    "heatmaps",
)


def alignment_loss(prediction: Prediction, targets: Targets, head_model: HeadModel, weights: LossWeights) -> Losses:
    """All terms of a batch. The head model and everything here run in float32, whatever surrounds them."""
    vector = prediction.parameters.float()
    with torch.autocast(vector.device.type, enabled=False):
        parameters = head_model.layout.unpack(vector)
        rotation = rotation_from_6d(parameters.rotation)
        terms = {name: vector.new_zeros(()) for name in _TERMS}
        if weights.landmarks and prediction.landmarks is not None:
            terms["landmarks"] = _landmark_term(prediction, targets, weights.partial_landmarks)
        if weights.shape3d or weights.reprojection:
            vertices = head_model.vertices(parameters)
            camera = WeakPerspective(rotation, parameters.translation, parameters.scale)
            terms |= _vertex_terms(vertices, camera, targets, head_model, weights)
        if weights.euler:
            terms["euler"] = euler_loss(rotation, targets.rotation, weights.euler_lock)
        if weights.shape_coefficients:
            terms["shape_coefficients"] = shape_coefficient_loss(parameters.shape, targets, head_model)
        if weights.expression_coefficients:
            terms["expression_coefficients"] = expression_coefficient_loss(parameters.expression, targets)
        if weights.rotation:
            terms["rotation"] = rotation_angle(rotation, targets.rotation).mean()
        if weights.heatmaps and prediction.heatmaps is not None:
            terms["heatmaps"] = heatmap_loss(prediction.heatmaps.float(), targets.landmarks, targets.landmark_mask)
        total = torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()
    return Losses(**terms, total=total)


def _vertex_terms(
    vertices: Tensor, camera: WeakPerspective, targets: Targets, head_model: HeadModel, weights: LossWeights
) -> dict[str, Tensor]:
    """L_3D and L_reproj, over one subset of the vertices or as the weighted sums over several."""
    if weights.weighted_vertices is None:
        parts = [(supervised_vertices(head_model, weights.vertices), (1.0, 1.0))]
    else:
        parts = [(supervised_vertices(head_model, (n,)), pair) for n, pair in weights.weighted_vertices.items()]
    terms = {"shape3d": vertices.new_zeros(()), "reprojection": vertices.new_zeros(())}
    for subset, (shape, reprojection) in parts:
        some = vertices.index_select(1, subset)
        if shape:
            terms["shape3d"] = terms["shape3d"] + shape * shape_loss(some, targets.vertices.index_select(1, subset))
        if reprojection:
            wanted = targets.projected.index_select(1, subset)
            loss = reprojection_loss(camera.project(some), wanted)
            terms["reprojection"] = terms["reprojection"] + reprojection * loss
    return terms


def supervised_vertices(head_model: HeadModel, names: tuple[str, ...] | None = None) -> Tensor:
    """(K,) sorted vertex indices that L_3D and L_reproj see: the union of the named subsets.

    By default "head", as in the paper; with "eyes" and "mouth" where the head model has bounded blendshapes (ARKit's),
    or gaze, blink and tongue would get no gradient.
    """
    subsets = head_model.subsets
    if names is None:
        blendshapes = head_model.metadata.expression_bounds is not None
        names = tuple(name for name in ("head", "eyes", "mouth") if name == "head" or (blendshapes and name in subsets))
    unknown = [name for name in names if name not in subsets]
    if unknown or not names:
        raise ValueError(f"vertices: got the subsets {names}, expected some of {', '.join(sorted(subsets))}")
    return torch.cat([subsets[name] for name in names]).unique()


def landmark_loss(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Smooth L1, crop units. (B, 68, 2) twice, (B, 68) bool: inside the crop. Returns a scalar.

    A landmark outside the crop counts as if it were right: the mean is over all of them, as DAD-3DNet has it, so a
    head with few visible landmarks weighs little.
    """
    each = smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none")
    return (each * mask[..., None]).mean()


def shape_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_3D: mean squared error of (B, K, 3) vertices in head space, each mesh normalised to the cube. A scalar."""
    return mse_loss(normalized_to_cube(predicted), normalized_to_cube(target))


def normalized_to_cube(vertices: Tensor) -> Tensor:
    """(B, K, 3) metres -> (B, K, 3): the box about each mesh is centred at 0 and its longest side is 2.

    DAD-3DNet's words, in one step: subtract each axis' minimum, then half of each axis' maximum, divide by the largest
    coordinate left. (`min` and not `amin`: its gradient goes to one vertex and costs a third on the CPU.)
    """
    low, high = vertices.min(dim=1, keepdim=True).values, vertices.max(dim=1, keepdim=True).values
    return (vertices - (low + high) / 2) / ((high - low) / 2).amax(dim=2, keepdim=True)


def reprojection_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_reproj: smooth L1 of (B, K, 2) crop units, in 1/256 of the crop's side. Returns a scalar."""
    return smooth_l1_loss(_REPROJECTION_SIDE * predicted, _REPROJECTION_SIDE * target)


def euler_loss(predicted: Tensor, target: Tensor, lock: bool = True) -> Tensor:
    """L_euler: smooth L1 of wrapped differences of pitch, yaw and roll, degrees. (B, 3, 3) rotations twice; a scalar.

    Two departures (`lock`), neither of which changes anything for |yaw| < 75 and |pitch| well below 90. Every rotation
    has two triples, (p, y, r) and (p + 180, 180 - y, r + 180); the prediction's is the nearer to the target's, so
    that two heads a degree apart on either side of |pitch| = 90 do not differ by 180. And as |yaw| nears 90,
    where a rotation defines only pitch ± roll, these two fade with the smaller |cos(yaw)| of both rotations. Their
    errors grow as 1 / |cos(yaw)|, so the product is bounded by the angle between the rotations, and its gradient too.
    """
    angles, wanted = euler_from_rotation(predicted), euler_from_rotation(target)
    each = _angle_losses(angles - wanted)
    if not lock:
        return each.mean()
    other = _angle_losses(_other_triple(angles) - wanted)
    each = torch.where((other.sum(dim=-1) < each.sum(dim=-1))[..., None], other, each)
    return (each * _lock_weights(angles, wanted)).mean()


def _angle_losses(difference: Tensor) -> Tensor:
    wrapped = wrap_degrees(difference)
    return smooth_l1_loss(wrapped, torch.zeros_like(wrapped), reduction="none")


def _other_triple(angles: Tensor) -> Tensor:
    """(..., 3) pitch, yaw, roll, degrees -> the other triple of the same rotation."""
    return angles * angles.new_tensor([1.0, -1.0, 1.0]) + 180.0


@torch.no_grad()
def _lock_weights(angles: Tensor, wanted: Tensor) -> Tensor:
    """(..., 3) degrees twice -> (..., 3) weights of pitch, yaw, roll."""
    cosine = torch.minimum(*(torch.deg2rad(triple[..., 1]).cos().abs() for triple in (angles, wanted)))
    fading = (cosine / _LOCK_COSINE).clamp(max=1.0)
    return torch.stack((fading, torch.ones_like(fading), fading), dim=-1)


def shape_coefficient_loss(predicted: Tensor, targets: Targets, head_model: HeadModel) -> Tensor:
    """Smooth L1 of (B, S) shape coefficients, square up to one standard deviation; a scalar.

    A mean in which each component counts as far as it moves the vertices, root mean square: the first ones
    change the whole head, the last ones nothing that a photograph shows. Heads without coefficients are left out.
    """
    each = smooth_l1_loss(predicted, targets.shape, reduction="none", beta=_SHAPE_BETA)
    each = each @ (head_model.shape_movement / head_model.shape_movement.sum())
    return weighted_mean(each, targets.has_coefficients)


def expression_coefficient_loss(predicted: Tensor, targets: Targets) -> Tensor:
    """Smooth L1 of (B, E) expression coefficients, a scalar. Heads without coefficients are left out.

    Square up to a quarter of an expression's range: a linear loss would let expressions, zero in most photographs,
    rest at the median, which is zero.
    """
    each = smooth_l1_loss(predicted, targets.expression, reduction="none", beta=_EXPRESSION_BETA)
    return weighted_mean(each.mean(dim=-1), targets.has_coefficients)


def rotation_angle(predicted: Tensor, target: Tensor) -> Tensor:
    """The geodesic distance of (B, 3, 3) rotations, radians, (B,). Its gradient fades to zero at 0 and at π."""
    square = (predicted - target).square().sum(dim=(-2, -1))  # 8 sin²(angle / 2)
    tiny = 1e-6
    sine = (square + tiny).sqrt() - tiny**0.5
    cosine = ((8.0 - square).clamp(min=0.0) + tiny).sqrt()
    return 2.0 * torch.atan2(sine, cosine)


def heatmap_loss(heatmaps: Tensor, landmarks: Tensor, mask: Tensor) -> Tensor:
    """DAD-3DNet's soft IoU: 1 - sum(p t) / sum(p + t - p t), the mean over the landmarks inside the crop; a scalar.

    heatmaps: (B, 68, h, w) before the sigmoid; landmarks: (B, 68, 2) crop units; mask: (B, 68) bool.
    """
    predicted, wanted = heatmaps.sigmoid(), gaussian_heatmaps(landmarks, heatmaps)
    both = (predicted * wanted).sum(dim=(2, 3))
    either = (predicted + wanted).sum(dim=(2, 3)) - both
    return weighted_mean(1.0 - both / either.clamp(min=1e-6), mask)


@torch.no_grad()
def gaussian_heatmaps(landmarks: Tensor, like: Tensor) -> Tensor:
    """(B, N, 2) crop units -> (B, N, h, w): 1 at the landmark's cell, a Gaussian that ends five cells away.

    like: (B, N, h, w), which gives the memory layout too: on the CPU sums of two layouts take five times as long.
    """
    height, width = like.shape[-2:]
    cells = landmarks.new_tensor([width, height])
    centre = (landmarks * cells).floor()
    columns = torch.arange(width, device=landmarks.device) - centre[..., :1]
    rows = torch.arange(height, device=landmarks.device) - centre[..., 1:]
    fall = -0.5 / _HEATMAP_SIGMA**2
    across, down = (
        torch.where(steps.abs() <= _HEATMAP_RADIUS, (fall * steps.square()).exp(), torch.zeros_like(steps))
        for steps in (columns, rows)
    )
    return torch.mul(down[..., :, None], across[..., None, :], out=torch.empty_like(like))


def _landmark_term(prediction: Prediction, targets: Targets, partial: bool) -> Tensor:
    sums = prediction.partial_landmarks if partial else prediction.landmarks
    if sums is None:
        raise ValueError(
            "prediction: expected the landmarks after each layer, got None; the network gives both or none"
        )
    return landmark_loss(sums.float(), targets.landmarks, targets.landmark_mask)  # a leading L broadcasts
