import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trans3dhead.evaluation.predictions import (
    FORMAT,
    PredictedHead,
    completed,
    read_predictions,
)
from trans3dhead.evaluation.write_predictions import write_predictions, write_submission
from trans3dhead.head_model import SEVEN_LANDMARKS

FLIP = np.diag([1.0, -1.0, -1.0])


def a_head(seed: int = 0, vertices: int = 20) -> PredictedHead:
    """A head with every field, pose and mesh at random."""
    rng = np.random.default_rng(seed)
    return completed(
        PredictedHead(
            rotation=Rotation.random(rng=rng).as_matrix(),
            landmarks=rng.uniform(-50, 2000, (68, 2)),
            seven_landmarks=rng.normal(size=(7, 3)),
            vertices=rng.normal(size=(vertices, 3)),
            blendshapes={"jawOpen": rng.uniform(), "mouth äé": rng.uniform()},
            mesh_landmarks=rng.uniform(-50, 2000, (68, 2)),
        )
    )


def an_entry(seed: int = 0) -> dict[str, Any]:
    """The same in our format."""
    head = a_head(seed)
    rng = np.random.default_rng(seed)
    return {
        "pose": dict(zip(("pitch", "yaw", "roll"), head.euler.tolist(), strict=True)),
        "rotation_matrix": head.rotation.tolist(),
        "landmarks_2d": head.landmarks.tolist(),
        "landmarks_3d": rng.normal(size=(68, 3)).tolist(),
        "mesh_landmarks_2d": head.mesh_landmarks.tolist(),
        "vertices": head.vertices.tolist(),
        "blendshapes": head.blendshapes,
    }


def an_official_entry(seed: int = 0) -> dict[str, Any]:
    """The same as the DAD-3DHeads benchmark has it."""
    head = a_head(seed)
    return {
        "68_landmarks_2d": head.landmarks.tolist(),
        "N_landmarks_3d": head.vertices.tolist(),
        "7_landmarks_3d": head.seven_landmarks.tolist(),
        "rotation_matrix": head.rotation.tolist(),
    }


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "predictions.json"


def read(path: Path, heads: dict[str, Any]):
    """Reads heads in our format."""
    path.write_text(json.dumps({"format": FORMAT, "heads": heads}))
    return read_predictions(path)


def given_fields(head: PredictedHead) -> set[str]:
    return {field.name for field in fields(head) if getattr(head, field.name) is not None}


def same(first: PredictedHead, second: PredictedHead, rtol: float = 0.0) -> None:
    """All arrays that the official submission has too."""
    for field in fields(PredictedHead):
        if field.name in ("blendshapes", "mesh_landmarks"):
            continue
        np.testing.assert_allclose(getattr(first, field.name), getattr(second, field.name), rtol=rtol, atol=rtol)


def test_our_format(path):
    entry = an_entry()
    predictions = read(path, {"a": entry})
    assert predictions.problems == []
    head = predictions.heads["a"]
    same(head, completed(PredictedHead(**{**vars(a_head()), "seven_landmarks": head.seven_landmarks})), rtol=1e-7)
    np.testing.assert_array_equal(head.seven_landmarks, np.array(entry["landmarks_3d"])[list(SEVEN_LANDMARKS)])
    assert head.vertices.dtype == np.float32
    assert head.blendshapes == entry["blendshapes"]
    np.testing.assert_array_equal(head.mesh_landmarks, entry["mesh_landmarks_2d"])


def test_the_seven_points_win_over_the_68(path):
    seven = np.arange(21.0).reshape(7, 3)
    predictions = read(path, {"a": {"landmarks_3d_7": seven.tolist()} | an_entry()})
    np.testing.assert_array_equal(predictions.heads["a"].seven_landmarks, seven)


def test_the_official_submission_as_it_is(path):
    path.write_text(json.dumps({"a": an_official_entry(), "b": {"rotation_matrix": FLIP.tolist()}}))
    predictions = read_predictions(path)
    assert predictions.problems == []
    same(predictions.heads["a"], a_head(), rtol=1e-7)
    assert given_fields(predictions.heads["b"]) == {"rotation", "euler"}


