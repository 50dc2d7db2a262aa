import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trans3dhead.evaluation.converters import (
    EULER_ORDERS,
    Origin,
    from_3ddfa,
    from_csv,
    from_img2pose,
    from_landmarks,
    from_mediapipe,
    from_pts,
)
from trans3dhead.evaluation.predictions import read_predictions
from trans3dhead.evaluation.write_predictions import write_predictions
from trans3dhead.head_model import SEVEN_LANDMARKS

FLIP = np.diag([1.0, -1.0, -1.0])
POINTS = np.random.default_rng(0).uniform(0, 400, (68, 2))
ANGLES = np.array([12.0, -35.0, 8.0])  # pitch, yaw, roll

angles = st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(-170, 170))


def face_rotation(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """The rotation in a frame with y up and z towards the camera, by scipy: extrinsic, of the transpose."""
    return Rotation.from_euler("xyz", [pitch, yaw, roll], degrees=True).as_matrix().T


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def pts(points: np.ndarray) -> str:
    return "version: 1\nn_points:  68\n{\n" + "\n".join(f"{x} {y}" for x, y in points.tolist()) + "\n}\n"


@pytest.mark.parametrize(("origin", "shift"), [("one-based", -0.5), ("zero-based", 0.5), ("corner", 0.0)])
def test_points_are_moved_to_the_corner_of_the_first_pixel(tmp_path, origin, shift):
    (tmp_path / "image00002.pts").write_text(pts(POINTS))
    save(tmp_path / "p.npz", image00002=np.c_[POINTS, np.full(68, 7.0)])
    for heads in (from_pts(tmp_path, Origin(origin)), from_landmarks(tmp_path / "p.npz", Origin(origin))):
        assert list(heads) == ["image00002"]
        np.testing.assert_allclose(heads["image00002"].landmarks, POINTS + shift)


def test_the_middle_of_an_image_is_its_middle_in_each_convention():
    """Of a 4 × 4 image: between the second and the third pixel of a row."""
    middles = {"one-based": 2.5, "zero-based": 1.5, "corner": 2.0}
    assert {middles[origin.value] + origin.shift for origin in Origin} == {2.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3 4\n", "between { and }"),
        (pts(POINTS[:67]), "expected 68 lines"),
        (pts(POINTS).replace(".", "x", 1), "points"),
        (pts(POINTS * np.nan), "expected finite"),
    ],
)
def test_bad_pts_files_are_named(tmp_path, text, message):
    (tmp_path / "a.pts").write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        from_pts(tmp_path)
    assert "a.pts" in str(error.value)


def test_suffixes_in_capitals_count_and_hidden_files_do_not(tmp_path):
    for name in ("b.PTS", ".b.pts", "c.txt"):
        (tmp_path / name).write_text(pts(POINTS) if name == "b.PTS" else "")
    assert list(from_pts(tmp_path)) == ["b"]


def test_a_folder_without_pts_files_is_named(tmp_path):
    with pytest.raises(ValueError, match="found none"):
        from_pts(tmp_path)


def table(path, rows: str):
    path.write_text(rows)
    return path


def test_angles_in_a_table_are_kept(tmp_path):
    path = table(tmp_path / "a.csv", "id,yaw,pitch,roll,score\nimage00002,-35,12,8,0.9\nb,1e2,0,0,1\n")
    heads = from_csv(path)
    np.testing.assert_array_equal(heads["image00002"].euler, ANGLES)
    np.testing.assert_allclose(heads["image00002"].rotation, FLIP @ face_rotation(*ANGLES), atol=1e-12)
    np.testing.assert_array_equal(heads["b"].euler, [0, 100, 0])


def test_signs_and_radians(tmp_path):
    pitch, yaw, roll = np.deg2rad(ANGLES)
    path = table(tmp_path / "a.csv", f"id,pitch,yaw,roll\na,{-pitch},{yaw},{-roll}\n")
    np.testing.assert_allclose(from_csv(path, negate=("pitch", "roll"), radians=True)["a"].euler, ANGLES)


@given(angles)
def test_every_order_gives_scipys_rotation(tmp_path_factory, euler):
    path = table(tmp_path_factory.mktemp("o") / "a.csv", "id,pitch,yaw,roll\na,{},{},{}\n".format(*euler))
    by_axis = dict(zip("xyz", euler, strict=True))
    for order in EULER_ORDERS:
        turns = [-by_axis[axis] for axis in order]  # upper case: intrinsic, which multiplies from left to right
        expected = FLIP @ Rotation.from_euler(order.upper(), turns, degrees=True).as_matrix()
        np.testing.assert_allclose(from_csv(path, order=order)["a"].rotation, expected, atol=1e-9)


