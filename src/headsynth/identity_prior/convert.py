"""The identity prior made from its sources: Anny's phenotypes and sliders, ICT-FaceKit's modes of scanned people.

Noises, reaches and numbers of modes are by eye; the errors that they leave are measured in the report.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from headsynth.identity_prior.neutral_fit import NeutralFit, fit_neutral
from headsynth.identity_prior.prior import AVERAGE_ADULT, IdentityPrior, Phenotypes, mirror_factor
from trans3dhead.geometry.meshes import triangle_areas, vertex_normals
from trans3dhead.head_model.anny.frame import pitch_matrix
from trans3dhead.head_model.anny.ict_transfer import IctHead, read_ict, register, shaped
from trans3dhead.head_model.anny.identities import Sliders, blendshape_coefficients, rest_vertices, sample_local_changes
from trans3dhead.head_model.anny.source import AnnySource, load_source
from trans3dhead.head_model.anny.statistics import align
from trans3dhead.head_model.anny.subsets import alignment_weights, vertex_subsets
from trans3dhead.head_model.anny.surface import closest_points
from trans3dhead.head_model.head_model import HeadModel

_HELD_OUT = 0.25  # of the identities: those that the report measures
_CHUNK = 500
_SCAN_MODES = 100
_REACH, _AGREEMENT = 0.003, 0.6  # metres and cosine: where the other surface counts as covering a vertex
_NOISE = 0.005  # metres at each covered vertex: the weight of the fit against the ridge


_SOURCE = "Anny, the Python package anny, {}; ICT-FaceKit, identity modes"
_LICENCE = "Apache-2.0; Anny: Apache-2.0 from CC0 data; ICT-FaceKit: MIT, (c) 2020 USC ICT, notice in NOTICE"


@dataclass(frozen=True)
class PriorReport:
    """Figures of an identity prior; lengths are root mean squares over vertices of the face, millimetres."""

    identities: int
    phenotype_error_mm: float  # heads without local changes, held out, against the mean of their phenotypes
    phenotype_share: float  # R² of all heads with local changes, held out
    slider_mm: float
    scan_covered: int  # vertices
    scan_scale: float  # of the registration: ICT's centimetres against Anny's average adult
    scan_mm: float  # of all modes together, as displacement fields
    scan_kept_mm: float  # without what turns or moves the head
    scan_error_mm: float  # what the coefficients leave over of that
    scan_share: float  # R²
    neutral_scale: float  # of ICT's neutral head against ours fitted to it
    neutral_landmark_mm: float  # what is left between nose, eyes and mouth of the two: the mean distance
    neutral_surface_mm: float  # and between their surfaces

    def print(self) -> None:
        """Print the figures as a table on the terminal."""
        from rich.console import Console
        from rich.table import Table

        table = Table("figure", "value", title="Identity prior", show_header=False)
        for name, value in asdict(self).items():
            table.add_row(name.replace("_", " "), f"{value:.4g}")
        Console().print(table)


@dataclass(frozen=True)
class Carried:
    """Modes of another head model in the coefficients of ours."""

    coefficients: np.ndarray  # (M, S)
    covered: np.ndarray  # vertex indices
    scale: float
    total: float  # metres, RMS over covered vertices of all modes together: this and the next two
    kept: float  # without rigid motions
    error: float  # what the coefficients leave over of that


def convert_identity_prior(output: Path, ict: Path, count: int = 20_000, seed: int = 0) -> PriorReport:
    """Write the identity prior of the shipped head model; about two minutes.

    ict: ICT-FaceKit's arrays; count: sampled identities of Anny behind phenotypes and sliders. The report is also
    written into the file's metadata.
    """
    head, source = HeadModel.shipped(), load_source()
    signs, movement = head.shape_mirror.numpy(), head.shape_movement.double().numpy()
    random = np.random.default_rng(seed)
    phenotypes = _phenotypes(count, random)
    changes = sample_local_changes(source, count, random)
    plain = _coefficients(source, head, phenotypes, np.zeros_like(changes))
    varied = _coefficients(source, head, phenotypes, changes)
    features, fitted = phenotypes.features(), slice(int(_HELD_OUT * count), None)
    residual = varied - plain
    centre = residual[fitted].mean(axis=0)  # not zero: a slider's two ends are different shapes
    weights = np.linalg.lstsq(features[fitted], plain[fitted] + centre, rcond=1e-8)[0] * (signs > 0)
    sliders = mirror_factor((residual[fitted] - centre) / np.sqrt(count - fitted.start), signs, movement)
    scanned, adult = read_ict(ict, _SCAN_MODES), (AVERAGE_ADULT.features() @ weights)[0]
    carried, neutral = carry_modes(head, scanned, adult), fit_neutral(head, scanned, adult)
    scans = mirror_factor(carried.coefficients, signs, movement)
    prior = IdentityPrior(head.geometry_hash, weights, sliders, scans, neutral.coefficients - adult)
    held_out = slice(0, fitted.start)
    report = _report(head, features[held_out] @ weights, plain[held_out] + centre, varied[held_out], carried, neutral)
    notes = {name: f"{value:.4g}" for name, value in asdict(report).items()}
    prior.save(output, notes | {"seed": str(seed), "source": _SOURCE.format(source.version), "licence": _LICENCE})
    return report


def carry_modes(head: HeadModel, ict: IctHead, shape: np.ndarray) -> Carried:
    """ICT's modes as shape coefficients of `head`, registered to its head with the coefficients `shape`, (S,).

    Each mode's displacement is read at the points of ICT's surface nearest to our vertices and reproduced by a ridge
    regression whose prior is that of the coefficients, so what ICT does not cover follows as it would on average.
    Rigid motions are fitted along and dropped: our heads are aligned.
    """
    basis = head.shape_basis.double().numpy()
    vertices = head.template.double().numpy() + np.tensordot(shape, basis, axes=1)
    triangles = head.triangles.numpy()
    skin = np.isin(triangles, head.subsets["skin"].numpy()).all(axis=1)
    eyes = np.stack([vertices[head.subsets[side].numpy()].mean(axis=0) for side in ("left_eye", "right_eye")])
    found = register(ict, vertices, triangles[skin], eyes)
    placed = found.place(shaped(ict, found.coefficients))
    covered, corners, weights = _cover(head, vertices, triangles[skin], ict, placed)
    area = np.sqrt(_area(vertices, triangles, covered))[:, None]
    moves = np.concatenate((basis[:, covered], _rigid_moves(vertices[covered]))) * area
    fields = found.turn(np.einsum("mvcj,vc->mvj", ict.modes[:, corners], weights)) * area
    solved = _ridge(moves, fields, len(basis), _NOISE)
    kept = fields - np.tensordot(solved[:, len(basis) :], moves[len(basis) :], axes=1)
    error = fields - np.tensordot(solved, moves, axes=1)
    sizes = [float(np.sqrt((field**2).sum(axis=(0, 2)).mean())) for field in (fields, kept, error)]
    return Carried(solved[:, : len(basis)], covered, found.scale, *sizes)


def _cover(
    head: HeadModel, vertices: np.ndarray, skin: np.ndarray, ict: IctHead, placed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices of our skin without the neck that the placed surface covers; its (n, 3) vertices and weights there."""
    points = np.setdiff1d(head.subsets["skin"].numpy(), head.subsets["neck"].numpy())
    found, triangle, weights = closest_points(vertices[points], placed, ict.triangles, candidates=20)
    normals = (vertex_normals(placed, ict.triangles)[ict.triangles[triangle]] * weights[..., None]).sum(axis=1)
    agreement = (normals * vertex_normals(vertices, skin)[points]).sum(axis=1)
    good = (np.linalg.norm(found - vertices[points], axis=1) < _REACH) & (agreement > _AGREEMENT)
    return points[good], ict.triangles[triangle[good]], weights[good]