def test_the_official_submission_may_have_batch_axes_and_flat_meshes(path):
    entry = an_official_entry()
    entry["68_landmarks_2d"] = [entry["68_landmarks_2d"]]
    entry["N_landmarks_3d"] = np.ravel(entry["N_landmarks_3d"]).tolist()
    path.write_text(json.dumps({"a": entry}))
    predictions = read_predictions(path)
    assert predictions.problems == []
    same(predictions.heads["a"], a_head(), rtol=1e-7)


def test_angles_are_derived_from_the_rotation_as_scipy_does(path):
    angles = np.array([-20.0, 50.0, 10.0])
    rotation = FLIP @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix().T
    head = read(path, {"a": {"rotation_matrix": rotation.tolist()}}).heads["a"]
    np.testing.assert_allclose(head.euler, angles, atol=1e-9)
    again = read(path, {"a": {"pose": dict(zip(("pitch", "yaw", "roll"), angles.tolist(), strict=True))}}).heads["a"]
    np.testing.assert_allclose(again.rotation, rotation, atol=1e-12)


def test_angles_that_are_given_are_kept(path):
    pose = {"pitch": 100.0, "yaw": 3.0, "roll": 1.0}  # another triple of the same rotation has |pitch| <= 90
    head = read(path, {"a": {"pose": pose, "rotation_matrix": FLIP.tolist()}}).heads["a"]
    np.testing.assert_array_equal(head.euler, [100, 3, 1])
    np.testing.assert_array_equal(head.rotation, FLIP)


def nested(depth: int) -> list:
    """A number in so many lists."""
    return [nested(depth - 1)] if depth > 1 else [1.0]


def nan_at(rows: list[list[float]], value: Any = float("nan")) -> list[list[Any]]:
    return [[value, *rows[0][1:]], *rows[1:]]