@given(angles)
def test_3ddfas_own_angles_are_those_of_the_order_zyx(tmp_path_factory, euler):
    """3DDFA and 3DDFA-V2 print yaw = asin(R31), pitch = atan2(R32, R33), roll = atan2(R21, R11)."""
    rotation = face_rotation(*euler)
    if abs(rotation[2, 0]) > 0.99:
        return
    yaw, pitch, roll = np.rad2deg(
        [np.arcsin(rotation[2, 0]), np.arctan2(*rotation[2, 1:]), np.arctan2(*rotation[1::-1, 0])]
    )
    path = table(tmp_path_factory.mktemp("o") / "a.csv", f"id,pitch,yaw,roll\na,{pitch},{yaw},{roll}\n")
    head = from_csv(path, negate=("pitch", "roll"), order="zyx")["a"]
    np.testing.assert_allclose(head.rotation, FLIP @ rotation, atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("image,pitch,yaw,roll\na,1,2,3\n", "it lacks id"),
        ("", "it lacks id, pitch, yaw, roll"),
        ("id,pitch,yaw,roll\n", "holds no heads"),
        ("id,pitch,yaw,roll\na,1,2,\n", "line 2: expected numbers"),
        ("id,pitch,yaw,roll\na,1,2\n", "line 2: expected numbers"),
        ("id,pitch,yaw,roll\na,1,2,nan\n", "line 2: expected finite"),
        ("id,pitch,yaw,roll\na,1,2,3\na,1,2,3\n", "line 3: 'a' is there twice"),
        ("id,pitch,yaw,roll\n,1,2,3\n", "line 2: expected an id"),
        ("id,pitch,yaw,roll\n" + "a" * 200_000 + ",1,2,3\n", "expected a CSV file in UTF-8, got field larger"),
    ],
)
def test_bad_tables_are_named(tmp_path, rows, message):
    with pytest.raises(ValueError, match=message):
        from_csv(table(tmp_path / "a.csv", rows))


@pytest.mark.parametrize("options", [{"order": "xyx"}, {"negate": ["jaw"]}])
def test_bad_options_list_what_there_is(tmp_path, options):
    with pytest.raises(ValueError, match="expected"):
        from_csv(table(tmp_path / "a.csv", "id,pitch,yaw,roll\na,1,2,3\n"), **options)
    with pytest.raises(ValueError, match="one-based, zero-based, corner"):
        Origin("two-based")


def parameters(euler, scale: float = 0.0006, skew: float = 0.0) -> np.ndarray:
    """62 numbers that begin with a 3×4 camera matrix, as 3DDFA has it: scaled, its third row of another length."""
    matrix = np.c_[scale * face_rotation(*euler), [60.0, 70.0, -50.0]]
    matrix[1, :3] += skew * matrix[0, :3]
    matrix[2] *= 0.8
    return np.concatenate((matrix.ravel(), np.random.default_rng(0).normal(size=50)))


@given(angles)
def test_a_camera_matrix_gives_the_angles_of_its_rotation(tmp_path_factory, euler):
    path = save(tmp_path_factory.mktemp("o") / "a.npz", a=parameters(euler))
    head = from_3ddfa(path)["a"]
    np.testing.assert_allclose(head.rotation, FLIP @ face_rotation(*euler), atol=1e-9)
    np.testing.assert_allclose(head.euler, euler, atol=1e-6)


def test_a_camera_matrix_that_is_almost_a_rotation_gives_one(tmp_path):
    skewed = from_3ddfa(save(tmp_path / "a.npz", a=parameters(ANGLES, skew=0.02)))["a"]
    np.testing.assert_allclose(skewed.rotation @ skewed.rotation.T, np.eye(3), atol=1e-12)
    between = Rotation.from_matrix(skewed.rotation.T @ FLIP @ face_rotation(*ANGLES))
    assert np.rad2deg(between.magnitude()) == pytest.approx(np.rad2deg(0.01), rel=0.01)  # half of what they were off by


def test_whitened_parameters_are_refused(tmp_path):
    with pytest.raises(ValueError, match="multiplying by their deviation"):
        from_3ddfa(save(tmp_path / "a.npz", a=np.random.default_rng(0).normal(size=62)))
    with pytest.raises(ValueError, match="not perpendicular"):
        from_3ddfa(save(tmp_path / "a.npz", a=np.zeros(62)))


