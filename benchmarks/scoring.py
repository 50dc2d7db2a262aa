"""Speed and memory of the DAD-3DHeads metrics, against the loops of their definition, interleaved in one run.

    python benchmarks/scoring.py -o out/scoring.json

Makes heads of FLAME's size (5,023 vertices; subsets of 3,669 and 2,094) at random, writes them as the official
ground truth and submission, and times what `trans3dhead evaluate dad` does with such files. The literal loops (a full
matrix of distances, two Python loops for Z5, all pairs for Chamfer) take a few heads between; the ratio is per head.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from trans3dhead.data.dad3dheads import MeshAnnotation
from trans3dhead.evaluation.dad3dheads import GroundTruth, read_ground_truth, write_ground_truth
from trans3dhead.evaluation.head_alignment import TrueHead, score_head_alignment
from trans3dhead.evaluation.predictions import PredictedHead, read_predictions
from trans3dhead.evaluation.write_predictions import write_submission
from trans3dhead.head_model import SEVEN_LANDMARKS, MeshTopology
from trans3dhead.metrics.meshes import procrustes

VERTICES, HEAD, FACE = 5_023, 3_669, 2_094


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--heads", type=int, default=1_000)
    parser.add_argument("--literal", type=int, default=3, help="heads that the loops take")
    arguments = parser.parse_args()
    topology = random_topology()
    with tempfile.TemporaryDirectory() as folder:
        truth_file, submission = Path(folder) / "truth.json", Path(folder) / "submission.json"
        heads = list(random_heads(arguments.heads))
        write_ground_truth(truth_file, heads)
        write_submission(submission, {head.id: prediction(head, topology) for head in heads})
        few = [head.true_head(topology) for head in heads[: arguments.literal]]
        answers = [prediction(head, topology) for head in heads[: arguments.literal]]
        del heads
        seconds = time_all(truth_file, submission, topology, few, answers)
    report(seconds, arguments.heads, arguments.output)


def random_topology() -> MeshTopology:
    """Subsets of FLAME's sizes, landmarks anywhere."""
    rng = np.random.default_rng(0)
    return MeshTopology(
        vertices=VERTICES,
        landmark_corners=rng.integers(VERTICES, size=(68, 3)),
        landmark_weights=rng.dirichlet((1, 1, 1), size=68),
        head=np.sort(rng.permutation(VERTICES)[:HEAD]),
        face=np.sort(rng.permutation(VERTICES)[:FACE]),
    )


def random_heads(count: int) -> Iterator[GroundTruth]:
    """Points on wrinkled ellipsoids before an OpenGL camera."""
    rng = np.random.default_rng(1)
    projection = np.array([[900.0, 0, -256, 0], [0, 900.0, -256, 0], [0, 0, -1, 0], [0, 0, -1, 0]])
    for number in range(count):
        points = rng.normal(size=(VERTICES, 3))
        vertices = np.array([0.08, 0.12, 0.1]) * points / np.linalg.norm(points, axis=1, keepdims=True)
        vertices += rng.normal(scale=0.002, size=vertices.shape)
        model_view = np.eye(4)
        model_view[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        model_view[:3, :3] *= np.sign(np.linalg.det(model_view[:3, :3]))
        model_view[2, 3] = -2.0
        mesh = MeshAnnotation(vertices, model_view, projection)
        yield GroundTruth(f"{number:06d}", np.array([100.0, 90.0, 200.0, 260.0]), mesh, 512.0)


def prediction(head: GroundTruth, topology: MeshTopology) -> PredictedHead:
    """The truth, a millimetre or two off."""
    rng = np.random.default_rng(int(head.id))
    truth = head.true_head(topology)
    vertices = truth.vertices + rng.normal(scale=0.001, size=truth.vertices.shape)
    return PredictedHead(
        rotation=truth.rotation,
        euler=None,
        landmarks=truth.landmarks + rng.normal(scale=2.0, size=truth.landmarks.shape),
        seven_landmarks=topology.landmarks(vertices)[list(SEVEN_LANDMARKS)],
        vertices=vertices,
    )


def time_all(
    truth_file: Path, submission: Path, topology: MeshTopology, few: list[TrueHead], answers: list[PredictedHead]
) -> dict[str, float]:
    """Seconds of each part; "loops" for one head."""
    seconds = {}
    start = time.perf_counter()
    predictions = read_predictions(submission)
    seconds["read the submission"] = time.perf_counter() - start
    start = time.perf_counter()
    truth = read_ground_truth(truth_file)
    seconds["read the ground truth"] = time.perf_counter() - start
    start = time.perf_counter()
    score_head_alignment((head.true_head(topology) for head in truth), topology, predictions, "benchmark")
    seconds["all metrics"] = time.perf_counter() - start
    each = []
    for head, answer in zip(few, answers, strict=True):
        start = time.perf_counter()
        literal(head, answer, topology)
        each.append(time.perf_counter() - start)
    seconds["loops, one head"] = statistics.median(each)
    return seconds


def literal(head: TrueHead, answer: PredictedHead, topology: MeshTopology) -> tuple[float, float]:
    """Z5 and Chamfer by the words of their definition."""
    truth, predicted = head.vertices[topology.head], answer.vertices[topology.head]
    order = np.argsort(np.linalg.norm(truth[:, None] - truth[None], axis=-1), axis=0)
    same = 0
    for i in range(len(truth)):
        for j in order[i, 1:6]:
            same += (truth[i, 2] >= truth[j, 2]) == (predicted[i, 2] >= predicted[j, 2])
    landmarks = topology.landmarks(head.vertices)
    scale = 20 / np.linalg.norm(landmarks[39] - landmarks[42])
    aligned = procrustes(scale * landmarks[list(SEVEN_LANDMARKS)], answer.seven_landmarks)(answer.vertices)
    face = scale * head.vertices[topology.face]
    nearest = [((point - aligned) ** 2).sum(axis=1).min() for point in face]
    return same / (5 * len(truth)), float(np.mean(nearest))


def report(seconds: dict[str, float], heads: int, output: Path | None) -> None:
    """The table, and the same as JSON."""
    total = sum(value for name, value in seconds.items() if "loops" not in name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    ratio = seconds["loops, one head"] / (seconds["all metrics"] / heads)
    table = Table("work", "seconds", title=f"{heads} heads of {VERTICES} vertices, both Z5")
    for name, value in seconds.items():
        table.add_row(name, f"{value:.2f}")
    console = Console()
    console.print(table)
    console.print(
        f"{total:.1f} s from files to figures, {peak:.2f} GiB at most; {ratio:.0f} times the speed of the loops"
    )
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        figures = {"heads": heads, "seconds": seconds, "total": total, "peak_gib": peak, "ratio": ratio}
        output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
