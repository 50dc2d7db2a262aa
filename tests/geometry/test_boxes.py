import numpy as np

from trans3dhead.geometry.boxes import bounds, iou


def test_bounds():
    np.testing.assert_array_equal(bounds(np.array([[1.0, 5.0], [4.0, 2.0], [3.0, 3.0]])), [1, 2, 3, 3])


def test_iou_of_known_boxes():
    box = np.array([0.0, 0.0, 2.0, 2.0])
    others = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [2, 0, 2, 2], [0, 0, 1, 2], [5, 5, 0, 0]], dtype=float)
    np.testing.assert_allclose(iou(box, others), [1, 1 / 3, 0, 1 / 2, 0])
