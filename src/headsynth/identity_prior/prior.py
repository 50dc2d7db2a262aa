"""How heads vary with age, gender and ancestry, and apart from them: a linear-Gaussian model of shape coefficients.

The file `identity_prior.safetensors` belongs to one head model. It holds, for S shape coefficients:

    phenotype_weights (112, S)   features of the phenotypes -> the mean head of such people
    sliders (R, S)               rows r: z @ sliders is how an artist's sliders vary one head from that mean
    scans (M, S)                 the same, learned from scanned people
    scan_mean (S,)               the average scanned adult minus the average adult of the phenotypes

The years of Anny's slider have their sources beside them; all else is fitted (`convert`).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from headsynth.weights import generator_folder
from trans3dhead.files import write_atomically
from trans3dhead.head_model.head_model import HeadModel
from trans3dhead.reading.safetensors_header import NUMPY_DTYPES, read_header

FORMAT = "trans3dhead identity prior 1"
FILE = "identity_prior.safetensors"
# Years against Anny's age slider, on which 0 is a baby, 1/3 a child, 2/3 a young adult, 1 old: up to 11 years Anny's
# own calibration with the heights of children; 25 and 90 years are MakeHuman's young and old; a bent line between.
_YEARS = np.array([0.0, 1.0, 4.0, 11.0, 18.0, 25.0, 90.0])
_SLIDER = np.array([0.0, 0.05, 0.215, 0.415, 0.64, 2.0 / 3.0, 1.0])
_AGES, _AMOUNTS = np.array([0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]), np.array([0.0, 0.5, 1.0])
_ARRAYS = ("phenotype_weights", "sliders", "scans", "scan_mean")


@dataclass(frozen=True)
class Phenotypes:
    """What Anny's macro sliders say of N people; all from 0 to 1 but the age."""

    age: np.ndarray  # (N,) years
    female: np.ndarray  # (N,) 0 male to 1 female
    ancestry: np.ndarray  # (N, 3) shares of african, asian, european
    weight: np.ndarray  # (N,) 0.5 is average, as for the next three
    muscle: np.ndarray  # (N,)
    height: np.ndarray  # (N,)
    proportions: np.ndarray  # (N,)

    @property
    def age_slider(self) -> np.ndarray:
        """(N,) Anny's age slider, 0 a baby to 1 old."""
        return np.interp(self.age, _YEARS, _SLIDER)

    def features(self) -> np.ndarray:
        """(N, 112): the products that Anny itself blends, so heads without local changes are linear in them."""
        life = _product(_hats(self.age_slider, _AGES), np.stack((1.0 - self.female, self.female), axis=1))
        build = _product(_hats(self.muscle, _AMOUNTS), _hats(self.weight, _AMOUNTS))
        sizes = np.stack((self.height, self.proportions), axis=1) - 0.5
        return np.concatenate([_product(life, part) for part in (self.ancestry, build, sizes)], axis=1)


AVERAGE_ADULT = Phenotypes(np.array([30.0]), np.array([0.5]), np.full((1, 3), 1 / 3), *[np.array([0.5])] * 4)


@dataclass(frozen=True)
class IdentityPrior:
    """The content of an identity prior's file, all arrays float32."""

    geometry_hash: str  # of the head model whose coefficients these are
    phenotype_weights: np.ndarray  # (112, S)
    sliders: np.ndarray  # (R, S), by falling size of what a row does
    scans: np.ndarray  # (M, S), likewise
    scan_mean: np.ndarray  # (S,)

    @classmethod
    def shipped(cls) -> "IdentityPrior":
        """The one that comes with the package, for the head model "anny"."""
        return cls.load(generator_folder() / FILE)

    @classmethod
    def load(cls, path: Path) -> "IdentityPrior":
        """Read a file; a ValueError says what is wrong with it."""
        try:
            metadata = read_header(path, NUMPY_DTYPES).metadata
            with safe_open(path, framework="np") as file:
                arrays = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            raise ValueError(f"{path}: expected an identity prior, got {error}") from error
        if metadata.get("format") != FORMAT or set(arrays) != set(_ARRAYS):
            found = f"{metadata.get('format')!r} with {sorted(arrays)}"
            raise ValueError(f"{path}: expected {FORMAT!r} with {sorted(_ARRAYS)}, got {found}")
        prior = cls(metadata.get("geometry_hash", ""), **arrays)
        prior._check(str(path))
        return prior

    def save(self, path: Path, notes: dict[str, str]) -> None:
        """Write the file, arrays as float16. notes: source, licence and figures, for readers."""
        arrays = {name: np.ascontiguousarray(getattr(self, name), np.float16) for name in _ARRAYS}
        metadata = {"format": FORMAT, "geometry_hash": self.geometry_hash, "notes": json.dumps(notes, sort_keys=True)}
        write_atomically(path, save(arrays, metadata))

    def of(self, head: HeadModel) -> "IdentityPrior":
        """Itself; a ValueError when the head model is another one than that of the coefficients."""
        if head.geometry_hash != self.geometry_hash:
            raise ValueError(
                f"identity prior: belongs to the head model with hash {self.geometry_hash[:12]}, got {head.name!r} "
                f"with {head.geometry_hash[:12]}; make it again with `trans3dhead convert identity-prior`"
            )
        return self

    def mean(self, phenotypes: Phenotypes) -> np.ndarray:
        """(N, S) the coefficients of the mean head of such people."""
        return phenotypes.features() @ self.phenotype_weights

    def _check(self, where: str) -> None:
        width = self.scan_mean.shape[-1]
        expected: dict[str, tuple[int, ...]] = {
            "phenotype_weights": (AVERAGE_ADULT.features().shape[1], width),
            "sliders": (len(self.sliders), width),
            "scans": (len(self.scans), width),
            "scan_mean": (width,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"{where}: {name}: expected finite numbers of shape {shape}, got {array.shape}")


def mirror_factor(rows: np.ndarray, signs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Rows F, (R, S) with F^T F = the covariance rows^T rows averaged with that of the mirrored heads.

    rows: (N, S); signs: (S,) those of mirrored coefficients; weights: (S,) how far each coefficient moves a head, by
    which the rows come in falling order. Each row is mirror-symmetric or antisymmetric, so that heads and mirrored
    heads are equally likely.
    """
    found = []
    for sign in (1, -1):
        chosen = signs == sign
        _, values, directions = np.linalg.svd(rows[:, chosen] * weights[chosen], full_matrices=False)
        half = np.zeros((len(values), rows.shape[1]))
        half[:, chosen] = values[:, None] * directions / weights[chosen]
        found.append((values, half))
    values, factor = np.concatenate([v for v, _ in found]), np.concatenate([h for _, h in found])
    kept = np.argsort(-values, kind="stable")
    return factor[kept[values[kept] > 1e-6 * values.max()]]


def _hats(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """(N,) -> (N, K) the weights of linear interpolation between evenly spaced knots."""
    clipped = np.clip(values, knots[0], knots[-1])
    return np.maximum(0.0, 1.0 - np.abs(clipped[:, None] - knots) / (knots[1] - knots[0]))


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Products of all pairs of features, (N, A) and (N, B) -> (N, A·B)."""
    return (first[:, :, None] * second[:, None]).reshape(len(first), -1)
