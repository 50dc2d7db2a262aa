"""Other systems' outputs as predictions. Which system writes what, and in which frame: `docs/other-systems.md`."""

import csv
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from enum import Enum
from itertools import permutations
from pathlib import Path
from reprlib import repr as shown  # short, whatever the file holds
from typing import Any

import cv2
import numpy as np
import torch

from trans3dhead.data.annotated_photographs import read_points
from trans3dhead.evaluation.predictions import ANGLES, PredictedHead, completed
from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import SEVEN_LANDMARKS
from trans3dhead.reading.array_files import MOST_BYTES, read_array

# Between head space (y up, z out of the face) and a y-down, z-away frame, and likewise between the two camera frames.
_AXES = "xyz"
AFLW2000_ORDER = "xyz"
EULER_ORDERS = tuple("".join(order) for order in permutations(_AXES))
# The cosine between the first two rows of a camera matrix above which it is none: that of fitted ones is below 0.02.
_LARGEST_COSINE = 0.1


class Origin(str, Enum):
    """Where a system counts its pixels from."""

    ONE_BASED = "one-based"  # the centre of the first pixel is (1, 1): Matlab, iBUG's .pts files, AFLW2000-3D's .mat
    ZERO_BASED = "zero-based"  # the centre of the first pixel is (0, 0): most code in Python and C++
    CORNER = "corner"  # the corner of the first pixel is (0, 0): this project, DAD-3DHeads

    @classmethod
    def _missing_(cls, value: object) -> "Origin":
        raise ValueError(f"origin: expected one of {', '.join(origin.value for origin in cls)}, got {value!r}")

    @property
    def shift(self) -> float:
        """Pixels to add to get to `CORNER`."""
        return {"one-based": -0.5, "zero-based": 0.5, "corner": 0.0}[self.value]


def from_pts(folder: Path, origin: Origin = Origin.ONE_BASED) -> dict[str, PredictedHead]:
    """A folder of iBUG's `.pts` files with 68 points each; a head's id is the name of its file without the suffix."""
    paths = [p for p in sorted(Path(folder).glob("*")) if p.suffix.lower() == ".pts" and not p.name.startswith(".")]
    if not paths:
        raise ValueError(f"{folder}: expected a folder with .pts files, found none")
    return {path.stem: PredictedHead(landmarks=read_points(path) + origin.shift) for path in paths}


def from_landmarks(path: Path, origin: Origin = Origin.ZERO_BASED) -> dict[str, PredictedHead]:
    """An `.npz` of (68, 2) or (68, 3) pixel coordinates by id; a third coordinate, a depth of any sign, is not used."""
    return {
        name: PredictedHead(landmarks=_points(f"{path}: {name}", array, (2, 3))[:, :2] + origin.shift)
        for name, array in _arrays(path)
    }


def from_csv(
    path: Path,
    negate: Collection[str] = (),
    order: str = AFLW2000_ORDER,
    radians: bool = False,
) -> dict[str, PredictedHead]:
    """A CSV file with a header that names at least the columns id, pitch, yaw and roll.

    negate: of these angles the signs are turned, to pitch > 0 up, yaw > 0 to the image's left, roll > 0 clockwise in
    the image. order: of the matrices Rx(-pitch), Ry(-yaw), Rz(-roll) in the head's rotation (axes x right, y up, z
    towards the camera), from left to right; any other than AFLW2000-3D's "xyz" is converted to it.
    """
    unknown = set(negate) - set(ANGLES)
    if unknown:
        raise ValueError(f"negate: expected any of {', '.join(ANGLES)}, got {', '.join(sorted(unknown))}")
    if order not in EULER_ORDERS:
        raise ValueError(f"order: expected one of {', '.join(EULER_ORDERS)}, got {order!r}")
    signs = np.array([-1.0 if angle in negate else 1.0 for angle in ANGLES])
    heads = {}
    for name, angles in _read_angles(Path(path)):
        degrees = signs * (np.rad2deg(angles) if radians else angles)
        if order == AFLW2000_ORDER:
            heads[name] = completed(PredictedHead(euler=degrees))
        else:
            heads[name] = completed(PredictedHead(rotation=Y_UP @ _composed(degrees, order)))
    return heads