BAD = [
    ("landmarks_2d", lambda v: nan_at(v), "not finite", {"landmarks"}),
    ("landmarks_2d", lambda v: nan_at(v, None), "not finite", {"landmarks"}),
    ("landmarks_2d", lambda v: nan_at(v, "1.0"), "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: nan_at(v, {}), "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: nan_at(v, 10**400), "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: v[:67], "shape", {"landmarks"}),
    ("landmarks_2d", lambda v: [row[:1] for row in v], "shape", {"landmarks"}),
    ("landmarks_2d", lambda v: np.ravel(v).tolist(), "shape", {"landmarks"}),
    ("landmarks_2d", lambda v: [v[0][:1], *v[1:]], "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: "none", "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: None, "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: [[True, True]] * 68, "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: nested(50), "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: [*v[:-1], nested(33)], "unreadable", {"landmarks"}),
    ("landmarks_2d", lambda v: [["a" * 1_000_000, *["b"] * 100_000]], "unreadable", {"landmarks"}),
    ("vertices", lambda v: {"a": {}}, "unreadable", {"vertices"}),
    ("rotation_matrix", lambda v: nan_at(v, 1e200), "shape", {"rotation"}),
    ("rotation_matrix", lambda v: [[1e200, -1e200, 0]] * 3, "shape", {"rotation"}),
    ("landmarks_3d", lambda v: v[:7], "shape", {"seven_landmarks"}),
    ("vertices", lambda v: [], "shape", {"vertices"}),
    ("vertices", lambda v: nan_at(v, float("-inf")), "not finite", {"vertices"}),
    ("vertices", lambda v: nan_at(v, 1e300), "not finite", {"vertices"}),
    ("rotation_matrix", lambda v: (1.1 * np.array(v)).tolist(), "shape", {"rotation"}),
    ("rotation_matrix", lambda v: (-np.array(v)).tolist(), "shape", {"rotation"}),
    ("rotation_matrix", lambda v: v[:2], "shape", {"rotation"}),
    ("rotation_matrix", lambda v: nan_at(v), "not finite", {"rotation"}),
    ("pose", lambda v: v | {"yaw": float("nan")}, "not finite", {"euler"}),
    ("pose", lambda v: v | {"yaw": "12"}, "unreadable", {"euler"}),
    ("pose", lambda v: v | {"yaw": [1.0]}, "unreadable", {"euler"}),
    ("pose", lambda v: {name: [angle] for name, angle in v.items()}, "unreadable", {"euler"}),
    ("pose", lambda v: v | {"jaw": 1.0}, "shape", {"euler"}),
    ("pose", lambda v: {"pitch": 1.0, "yaw": 2.0}, "shape", {"euler"}),
    ("pose", lambda v: [1.0, 2.0, 3.0], "shape", {"euler"}),
    ("blendshapes", lambda v: v | {"jawOpen": None}, "not finite", {"blendshapes"}),
    ("blendshapes", lambda v: v | {"jawOpen": "0.5"}, "unreadable", {"blendshapes"}),
    ("blendshapes", lambda v: v | {"jawOpen": [0.5]}, "unreadable", {"blendshapes"}),
    ("blendshapes", lambda v: {}, "shape", {"blendshapes"}),
    ("blendshapes", lambda v: [0.5, 0.25], "shape", {"blendshapes"}),
]


@pytest.mark.parametrize(("key", "spoil", "kind", "lost"), BAD)
def test_one_bad_field_is_one_problem_and_nothing_else_is_lost(path, key, spoil, kind, lost):
    entry = an_entry()
    predictions = read(path, {"good": an_entry(1), "bad": entry | {key: spoil(entry[key])}})
    [problem] = predictions.problems
    assert (problem.sample, problem.kind) == ("bad", kind)
    assert problem.message.startswith(f"bad: {key}: expected ")
    assert given_fields(predictions.heads["good"]) - given_fields(predictions.heads["bad"]) == lost


def test_a_bad_pose_is_not_replaced_by_what_can_be_derived(path):
    predictions = read(path, {"a": {"rotation_matrix": [[1]]}, "b": {"pose": {}}})
    assert [problem.kind for problem in predictions.problems] == ["shape", "shape"]
    assert all(given_fields(head) == set() for head in predictions.heads.values())


def test_a_rotation_within_the_tolerance_is_kept_as_it_is(path):
    matrix = 1.004 * FLIP
    predictions = read(path, {"a": {"rotation_matrix": matrix.tolist()}})
    assert predictions.problems == []
    np.testing.assert_array_equal(predictions.heads["a"].rotation, matrix)


@pytest.mark.parametrize("entry", [{}, [], None, 3, "a", {"landmark_2d": [[1, 2]]}])
def test_an_entry_with_nothing_to_score_is_a_problem(path, entry):
    predictions = read(path, {"a": entry, "b": an_entry()})
    assert [(problem.sample, problem.kind) for problem in predictions.problems] == [("a", "unreadable")]
    assert given_fields(predictions.heads["a"]) == set()
    assert given_fields(predictions.heads["b"]) == {field.name for field in fields(PredictedHead)}


def test_what_is_there_twice_is_a_problem(path):
    once = json.dumps(an_entry())
    twice = once[:-1] + ', "vertices": [[1, 2, 3]]}'
    path.write_text(f'{{"format": "{FORMAT}", "heads": {{"a": {once}, "b": {twice}, "a": {once}}}}}')
    predictions = read_predictions(path)
    assert [(problem.sample, problem.kind) for problem in predictions.problems] == [
        ("a", "unreadable"),
        ("b", "unreadable"),
    ]
    np.testing.assert_array_equal(predictions.heads["b"].vertices, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ('{"a":' * 100_000, "expected JSON"),
        ('{"format": ' + "[" * 800 + "]" * 800 + "}", "expected format"),
        ('{"\\ud800": {"rotation_matrix": []}}', "half of a surrogate pair"),
        ("[]", "expected a JSON object"),
        ("3", "expected a JSON object"),
        ("{}", "no heads"),
        (json.dumps({"format": FORMAT, "heads": {}}), "no heads"),
        (json.dumps({"format": FORMAT}), 'expected "heads"'),
        (json.dumps({"format": FORMAT, "heads": []}), 'expected "heads"'),
        (json.dumps({"format": "trans3dhead predictions 2", "heads": {"a": {}}}), "predictions 2"),
        (json.dumps({"heads": {"a": {}}}), "neither of the two formats"),
        (json.dumps({"a": {"landmarks_2d": []}}), "neither of the two formats"),
    ],
)
def test_a_file_that_is_none_says_so(path, text, message):
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_predictions(path)
    assert str(path) in str(error.value)


def test_a_key_that_is_there_many_times_is_counted_once(path):
    path.write_text('{"a": {' + ", ".join(f'"{n}": 0' for n in [*range(100_000), 7]) + ', "rotation_matrix": []}}')
    assert len(read_predictions(path).problems) == 100_002  # each key, one of them twice, and the matrix


def test_other_bytes_than_text_say_so(path):
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="UTF-8"):
        read_predictions(path)


