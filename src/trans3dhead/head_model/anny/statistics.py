"""Rigid alignment and principal components of many heads, symmetric and antisymmetric parts apart."""

from dataclasses import dataclass

import numpy as np

_FLIP = np.array([-1, 1, 1], dtype=np.float32)
_CHUNK = 500
_OVERSAMPLING, _POWER_ITERATIONS = 40, 5


@dataclass(frozen=True)
class Components:
    """Principal components of a mirror-symmetric population, in order of falling deviation."""

    mean: np.ndarray  # (V, 3) float64 metres, mirror-symmetric
    basis: np.ndarray  # (S, V, 3) float64 metres for one standard deviation
    signs: np.ndarray  # (S,) +1 symmetric, -1 antisymmetric
    scores: np.ndarray  # (N, S) of the heads themselves, in standard deviations


def rigid_alignment(heads: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rotation and translation that bring each head nearest to the target, weighted least squares, no scaling.

    heads: (N, V, 3); target: (V, 3) metres; weights: (V,) >= 0. Returns (N, 3, 3) and (N, 3): aligned = R x + t.
    """
    share = weights / weights.sum()
    used = np.flatnonzero(share)
    source = heads[:, used].astype(np.float64)
    centres, centre = np.einsum("v,nvk->nk", share[used], source), share[used] @ target[used]
    covariance = np.einsum("v,vi,nvj->nij", share[used], target[used] - centre, source - centres[:, None])
    left, _, right = np.linalg.svd(covariance)
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    rotation = left @ right
    return rotation, centre - np.einsum("nij,nj->ni", rotation, centres)


def align(heads: np.ndarray, target: np.ndarray, weights: np.ndarray) -> None:
    """Move each of the (N, V', 3) heads onto the (V, 3) target, in place; the target covers the first V vertices."""
    for start in range(0, len(heads), _CHUNK):
        part = heads[start : start + _CHUNK]
        rotation, translation = rigid_alignment(part[:, : len(target)], target, weights)
        part[:] = part @ rotation.transpose(0, 2, 1).astype(part.dtype) + translation[:, None].astype(part.dtype)


def mirror_heads(heads: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """(..., V, 3) -> the mirrored heads, vertex for vertex."""
    return heads[..., mirror, :] * _FLIP.astype(heads.dtype)


def principal_components(heads: np.ndarray, mirror: np.ndarray, count: int, seed: int) -> Components:
    """The `count` strongest components of the heads together with their mirror images.

    heads: (N, V, 3) float32 metres, aligned. Of such a population every component is symmetric or antisymmetric.
    """
    mean = heads.mean(axis=0, dtype=np.float64)
    mean = (mean + mirror_heads(mean, mirror)) / 2
    offsets = heads - mean.astype(np.float32)
    mirrored = mirror_heads(offsets, mirror)
    components = []
    for sign in (1, -1):
        half = ((offsets + sign * mirrored) / 2).reshape(len(heads), -1)
        directions, deviations = _strongest(half, count, seed)
        directions = directions.reshape(len(directions), -1, 3)
        directions = (directions + sign * mirror_heads(directions, mirror)) / 2  # exact, not to rounding
        scores = half @ directions.reshape(len(directions), -1).T.astype(half.dtype) / deviations
        components += [(d, b * d, sign, s) for b, d, s in zip(directions, deviations, scores.T, strict=True)]
    components.sort(key=lambda item: -item[0])
    _, basis, signs, kept = zip(*components[:count], strict=True)
    return Components(mean, np.stack(basis), np.array(signs), np.stack(kept, axis=1))


def regress(values: np.ndarray, scores: np.ndarray, mirror: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """What one standard deviation of each component does to other vertices of the same heads.

    values: (N, U, 3) metres; scores: (N, S); mirror: (U,); signs: (S,). Returns (S, U, 3), mirror-exact as in the head.
    """
    offsets = (values - values.mean(axis=0, dtype=np.float64).astype(np.float32)).reshape(len(values), -1)
    basis = np.linalg.solve(scores.T @ scores, scores.T @ offsets).reshape(scores.shape[1], -1, 3)
    return (basis + signs[:, None, None] * mirror_heads(basis, mirror)) / 2


def reconstruct(heads: np.ndarray, mean: np.ndarray, basis: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares reconstruction from the first `count` components.

    heads: (N, V, 3) metres. Returns (N, V) distances in metres and (N, count) coefficients.
    """
    matrix = basis[:count].reshape(count, -1).astype(np.float64)
    offsets = (heads - mean).reshape(len(heads), -1)
    coefficients = np.linalg.solve(matrix @ matrix.T, matrix @ offsets.T).T
    residual = (offsets - coefficients @ matrix).reshape(heads.shape)
    return np.linalg.norm(residual, axis=-1), coefficients


def _strongest(samples: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Randomised SVD with power iterations. samples: (N, D) float32, zero mean. Returns (n, D) and (n,) deviations."""
    random = np.random.default_rng(seed)
    width = min(count + _OVERSAMPLING, *samples.shape)
    probe = np.linalg.qr(samples.T @ random.normal(size=(len(samples), width)).astype(np.float32))[0]
    for _ in range(_POWER_ITERATIONS):
        probe = np.linalg.qr(samples.T @ np.linalg.qr(samples @ probe)[0])[0]
    _, values, directions = np.linalg.svd((samples @ probe).astype(np.float64), full_matrices=False)
    deviations = values / np.sqrt(len(samples))
    kept = deviations[:count] > 1e-7  # metres over the whole head: below it there is only rounding
    return (directions @ probe.T.astype(np.float64))[:count][kept], deviations[:count][kept]
