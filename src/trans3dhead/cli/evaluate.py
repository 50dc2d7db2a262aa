"""`trans3dhead evaluate`: the benchmarks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trans3dhead.cli.errors import reported
from trans3dhead.cli.evaluation_ends import check_place, finish, print_count
from trans3dhead.cli.evaluation_options import (
    Detect,
    Flip,
    Given,
    MediapipeTask,
    Model,
    OfCheckpointOrSet,
    Output,
    OwnHeadModel,
    Reannotated,
    SkipBad,
    Strict,
)
from trans3dhead.cli.predictor_options import CloserLook
from trans3dhead.cli.progress import with_progress
from trans3dhead.defaults import DEFAULT_DETECTOR, reader_of

if TYPE_CHECKING:
    from trans3dhead.data.annotated_photographs import AnnotatedHead
    from trans3dhead.evaluation.predict import UnmatchedBox
    from trans3dhead.evaluation.predictions import Predictions
    from trans3dhead.evaluation.report import Report
    from trans3dhead.head_model import HeadModel, MeshTopology
    from trans3dhead.inference import Predictor

app = typer.Typer(help="Score a model, or anybody's predictions, on the benchmarks.", no_args_is_help=True)


@app.command()
@reported
def photographs(
    folder: Annotated[Path, typer.Argument(help="Photographs with an annotations.json or .pts files beside them.")],
    model: Model = "small",
    predictions: Given = None,
    head_model: OwnHeadModel = None,
    detector: Annotated[
        str, typer.Option(help="heads or heads:PATH, cascade, yunet:PATH; counted with --model.")
    ] = DEFAULT_DETECTOR,
    mediapipe_task: MediapipeTask = None,
    skip_bad: SkipBad = False,
    flip: Flip = False,
    closer_look: CloserLook = "auto",
    strict: Strict = False,
    output: Output = None,
) -> None:
    """Pose and 68 landmarks with boxes from the true landmarks, and how many heads the detector finds."""
    from trans3dhead.data.annotated_photographs import read_annotations_json, read_pts
    from trans3dhead.evaluation.aflw2000 import score_aflw2000
    from trans3dhead.evaluation.photographs import find_heads, score_detector
    from trans3dhead.evaluation.pictures import draw_predictions, draw_unmatched, truth_of_annotated

    check_place(output)
    reader = read_annotations_json if (folder / "annotations.json").is_file() else read_pts
    heads, unreadable = reader(folder, skip_bad)
    mediapipe = _mediapipe_blendshapes(mediapipe_task, heads)
    false: Sequence[UnmatchedBox] = ()
    looks = None if predictions else reader_of(model, closer_look)
    if predictions:
        found = _read_predictions(predictions, flip, closer_look)
        report = score_aflw2000(heads, found, folder.name, published=())
    else:
        predictor = _predictor(model, head_model, flip, closer_look, detector)
        found = find_heads(with_progress(heads), predictor, detect=False)
        report, false = score_detector(score_aflw2000(heads, found, folder.name, published=()), heads, predictor)
    report = _with_mediapipe(report, mediapipe, found)
    draw = draw_predictions(truth_of_annotated(heads), found)
    pictures = {"false_boxes.jpg": draw_unmatched(false)}
    finish(report, output, draw, pictures, strict=strict, flip=flip, closer_look=looks, unreadable=unreadable)


@app.command()
@reported
def aflw2000(
    root: Annotated[Path, typer.Argument(help="AFLW2000-3D: *.jpg, each with its *.mat.")],
    model: Model = "small",
    predictions: Given = None,
    head_model: OwnHeadModel = None,
    reannotated: Reannotated = None,
    mediapipe_task: MediapipeTask = None,
    detect: Detect = False,
    skip_bad: SkipBad = False,
    flip: Flip = False,
    closer_look: CloserLook = "auto",
    strict: Strict = False,
    output: Output = None,
) -> None:
    """AFLW2000-3D: errors of pitch, yaw and roll, and NME of 68 landmarks by bins of yaw."""
    from trans3dhead.data.annotated_photographs import read_aflw2000
    from trans3dhead.data.landmark_files import read_landmark_file
    from trans3dhead.evaluation.aflw2000 import score_aflw2000
    from trans3dhead.evaluation.photographs import find_heads
    from trans3dhead.evaluation.pictures import draw_predictions, truth_of_annotated

    check_place(output)
    heads, unreadable = read_aflw2000(root, skip_bad)
    new_points = None if reannotated is None else read_landmark_file(reannotated, [head.id for head in heads])
    mediapipe = _mediapipe_blendshapes(mediapipe_task, heads)
    looks = None if predictions else reader_of(model, closer_look)
    if predictions:
        found = _read_predictions(predictions, flip, closer_look)
    else:
        found = find_heads(with_progress(heads), _predictor(model, head_model, flip, closer_look), detect)
    draw = draw_predictions(truth_of_annotated(heads), found)
    report = _with_mediapipe(score_aflw2000(heads, found, reannotated=new_points), mediapipe, found)
    finish(report, output, draw, strict=strict, flip=flip, closer_look=looks, unreadable=unreadable)


@app.command()
@reported
def dad(
    ground_truth: Annotated[Path | None, typer.Option(help="The benchmark's ground truth file.")] = None,
    root: Annotated[Path | None, typer.Option(help="A DAD-3DHeads folder, in place of --ground-truth.")] = None,
    split: Annotated[str, typer.Option(help="Which split of --root: train or val.")] = "val",
    submission: Annotated[Path | None, typer.Option(help="The official submission.")] = None,
    predictions: Given = None,
    static: Annotated[
        Path | None, typer.Option(help="model_training/model/static of a DAD-3DHeads checkout: FLAME's indices.")
    ] = None,
    head_model: Annotated[
        Path | None, typer.Option("--head-model", help="Head model file of the ground truth, in place of --static.")
    ] = None,
    save_ground_truth: Annotated[
        Path | None, typer.Option(help="Write the ground truth of --root to this file, as the official code has it.")
    ] = None,
    skip_bad: SkipBad = False,
    strict: Strict = False,
    output: Output = None,
) -> None:
    """The DAD-3DHeads benchmark: NME, Z5, Chamfer and pose error, overall and by attribute."""
    from trans3dhead.evaluation.dad3dheads import open_ground_truth, write_ground_truth
    from trans3dhead.evaluation.head_alignment import score_head_alignment
    from trans3dhead.evaluation.pictures import draw_predictions
    from trans3dhead.evaluation.published import DAD_3DHEADS_TEST

    check_place(output)
    file = _one_of(submission, predictions)
    truth = open_ground_truth(ground_truth, root, split, skip_bad)
    if save_ground_truth is not None:
        write_ground_truth(save_ground_truth, truth.heads())
        print_count(save_ground_truth, len(truth), "heads")
    if file is None:
        if save_ground_truth is not None:
            return
        raise ValueError("predictions: expected --submission FILE or --predictions FILE; see `trans3dhead submit`")
    topology, found = _topology(static, head_model), _read_predictions(file)
    heads = (head.true_head(topology) for head in with_progress(truth.heads(), len(truth)))
    report = score_head_alignment(heads, topology, found, truth.title, DAD_3DHEADS_TEST)
    finish(report, output, draw_predictions(truth.lookup(topology), found), strict=strict, unreadable=truth.unreadable)


@app.command()
@reported
def synthetic(
    folder: Annotated[Path, typer.Argument(help="The set; rendered first where it is not there yet.")] = Path(
        "data/synth-test"
    ),
    assets: Annotated[Path | None, typer.Option(help="Assets to render it with; see docs/synthetic-data.md.")] = None,
    model: Model = "small",
    predictions: Given = None,
    head_model: OfCheckpointOrSet = None,
    flip: Flip = False,
    closer_look: CloserLook = "auto",
    strict: Strict = False,
    output: Output = None,
) -> None:
    """A fixed set of 1,000 synthetic photographs with exact labels: all metrics of 3D head alignment."""
    from trans3dhead.evaluation.pictures import draw_predictions
    from trans3dhead.evaluation.predict import predict_heads
    from trans3dhead.evaluation.synthetic import (
        head_model_of,
        heads_to_find,
        open_test_set,
        render_test_set,
        score_synthetic,
        truth_of_set,
    )

    check_place(output)
    if not folder.exists():
        render_test_set(folder, assets)
    photographs = open_test_set(folder)
    of_labels = head_model_of(photographs, _head_model(head_model))
    looks = None if predictions else reader_of(model, closer_look)
    if predictions:
        found = _read_predictions(predictions, flip, closer_look)
    else:
        wanted = with_progress(heads_to_find(photographs), len(photographs))
        found = predict_heads(_predictor(model, head_model, flip, closer_look), wanted)
    report = score_synthetic(photographs, of_labels, found, folder.name)
    draw = draw_predictions(truth_of_set(photographs, of_labels), found)
    finish(report, output, draw, strict=strict, flip=flip, closer_look=looks)


@app.command()
@reported
def detection(
    folder: Annotated[Path, typer.Argument(help="The set; rendered first where it is not there yet.")] = Path(
        "data/scenes-test"
    ),
    assets: Annotated[Path | None, typer.Option(help="Assets to render it with; see docs/synthetic-data.md.")] = None,
    detector: Annotated[str, typer.Option(help="heads or heads:PATH, cascade, yunet:PATH.")] = DEFAULT_DETECTOR,
    output: Output = None,
) -> None:
    """A fixed set of 1,000 synthetic scenes with every head labelled: what a detector finds, and how well."""
    from trans3dhead.evaluation import detection as protocol
    from trans3dhead.evaluation.pictures import draw_unmatched
    from trans3dhead.evaluation.synthetic import head_model_of

    check_place(output)
    if not folder.exists():
        protocol.render_test_set(folder, assets)
    photographs = protocol.open_test_set(folder)
    found, threshold = protocol.detect_scenes(photographs, head_model_of(photographs), detector)
    scenes = list(with_progress(found, len(photographs)))
    report = protocol.score_detection(scenes, threshold, f"{folder.name}: {detector}")
    false = {"false_boxes.jpg": draw_unmatched(protocol.false_boxes(scenes, photographs, threshold))}
    finish(report, output, protocol.draw_scenes(scenes, photographs, threshold), false)


def _predictor(
    model: str, head_model: Path | None, flip: bool, closer_look: str, detector: str = DEFAULT_DETECTOR
) -> "Predictor":
    from trans3dhead.inference import Predictor

    return Predictor(model, detector, head_model=head_model, flip=flip, closer_look=closer_look)


def _head_model(path: Path | None) -> "HeadModel | None":
    from trans3dhead.head_model import HeadModel

    return None if path is None else HeadModel.load(path)


def _one_of(submission: Path | None, predictions: Path | None) -> Path | None:
    if submission and predictions:
        raise ValueError("predictions: expected either --submission or --predictions, got both")
    return submission or predictions


def _read_predictions(path: Path, flip: bool = False, closer_look: str = "auto") -> "Predictions":
    from trans3dhead.evaluation.predictions import read_predictions

    if closer_look != "auto":
        raise ValueError("--closer-look: expected it with --model alone; --predictions are scored as they are")
    if flip:
        raise ValueError("--flip: expected it with --model alone; --predictions are scored as they are")
    return read_predictions(path)


def _topology(static: Path | None, head_model: Path | None) -> "MeshTopology":
    if static is not None and head_model is None:
        from trans3dhead.head_model.flame.static import read_static

        return read_static(static)
    if head_model is not None and static is None:
        from trans3dhead.head_model import NumpyHeadModel, topology_of

        return topology_of(NumpyHeadModel.load(head_model))
    raise ValueError(
        "topology: expected either --static FOLDER (of a DAD-3DHeads checkout) or --head-model FILE, which say where "
        "the landmarks and subsets of the ground truth's meshes are"
    )


def _mediapipe_blendshapes(task: Path | None, heads: "Sequence[AnnotatedHead]") -> dict[str, dict[str, float]] | None:
    """What MediaPipe says of the heads, before a model is asked: its package or its file may not be there."""
    from trans3dhead.evaluation.mediapipe_faces import mediapipe_blendshapes

    return None if task is None else mediapipe_blendshapes(task, with_progress(heads))


def _with_mediapipe(
    report: "Report", theirs: dict[str, dict[str, float]] | None, predictions: "Predictions"
) -> "Report":
    from trans3dhead.evaluation.mediapipe_faces import with_mediapipe

    return report if theirs is None else with_mediapipe(report, theirs, predictions)