@given(
    st.dictionaries(st.text(max_size=8), st.integers(0, 10**6), min_size=1, max_size=4),
    st.sets(st.sampled_from(["pose", "landmarks", "seven_landmarks", "vertices", "blendshapes"]), min_size=1),
)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, seeds, kept):
    path = tmp_path_factory.mktemp("written") / "predictions.json"
    names = kept - {"pose"} | ({"rotation", "euler"} if "pose" in kept else set())
    heads = {
        name: PredictedHead(**{field: getattr(a_head(seed, 3), field) for field in names})
        for name, seed in seeds.items()
    }
    write_predictions(path, heads)
    predictions = read_predictions(path)
    assert predictions.problems == []
    assert list(predictions.heads) == list(heads)
    for name, head in heads.items():
        assert given_fields(predictions.heads[name]) == names
        assert (head.blendshapes or {}) == pytest.approx(predictions.heads[name].blendshapes or {})
        for field in names - {"blendshapes"}:
            expected = getattr(head, field).astype(np.float32)
            np.testing.assert_array_equal(getattr(predictions.heads[name], field).astype(np.float32), expected)


def test_a_submission_is_what_the_official_code_reads(path):
    write_submission(path, {"a": a_head(), 'b "quoted"': a_head(1)})
    submission = json.loads(path.read_text())  # its own reading: json.load, then numpy and torch of each field
    assert list(submission) == ["a", 'b "quoted"']
    assert {key: np.array(value).shape for key, value in submission["a"].items()} == {
        "68_landmarks_2d": (68, 2),
        "N_landmarks_3d": (20, 3),
        "7_landmarks_3d": (7, 3),
        "rotation_matrix": (3, 3),
    }
    same(read_predictions(path).heads["a"], a_head(), rtol=1e-5)


def test_a_submission_needs_every_field(path):
    with pytest.raises(ValueError, match=r"b: .*lacks N_landmarks_3d \(vertices\)"):
        write_submission(path, {"a": a_head(), "b": PredictedHead(**{**vars(a_head()), "vertices": None})})


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ({}, "at least one head"),
        ({"a": PredictedHead()}, "a: expected at least one field"),
        ({"a": PredictedHead(euler=np.array([0, np.nan, 0]))}, "a: euler: expected finite"),
        ({"a": PredictedHead(vertices=np.full((2, 3), 1e300))}, "a: vertices: expected finite"),
        ({"a": PredictedHead(vertices=np.zeros((0, 3)))}, "a: vertices: expected N × 3"),
        ({"a": PredictedHead(landmarks=np.zeros((68, 3)))}, "a: landmarks: expected 68 × 2 numbers, got 68 × 3"),
        ({"a": PredictedHead(rotation=2 * FLIP)}, "a: rotation: expected a rotation matrix"),
        ({"a": PredictedHead(blendshapes={"jawOpen": np.nan})}, "a: blendshapes: expected finite"),
    ],
)
def test_what_would_not_be_read_is_not_written(path, heads, message):
    path.write_text("what was there")
    with pytest.raises(ValueError, match=message):
        write_predictions(path, {"good": a_head()} | heads if heads else {})
    assert path.read_text() == "what was there"
    assert list(path.parent.iterdir()) == [path]


def test_numbers_are_short(path):
    write_predictions(path, {"a": PredictedHead(vertices=np.array([[0.1, 1 / 3, 12345.678]]))})
    assert "[[0.1,0.33333334,12345.678]]" in path.read_text()