def _rigid_moves(points: np.ndarray) -> np.ndarray:
    """(6, n, 3): shifts along the axes and turns about them, to first order."""
    axes = np.eye(3)
    shifts = np.broadcast_to(axes[:, None], (3, len(points), 3))
    arms = (points - points.mean(axis=0)) / 0.1
    return np.concatenate((shifts, np.cross(axes[:, None], arms[None])))


def _ridge(moves: np.ndarray, fields: np.ndarray, bounded: int, noise: float) -> np.ndarray:
    """(M, K) weights of the (K, n, 3) moves that give the (M, n, 3) fields; the first `bounded` are standard normal."""
    matrix, target = moves.reshape(len(moves), -1), fields.reshape(len(fields), -1)
    ridge = np.diag(np.where(np.arange(len(moves)) < bounded, noise**2, 0.0))
    return np.linalg.solve(matrix @ matrix.T + ridge, matrix @ target.T).T


def _area(vertices: np.ndarray, triangles: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(n,) the area around each of the chosen vertices, relative to their mean."""
    area = triangle_areas(vertices, triangles)
    around = np.bincount(triangles.ravel(), np.repeat(area, 3), minlength=len(vertices))[chosen]
    return around / around.mean()


def _phenotypes(count: int, random: np.random.Generator) -> Phenotypes:
    """All ages and builds, for the regression; not a population."""
    ages = random.uniform(0.0, 90.0, count) * np.where(random.random(count) < 0.4, 0.25, 1.0)
    ancestry = random.dirichlet((0.6, 0.6, 0.6), count)
    build = np.clip(random.normal(0.5, 0.25, (4, count)), 0.0, 1.0)
    return Phenotypes(ages, random.random(count), ancestry, *build)


def _coefficients(source: AnnySource, head: HeadModel, phenotypes: Phenotypes, changes: np.ndarray) -> np.ndarray:
    """(N, S) shape coefficients of Anny's heads, aligned as the head model's own were."""
    values = {
        "age": phenotypes.age_slider,
        "gender": phenotypes.female,
        **{name: getattr(phenotypes, name) for name in ("weight", "muscle", "height", "proportions")},
        **dict(zip(("african", "asian", "caucasian"), phenotypes.ancestry.T, strict=True)),
    }
    half = np.full(len(changes), 0.5)
    sliders = np.stack([values.get(label, half) for label in source.model.phenotype_labels], axis=1)
    basis = head.shape_basis.double().numpy().reshape(head.layout.shape, -1)
    template, weights = head.template.double().numpy(), alignment_weights(source, vertex_subsets(source))
    turn = pitch_matrix(head.metadata.frame_pitch).T.astype(np.float32)
    found = []
    for start in range(0, len(changes), _CHUNK):
        part = Sliders(sliders[start : start + _CHUNK], changes[start : start + _CHUNK])
        heads = rest_vertices(source, blendshape_coefficients(source, part))[:, : source.head_vertices] @ turn
        align(heads, template, weights)
        found.append((heads - template).reshape(len(heads), -1) @ basis.T)
    return np.linalg.solve(basis @ basis.T, np.concatenate(found).T).T


def _report(
    head: HeadModel,
    expected: np.ndarray,
    plain: np.ndarray,
    varied: np.ndarray,
    carried: Carried,
    neutral: NeutralFit,
) -> PriorReport:
    """The figures of a prior on held-out identities, (N, S) each: `expected` from their phenotypes, `plain` without and
    `varied` with local changes.
    """
    face = head.shape_basis[:, head.subsets["face"]].double().numpy()
    gram = face.reshape(len(face), -1) @ face.reshape(len(face), -1).T / face.shape[1]

    def size(coefficients: np.ndarray) -> float:
        return float(1e3 * np.sqrt(np.einsum("ns,st,nt->n", coefficients, gram, coefficients).mean()))

    return PriorReport(
        identities=len(varied),
        phenotype_error_mm=size(plain - expected),
        phenotype_share=1.0 - (size(varied - expected) / size(varied - varied.mean(axis=0))) ** 2,
        slider_mm=size(varied - plain),
        scan_covered=len(carried.covered),
        scan_scale=carried.scale,
        scan_mm=1e3 * carried.total,
        scan_kept_mm=1e3 * carried.kept,
        scan_error_mm=1e3 * carried.error,
        scan_share=1.0 - (carried.error / carried.kept) ** 2,
        neutral_scale=neutral.scale,
        neutral_landmark_mm=1e3 * neutral.landmark_error,
        neutral_surface_mm=1e3 * neutral.surface_error,
    )