def from_3ddfa(
    parameters: Path,
    landmarks: Path | None = None,
    vertices: Path | None = None,
    origin: Origin = Origin.ZERO_BASED,
) -> dict[str, PredictedHead]:
    """3DDFA, 3DDFA-V2 and SynergyNet: `.npz` files by id.

    parameters: (12,) or more numbers after de-whitening, of which the first twelve are the 3×4 camera matrix, row by
    row. Its first two rows give the rotation, which is read in AFLW2000-3D's order of angles. landmarks: (3, 68) or
    (2, 68), and vertices: (3, N), pixels of the photograph with z towards the camera.
    """
    heads = {name: camera_matrix_pose(f"{parameters}: {name}", array) for name, array in _arrays(parameters)}
    points = {} if landmarks is None else dict(_arrays(landmarks, heads))
    meshes = {} if vertices is None else dict(_arrays(vertices, heads))
    for name, head in heads.items():
        fields: dict[str, Any] = {"rotation": head.rotation, "euler": head.euler}
        if name in points:
            array = _points(f"{landmarks}: {name}", points[name].T, (2, 3)) + origin.shift
            fields["landmarks"] = array[:, :2]
            if array.shape[1] == 3:
                fields["seven_landmarks"] = _away(array[list(SEVEN_LANDMARKS)])
        if name in meshes:
            fields["vertices"] = _away(_points(f"{vertices}: {name}", meshes[name].T, (3,), None) + origin.shift)
        heads[name] = PredictedHead(**fields)
    return heads


def camera_matrix_pose(where: str, parameters: np.ndarray) -> PredictedHead:
    """(12,) or more numbers, the 3×4 camera matrix first -> the pose; its third row is not used.

    The matrix takes the face (y up, z out of it) to a crop with y up. `where` begins the message of the ValueError.
    """
    if parameters.ndim != 1 or parameters.size < 12:
        raise ValueError(f"{where}: expected 12 numbers or more, got an array of {parameters.shape}")
    lengths = np.linalg.norm(parameters[:12].reshape(3, 4)[:2, :3], axis=1, keepdims=True)
    rows = parameters[:12].reshape(3, 4)[:2, :3] / np.where(lengths > 0, lengths, 1.0)
    if (lengths <= 0).any() or abs(rows[0] @ rows[1]) > _LARGEST_COSINE:
        raise ValueError(
            f"{where}: expected a scaled rotation in the first rows of the camera matrix, they are not perpendicular "
            f"(cosine {rows[0] @ rows[1]:.2f}); give the parameters after multiplying by their deviation and adding "
            "their mean"
        )
    return completed(PredictedHead(rotation=Y_UP @ _nearest_rotation(np.stack((*rows, np.cross(*rows))))))


def from_img2pose(path: Path) -> dict[str, PredictedHead]:
    """An `.npz` of (3,) or (6,) numbers by id: a rotation vector in radians, then the translation, which is not used.

    The neutral face is in camera space already: x right, y down, z away from the camera.
    """
    heads = {}
    for name, array in _arrays(path):
        if array.shape not in ((3,), (6,)):
            raise ValueError(f"{path}: {name}: expected 3 or 6 numbers, got an array of {array.shape}")
        heads[name] = completed(PredictedHead(rotation=cv2.Rodrigues(array[:3])[0] @ Y_UP))
    return heads


