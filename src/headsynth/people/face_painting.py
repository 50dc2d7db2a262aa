"""The layers of a face map, painted on the front view of the template between its landmarks.

Places go by the template's landmarks; sizes, blurs and strokes are by eye.
"""

from enum import IntEnum

import cv2
import numpy as np

TEXEL = 0.0003  # metres
SIGNED = 127.0  # the byte that stands for zero in a signed layer
_FRACTION = 4  # bits of a pixel's fraction in OpenCV's drawing


class Layer(IntEnum):
    """The channels of a face map, 0..1 where nothing else is said."""

    LIPS = 0
    LIDS = 1  # the upper lid up to its crease, thinning out below the brow
    UNDER_EYES = 2
    LINER = 3  # a line along the lashes
    CHEEKBONES = 4  # where blush is put on
    FLUSHED = 5  # where blood shows: nose, cheeks, chin
    OILY = 6  # forehead, ridge of the nose, chin
    FRECKLED = 7  # how easily freckles come
    BROWS = 8  # strokes, for heads without brow strips
    WRINKLES = 9  # depth
    WRINKLES_X = 10  # its slope towards the head's left and up, signed
    WRINKLES_Y = 11
    FOREHEAD = 12  # which wrinkles these are, by what deepens them
    FROWN = 13
    EYE_CORNERS = 14
    SMILE = 15


