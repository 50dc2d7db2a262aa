"""Rotations one at a time, as (3, 3) float64 arrays; `geometry.rotations` has them in batches, with gradients.

The same formulas as there, whose numbers a test compares: on one matrix tensors take longer than their sums, and
predicting does without PyTorch. Head space and camera space as there.
"""

import numpy as np

from trans3dhead.geometry.vectors import unit

# Camera space (x right, y down, z away) to the axes of OpenGL and glTF (y up, z towards the viewer), and back. Also the
# rotation of a head that looks straight into the camera, since head space has those axes.
Y_UP = np.diag([1.0, -1.0, -1.0])


def axis_rotation(axis: str, degrees: float) -> np.ndarray:
    """The right-handed rotation about an axis, "x", "y" or "z"."""
    number = "xyz".index(axis)
    first, second = (number + 1) % 3, (number + 2) % 3
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    rotation = np.eye(3)
    rotation[[first, second], [first, second]] = cosine
    rotation[first, second], rotation[second, first] = -sine, sine
    return rotation


def turn_about(direction: np.ndarray | list[float], degrees: float) -> np.ndarray:
    """The right-handed rotation about a direction (3,) of any length."""
    x, y, z = unit(np.asarray(direction, np.float64)[None])[0]
    return _rodrigues(np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]), np.deg2rad(degrees))


def shortened(rotation: np.ndarray, most: float) -> np.ndarray:
    """A rotation, or the one about the same axis by `most` degrees if it turns further.

    Half a turn is one about either end of its axis: which of the two is taken is left to rounding.
    """
    vector, limit = rotation_vector(rotation), np.deg2rad(most)
    angle = float(np.sqrt(vector @ vector))
    return rotation.copy() if angle <= limit else matrix_from_rotation_vector(limit / angle * vector)


def matrix_from_euler(euler: np.ndarray) -> np.ndarray:
    """(3,) degrees pitch, yaw, roll, AFLW2000-3D's convention -> (3, 3); see `rotation_from_euler`."""
    pitch, yaw, roll = euler
    return Y_UP @ axis_rotation("x", -pitch) @ axis_rotation("y", -yaw) @ axis_rotation("z", -roll)


def euler_from_matrix(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) -> (3,) degrees pitch, yaw, roll; the inverse of `matrix_from_euler`, see `euler_from_rotation`."""
    (cos_roll, sin_roll, sin_yaw), (_, _, sin_pitch), (_, _, cos_pitch) = Y_UP @ rotation
    branch = -1.0 if cos_pitch < 0.0 else 1.0
    yaw = np.arctan2(-sin_yaw, branch * np.hypot(sin_pitch, cos_pitch))
    pitch, roll = np.arctan2(branch * sin_pitch, branch * cos_pitch), np.arctan2(branch * sin_roll, branch * cos_roll)
    return np.rad2deg([pitch, yaw, roll])


def matrix_from_6d(six: np.ndarray) -> np.ndarray:
    """(6,) two 3-vectors -> (3, 3) the rotation that `rotation_from_6d` makes of them."""
    first, second = np.asarray(six, np.float64).reshape(2, 3)
    b1 = _unit(first)
    b3 = _unit(np.cross(b1, second))
    return np.column_stack((b1, np.cross(b3, b1), b3))


def matrix_to_6d(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) -> (6,): the first two columns."""
    return rotation[:, :2].T.reshape(6)


def mean_matrix(first: np.ndarray, second: np.ndarray, share: float = 0.5) -> np.ndarray:
    """(3, 3) rotations twice -> (3, 3) the one midway between them, or nearer to one; see `mean_rotation`.

    share: how much the second counts, 0 to 1.
    """
    left, _, right = np.linalg.svd((1.0 - share) * first + share * second)
    return left @ (np.array([1.0, 1.0, np.linalg.det(left @ right)])[:, None] * right)


def angle_between_matrices(first: np.ndarray, second: np.ndarray) -> float:
    """(3, 3) rotations twice -> degrees, 0 to 180, of the rotation between them; see `angle_between`."""
    half = np.linalg.norm(np.eye(3) - first @ second.T) / 8**0.5
    return float(np.rad2deg(2.0 * np.arcsin(min(half, 1.0))))


def rotation_vector(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) -> (3,) the axis times the angle, radians, 0 to pi: the logarithm of the rotation.

    By way of the unit quaternion (Shepperd, 1978), accurate at small angles and at half a turn alike.
    """
    quaternion = quaternion_from_matrix(rotation)
    vector, cosine = quaternion[:3], quaternion[3]
    sine = float(np.sqrt(vector @ vector))
    if sine < 1e-12:
        return 2.0 * vector
    return 2.0 * np.arctan2(sine, cosine) / sine * vector


def matrix_from_rotation_vector(vector: np.ndarray) -> np.ndarray:
    """(3,) axis times angle, radians -> (3, 3); the inverse of `rotation_vector` up to half a turn."""
    angle = float(np.sqrt(vector @ vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    return _rodrigues(np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]), angle)


def quaternion_from_matrix(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) -> (4,) the unit quaternion x, y, z, w with w >= 0, from the largest of its four components."""
    trace = np.trace(rotation)
    squares = np.array([*(1.0 - trace + 2.0 * np.diag(rotation)), 1.0 + trace])  # four times each component's square
    skew = np.array([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]])
    largest = int(squares.argmax())
    if largest == 3:
        quaternion = np.append(skew, squares[3])
    else:
        quaternion = np.append(rotation[:, largest] + rotation[largest], skew[largest])
        quaternion[largest] = squares[largest]
    quaternion /= np.sqrt(quaternion @ quaternion)
    return -quaternion if quaternion[3] < 0.0 else quaternion


def matrix_from_angles_seen(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """(3, 3) the rotation to the camera of a head that is turned by yaw, then pitched, then rolled in the picture.

    Degrees; Euler angles would not do: in profile their pitch and roll are the same tilt.
    """
    return Y_UP @ axis_rotation("z", -roll) @ axis_rotation("x", -pitch) @ axis_rotation("y", -yaw)


def angles_seen(rotation: np.ndarray) -> np.ndarray:
    """(3, 3) -> (3,) degrees pitch, yaw, roll; the inverse of `matrix_from_angles_seen`, with |pitch| <= 90."""
    matrix = Y_UP @ rotation
    pitch = np.arcsin(np.clip(-matrix[2, 1], -1.0, 1.0))
    yaw = np.arctan2(matrix[2, 0], matrix[2, 2])
    return np.rad2deg([pitch, yaw, np.arctan2(matrix[0, 1], matrix[1, 1])])


def matrix_to_direction(direction: np.ndarray) -> np.ndarray:
    """(3,) a direction with z > 0, camera space -> (3, 3) the smallest rotation from the optical axis there.

    See `rotation_to_direction`.
    """
    x, y, z = direction / np.sqrt(direction @ direction)
    k = 1.0 / (1.0 + z)
    return np.array([[1.0 - k * x * x, -k * x * y, x], [-k * x * y, 1.0 - k * y * y, y], [-x, -y, z]])


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.sqrt(vector @ vector)), 1e-12)


def _rodrigues(skew: np.ndarray, angle: float) -> np.ndarray:
    """The rotation by an angle, radians, about the unit vector whose cross product `skew` takes."""
    return np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * skew @ skew