def from_mediapipe(path: Path) -> dict[str, PredictedHead]:
    """An `.npz` of (4, 4) facial transformation matrices by id: from the face to y up, z towards the camera, scaled."""
    heads = {}
    for name, array in _arrays(path):
        where = f"{path}: {name}"
        if array.shape != (4, 4):
            raise ValueError(f"{where}: expected a 4 × 4 matrix, got an array of {array.shape}")
        scale = np.cbrt(np.linalg.det(array[:3, :3]))
        if not scale > 0 or np.abs(array[:3, :3] @ array[:3, :3].T / scale**2 - np.eye(3)).max() > 1e-2:
            raise ValueError(f"{where}: expected a rotation times a scale; it may be transposed or flattened wrongly")
        heads[name] = completed(PredictedHead(rotation=Y_UP @ _nearest_rotation(array[:3, :3] / scale)))
    return heads


def _composed(degrees: np.ndarray, order: str) -> np.ndarray:
    """(3,) pitch, yaw, roll -> (3, 3): Rx(-pitch), Ry(-yaw) and Rz(-roll) multiplied in the order of the axes."""
    single = np.diag(degrees)  # a row for each angle, the other two zero
    turns = Y_UP @ rotation_from_euler(torch.from_numpy(single)).numpy()
    first, second, third = (turns[_AXES.index(axis)] for axis in order)
    return first @ second @ third


def _nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """(3, 3) almost a rotation -> the nearest one (least squares)."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def _away(points: np.ndarray) -> np.ndarray:
    """(N, 3) with z towards the camera -> z away from it."""
    return points * [1.0, 1.0, -1.0]


def _points(where: str, array: np.ndarray, widths: tuple[int, ...], count: int | None = 68) -> np.ndarray:
    if array.ndim != 2 or array.shape[1] not in widths or len(array) != (count or len(array)):
        wanted = f"{count or 'N'} points of {' or '.join(map(str, widths))} coordinates"
        raise ValueError(f"{where}: expected {wanted}, got an array of {array.shape}")
    return array


def _arrays(path: Path, known: Collection[str] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """The float64 arrays of an `.npz` file by id, all finite; with known, no id may be another."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; write it with numpy.savez(path, **{{id: array, ...}})")
    found = False
    for name, given in _members(path):
        found, where = True, f"{path}: {name}"
        if known is not None and name not in known:
            raise ValueError(f"{where}: is not among the heads of the parameters; use the same ids in all files")
        with _numbers_expected(where):
            array = given.astype(np.float64)
        yield name, _finite(where, array)
    if not found:
        raise ValueError(f"{path}: holds no arrays; expected one a head, by its id")


def _members(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of an `.npz` one by one, since the meshes of a data set take gigabytes together."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.file_size > MOST_BYTES:
                    raise ValueError(f"{member.file_size:,} bytes of one array, where {MOST_BYTES:,} are the most")
                yield member.filename.removesuffix(".npy"), read_array(archive.read(member))
    except OSError:
        raise
    except Exception as error:  # a damaged archive makes zipfile raise nearly anything
        hint = "write it with numpy.savez(path, **{id: array, ...})"
        raise ValueError(f"{path}: expected an .npz of numbers, got something else ({error}); {hint}") from error


@contextmanager
def _numbers_expected(where: str) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: expected numbers, got {error}") from error


def _finite(where: str, array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: expected finite numbers, got NaN or infinity; leave out heads without a prediction")
    return array


def _read_angles(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The ids and (3,) pitch, yaw, roll of a CSV file, as they stand there."""
    seen = set()
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        for row in _rows(reader, path):
            where = f"{path}, line {reader.line_num}"
            if not row["id"]:
                raise ValueError(f"{where}: expected an id, got none")
            if row["id"] in seen:
                raise ValueError(f"{where}: {shown(row['id'])} is there twice; expected each id once")
            seen.add(row["id"])
            with _numbers_expected(where):
                angles = np.array([float(row[angle]) for angle in ANGLES])
            yield row["id"], _finite(where, angles)
    if not seen:
        raise ValueError(f"{path}: holds no heads, only a header")


def _rows(reader: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    try:
        missing = [column for column in ("id", *ANGLES) if column not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(
                f"{path}: expected a header with the columns id, {', '.join(ANGLES)}; it lacks {', '.join(missing)}"
            )
        yield from reader
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected a CSV file in UTF-8, got {error}") from error