class Painter:
    """Paints one face; x and y in metres, the template's."""

    def __init__(self, landmarks: np.ndarray, corner: np.ndarray, shape: tuple[int, int], seed: int) -> None:
        """landmarks: (68, 3); corner: (2,) of the first texel's middle; shape: rows, columns; seed: of strokes."""
        self.marks = landmarks[:, :2].astype(np.float64)
        self.corner, self.shape = corner, shape
        self.rng = np.random.default_rng([68, seed])
        self.eyes = [
            (self.marks[36:42], self.marks[17:22]),
            (self.marks[[45, 44, 43, 42, 47, 46]], self.marks[26:21:-1]),
        ]
        self.opening = np.maximum(*(self.polygon(eye, 0.0006) for eye, _ in self.eyes))

    def layers(self) -> np.ndarray:
        """(H, W, 16) uint8, the channels in the order of Layer."""
        m = self.marks
        lips = self.polygon(_smooth(m[48:60]), 0.0011)
        images: dict[Layer, np.ndarray] = {}
        images[Layer.LIPS] = lips
        images[Layer.LIDS], images[Layer.LINER] = self._lids(), self._liner()
        images[Layer.UNDER_EYES] = self._under_eyes()
        images[Layer.CHEEKBONES] = self._both((0.047, -0.026), 0.019, 0.011, 24.0)
        images[Layer.FLUSHED] = self._flushed() * (1.0 - lips)
        images[Layer.OILY] = self._oily()
        images[Layer.FRECKLED] = self._freckled(lips)
        images[Layer.BROWS] = self._brows()
        images |= self._wrinkles()
        signed = (Layer.WRINKLES_X, Layer.WRINKLES_Y)
        bytes_ = [SIGNED * (1.0 + images[k]) if k in signed else 255.0 * np.clip(images[k], 0.0, 1.0) for k in Layer]
        return np.clip(np.round(np.stack(bytes_, axis=-1)), 0, 255).astype(np.uint8)

    def polygon(self, points: np.ndarray, blur: float) -> np.ndarray:
        """(H, W) 1 inside of (K, 2) points, with an edge of `blur` metres."""
        image: np.ndarray = np.zeros(self.shape, np.float32)
        cv2.fillPoly(image, [self._pixels(points)], 1.0, cv2.LINE_8, _FRACTION)
        return _blurred(image, blur)

    def lines(self, curves: list[np.ndarray], width: float, blur: float) -> np.ndarray:
        """(H, W) polylines through (K, 2) points each, `width` metres wide; 1 along their middles."""
        image: np.ndarray = np.zeros(self.shape, np.float32)
        for curve in curves:
            thickness = max(1, round(width / TEXEL))
            cv2.polylines(image, [self._pixels(curve)], False, 1.0, thickness, cv2.LINE_8, _FRACTION)
        image = _blurred(image, blur)
        return image / max(float(np.percentile(image[image > 0.05], 98)), 1e-3)

    def ellipse(self, centre: np.ndarray, rx: float, ry: float, angle: float = 0.0) -> np.ndarray:
        """(H, W) a soft spot: 1 in the middle, half at the radii; angle: degrees, counterclockwise as seen."""
        x = self.corner[0] + np.arange(self.shape[1]) * TEXEL - centre[0]
        y = (self.corner[1] - np.arange(self.shape[0]) * TEXEL - centre[1])[:, None]
        cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        square = np.square((x * cos + y * sin) / rx) + np.square((y * cos - x * sin) / ry)
        return np.exp(-np.log(2.0) * square).astype(np.float32)

    def _pixels(self, points: np.ndarray) -> np.ndarray:
        columns, rows = (points[:, 0] - self.corner[0]) / TEXEL, (self.corner[1] - points[:, 1]) / TEXEL
        return np.round(np.stack((columns, rows), axis=1) * 2**_FRACTION).astype(np.int32)

    def _both(self, centre: tuple[float, float], rx: float, ry: float, angle: float = 0.0) -> np.ndarray:
        """Two spots, one on either side; angle > 0 rises outwards."""
        sides = ((1.0, angle), (-1.0, -angle))
        return np.maximum(*(self.ellipse(np.array(centre) * [side, 1.0], rx, ry, turn) for side, turn in sides))

    def _lids(self) -> np.ndarray:
        image: np.ndarray = np.zeros(self.shape, np.float32)
        for eye, brow in self.eyes:
            rise = 0.62 * (brow[2, 1] - eye[1:3, 1].mean())
            upper = _curve(eye[:4], 24)
            arch = np.sin(np.linspace(0.05, np.pi - 0.2, 24))[:, None]
            outward = np.sign(eye[0, 0]) * 0.003 * np.linspace(1.0, 0.0, 24)
            crease = upper + np.column_stack((outward, np.zeros(24))) + arch * [[0.0, rise]]
            image = np.maximum(image, self.polygon(np.concatenate((upper, crease[::-1])), 0.0022))
        return np.maximum(image, 0.8 * self.opening)

    def _under_eyes(self) -> np.ndarray:
        spots = []
        for eye, _ in self.eyes:
            inner = np.sign(eye[0, 0]) * 0.004
            middle = eye[[0, 3, 4, 5]].mean(axis=0) - [inner, 0.0075]
            spots.append(self.ellipse(middle, 0.013, 0.0048, -12.0 * np.sign(eye[0, 0])))
        return np.maximum(*spots)

    def _liner(self) -> np.ndarray:
        curves = []
        for eye, _ in self.eyes:
            wing = eye[0] + [np.sign(eye[0, 0]) * 0.004, 0.0018]
            curves.append(np.vstack((wing, _curve(eye[:4], 24))))
        return np.maximum(self.lines(curves, 0.0012, 0.0005), 0.8 * self.opening)

    def _flushed(self) -> np.ndarray:
        m = self.marks
        nose = np.maximum(
            self.ellipse(m[30], 0.0105, 0.010), 0.8 * self._both((m[35, 0] + 0.001, m[35, 1] + 0.004), 0.006, 0.006)
        )
        cheeks = self._both((0.040, m[33, 1] + 0.010), 0.017, 0.014, 10.0)
        chin = 0.35 * self.ellipse((m[8] + m[57]) / 2.0, 0.012, 0.008)
        corners = 0.3 * self._both((m[54, 0] + 0.003, m[54, 1]), 0.006, 0.006)
        inner = 0.4 * self._both((m[42, 0] - 0.001, m[42, 1]), 0.005, 0.004)
        return np.maximum.reduce([nose, 0.75 * cheeks, chin, corners, inner])

    def _oily(self) -> np.ndarray:
        m = self.marks
        forehead = self.ellipse((m[19] + m[24]) / 2.0 + [0.0, 0.026], 0.038, 0.018)
        ridge = self.ellipse(m[28:31].mean(axis=0), 0.006, 0.022)
        chin = 0.6 * self.ellipse((m[8] + m[57]) / 2.0, 0.012, 0.009)
        cheeks = 0.5 * self._both((m[45, 0] + 0.002, m[29, 1] - 0.004), 0.013, 0.009, 25.0)
        return np.maximum.reduce([forehead, ridge, chin, cheeks])

    def _freckled(self, lips: np.ndarray) -> np.ndarray:
        m = self.marks
        bridge = self.ellipse(m[29], 0.020, 0.015)
        cheeks = self._both((0.036, m[30, 1] + 0.008), 0.024, 0.018)
        everywhere = np.full(self.shape, 0.3, np.float32)
        near_eyes = cv2.dilate(self.opening, np.ones((9, 9), np.uint8))
        near_lips = _blurred(cv2.dilate((lips > 0.02).astype(np.float32), np.ones((3, 3), np.uint8)), 0.0)
        return np.maximum.reduce([bridge, cheeks, everywhere]) * (near_lips == 0.0) * (near_eyes == 0.0)

    def _brows(self) -> np.ndarray:
        image: np.ndarray = np.zeros(self.shape, np.float32)
        for _, brow in self.eyes:
            line, side = _curve(brow, 60), np.sign(brow[0, 0])
            along = np.linspace(0.0, 1.0, len(line))  # from the temple to the nose
            strokes = []
            for at in self.rng.choice(len(line), 260):
                half = 0.0016 + 0.0022 * np.sin(np.pi * (0.15 + 0.75 * along[at])) ** 1.5
                root = line[at] + self.rng.uniform(-half, 0.5 * half) * np.array([0.0, 1.0])
                lean = np.deg2rad(20.0 + 65.0 * along[at] ** 2 + self.rng.normal(0.0, 9.0))
                tip = root + self.rng.uniform(0.003, 0.0055) * np.array([side * np.cos(lean), np.sin(lean) * 0.8])
                strokes.append(np.stack((root, tip)))
            fine = self.lines(strokes, TEXEL, 0.0003)
            image = np.maximum(image, np.minimum(fine, 1.0) * 0.9)
        return np.minimum(image + 0.45 * _blurred(image, 0.0015), 1.0)

    def _wrinkles(self) -> dict[Layer, np.ndarray]:
        """The layers of wrinkles: depth, slopes and where each kind is."""
        groups = {
            Layer.FOREHEAD: self._forehead(),
            Layer.FROWN: self._frown(),
            Layer.EYE_CORNERS: self._eye_corners(),
            Layer.SMILE: self._smile(),
        }
        depth: np.ndarray = np.zeros(self.shape, np.float32)
        images: dict[Layer, np.ndarray] = {}
        for layer, (curves, width) in groups.items():
            drawn = self.lines(curves, width, width) * (1.0 - self.opening)
            depth = np.maximum(depth, np.minimum(drawn, 1.0))
            images[layer] = np.minimum(3.0 * _blurred(np.minimum(drawn, 1.0), 0.002), 1.0)
        across, down = np.gradient(depth)[::-1]
        largest = np.percentile(np.hypot(across, down)[depth > 0.1], 99)
        images[Layer.WRINKLES] = depth
        images[Layer.WRINKLES_X] = np.clip(across / largest, -1.0, 1.0)
        images[Layer.WRINKLES_Y] = np.clip(-down / largest, -1.0, 1.0)
        return images

    def _forehead(self) -> tuple[list[np.ndarray], float]:
        top = (self.marks[19, 1] + self.marks[24, 1]) / 2.0
        curves = []
        for height, half in ((0.013, 0.026), (0.022, 0.036), (0.0305, 0.033), (0.039, 0.024)):
            x = np.linspace(-half * self.rng.uniform(0.4, 1.0), half * self.rng.uniform(0.4, 1.0), 40)
            wave = 0.0016 * np.sin(x / half * 3.2 + self.rng.uniform(0, 6)) + 0.0022 * np.cos(x / 0.022)
            curves.append(np.column_stack((x, top + height + self.rng.normal(0.0, 0.0012) + wave)))
        return curves, 0.0011

    def _frown(self) -> tuple[list[np.ndarray], float]:
        root = self.marks[27]
        curves = [np.array([[s * 0.0062, 0.006], [s * 0.0052, 0.012], [s * 0.0066, 0.019]]) + root for s in (1.0, -0.9)]
        return [_curve(curve, 20) for curve in curves], 0.0010

    def _eye_corners(self) -> tuple[list[np.ndarray], float]:
        curves = []
        for eye, _ in self.eyes:
            side = np.sign(eye[0, 0])
            for angle, length in ((22.0, 0.012), (2.0, 0.015), (-20.0, 0.014), (-40.0, 0.011)):
                turn = np.deg2rad(angle + self.rng.normal(0.0, 4.0))
                reach = np.linspace(0.006, 0.006 + length, 12)
                bend = 0.0012 * np.linspace(0.0, 1.0, 12) ** 2 * np.sign(angle - 5.0)
                curves.append(eye[0] + np.column_stack((side * reach * np.cos(turn), reach * np.sin(turn) + bend)))
            below = eye[[0, 5, 4, 3]] - [[0.0, 0.004], [0.0, 0.0068], [0.0, 0.0072], [0.0, 0.004]]
            curves.append(_curve(below, 24))
        return curves, 0.0008

    def _smile(self) -> tuple[list[np.ndarray], float]:
        m, curves = self.marks, []
        for side, wing, mouth in ((-1.0, m[31], m[48]), (1.0, m[35], m[54])):
            at = [(wing, 0.006, 0.004), (wing, 0.0125, -0.006), (mouth, 0.009, 0.006), (mouth, 0.0105, -0.004)]
            chin = [(mouth, 0.003, -0.004), (mouth, 0.006, -0.018)]
            for line in (at, chin):
                curves.append(_curve(np.array([point + np.array([side * x, y]) for point, x, y in line]), 24))
        return curves, 0.0014


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W) an image blurred by a Gaussian; sigma: metres."""
    return cv2.GaussianBlur(image, (0, 0), sigma / TEXEL) if sigma > 0.0 else image


def _curve(points: np.ndarray, count: int) -> np.ndarray:
    """(K, 2) -> (count, 2) along a smooth curve through them (Catmull-Rom)."""
    padded = np.vstack((2.0 * points[0] - points[1], points, 2.0 * points[-1] - points[-2]))
    at = np.linspace(0.0, len(points) - 1.0, count)
    first = np.minimum(at.astype(int), len(points) - 2)
    t = (at - first)[:, None]
    a, b, c, d = (padded[first + step] for step in range(4))
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _smooth(polygon: np.ndarray) -> np.ndarray:
    """A closed polygon with eight points a side, its cupid's bow kept."""
    steps = np.linspace(0.0, len(polygon), 8 * len(polygon), endpoint=False)
    closed = np.vstack((polygon, polygon[:1]))
    return np.stack([np.interp(steps, np.arange(len(closed)), closed[:, axis]) for axis in range(2)], axis=1)