def test_points_and_mesh_of_3ddfa(tmp_path):
    points = np.random.default_rng(0).normal(size=(3, 68))
    files = [save(tmp_path / "p.npz", a=parameters(ANGLES), b=parameters(ANGLES))]
    files += [save(tmp_path / "l.npz", a=points), save(tmp_path / "v.npz", a=points[:, :5], b=points[:, :4])]
    heads = from_3ddfa(*files)
    np.testing.assert_allclose(heads["a"].landmarks, points[:2].T + 0.5)
    seven = heads["a"].seven_landmarks
    np.testing.assert_allclose(seven[:, :2], heads["a"].landmarks[list(SEVEN_LANDMARKS)])
    np.testing.assert_allclose(np.ptp(seven[:, 2]), np.ptp(points[2, list(SEVEN_LANDMARKS)]))
    assert seven[:, 2].argmax() == points[2, list(SEVEN_LANDMARKS)].argmin()  # the nearest there is the farthest here
    np.testing.assert_allclose(heads["a"].vertices[:, 2] - seven[0, 2], points[2, 36] - points[2, :5])
    assert heads["b"].landmarks is None
    assert len(heads["b"].vertices) == 4


def test_ids_without_parameters_are_refused(tmp_path):
    files = save(tmp_path / "p.npz", a=parameters(ANGLES)), save(tmp_path / "l.npz", b=np.zeros((3, 68)))
    with pytest.raises(ValueError, match="b: is not among the heads"):
        from_3ddfa(*files)


@given(angles)
def test_img2pose_gives_the_angles_by_which_it_is_published(tmp_path_factory, euler):
    """Its evaluation: scipy's xyz angles of the transpose, yaw and roll negated."""
    # scipy's "xyz" of the transpose of a matrix, with the last two turned, is `euler`: so this is that matrix.
    matrix = Rotation.from_euler("xyz", [euler[0], -euler[1], -euler[2]], degrees=True).as_matrix().T
    vector = Rotation.from_matrix(matrix).as_rotvec()
    head = from_img2pose(save(tmp_path_factory.mktemp("o") / "a.npz", a=np.r_[vector, 1, 2, 3]))["a"]
    np.testing.assert_allclose(head.euler, euler, atol=1e-5)


def test_img2poses_neutral_face_looks_into_the_camera(tmp_path):
    head = from_img2pose(save(tmp_path / "a.npz", a=np.zeros(3)))["a"]
    np.testing.assert_allclose(head.rotation, FLIP)


@given(angles, st.floats(0.1, 20))
def test_mediapipes_matrix_loses_its_scale(tmp_path_factory, euler, scale):
    matrix = np.eye(4)
    matrix[:3] = np.c_[scale * face_rotation(*euler), [1.0, 2.0, -40.0]]
    head = from_mediapipe(save(tmp_path_factory.mktemp("o") / "a.npz", a=matrix.astype(np.float32)))["a"]
    np.testing.assert_allclose(head.euler, euler, atol=1e-3)
    np.testing.assert_allclose(head.rotation, FLIP @ face_rotation(*euler), atol=1e-5)


@pytest.mark.parametrize("matrix", [np.eye(3), np.diag([1.0, 2, 1, 1]), np.diag([1.0, 1, -1, 1]), np.zeros((4, 4))])
def test_other_matrices_are_refused(tmp_path, matrix):
    with pytest.raises(ValueError, match="a: expected a"):
        from_mediapipe(save(tmp_path / "a.npz", a=matrix))


@pytest.mark.parametrize("convert", [from_landmarks, from_3ddfa, from_img2pose, from_mediapipe])
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros((5, 5, 5))}, "a: expected"),
        ({"a": np.array(["x"])}, "a: expected numbers"),
        (
            {"a": np.array([None])},
            "an array of object, which is neither numbers nor text",
        ),  # an object array: no pickle is loaded
        ({"a": np.array([np.nan])}, "a: expected finite"),
        ({}, "holds no arrays"),
    ],
)
def test_bad_arrays_are_named(tmp_path, convert, arrays, message):
    with pytest.raises(ValueError, match=message):
        convert(save(tmp_path / "a.npz", **arrays))


def test_other_files_are_named(tmp_path):
    (tmp_path / "a.npz").write_text("no zip")
    with pytest.raises(ValueError, match=r"expected an \.npz of numbers"):
        from_img2pose(tmp_path / "a.npz")
    with pytest.raises(FileNotFoundError, match="no such file"):
        from_img2pose(tmp_path / "b.npz")


def test_what_is_converted_can_be_written_and_read(tmp_path):
    heads = from_3ddfa(save(tmp_path / "a.npz", a=parameters(ANGLES), b=parameters(-ANGLES)))
    write_predictions(tmp_path / "p.json", heads)
    predictions = read_predictions(tmp_path / "p.json")
    assert predictions.problems == []
    np.testing.assert_allclose(predictions.heads["b"].euler, heads["b"].euler, rtol=1e-6)
