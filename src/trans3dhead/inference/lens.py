"""The focal length of a photograph's camera, as far as anything says it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

_FILM_DIAGONAL = float(np.hypot(36.0, 24.0))  # millimetres, of the film of 35 mm, which EXIF compares with


@dataclass(frozen=True, eq=False)
class Lens:
    """The lens of a pinhole camera with square pixels and without distortion."""

    focal_length: float  # pixels
    principal_point: np.ndarray  # (2,) pixels: where the optical axis meets the photograph
    source: Literal["given", "exif", "assumed"]

    @classmethod
    def given(
        cls, size: tuple[int, int], focal_length: float | None = None, field_of_view: float | None = None
    ) -> "Lens":
        """A lens that is known.

        size: width and height of the photograph, pixels, whose middle is the principal point; focal_length:
        pixels; or field_of_view: degrees from its left to its right side. Raises ValueError unless one of the two is
        given.
        """
        check_lens(focal_length, field_of_view)
        if focal_length is None:
            if field_of_view is None:
                raise ValueError("lens: expected a focal length or a field of view, got neither")
            focal_length = size[0] / 2 / float(np.tan(np.deg2rad(field_of_view) / 2))
        return cls(float(focal_length), _middle(size), "given")

    @classmethod
    def guessed(cls, size: tuple[int, int], millimetres: float | None = None) -> "Lens":
        """A lens by what EXIF says, or by what is usual. size: width and height of the photograph, pixels.

        millimetres: the focal length in 35 mm terms, as EXIF has it; None: a normal lens, whose focal length is the
        photograph's diagonal: 43 mm, 53 degrees from corner to corner.
        """
        diagonal = float(np.hypot(*size))
        if millimetres is None:
            return cls(diagonal, _middle(size), "assumed")
        return cls(diagonal * millimetres / _FILM_DIAGONAL, _middle(size), "exif")


def check_lens(focal_length: float | None, field_of_view: float | None) -> None:
    """Raise ValueError for what no lens has, and where both are given."""
    if focal_length is not None and field_of_view is not None:
        raise ValueError("lens: expected a focal length or a field of view, got both")
    if focal_length is not None and not (np.isfinite(focal_length) and focal_length > 0):
        raise ValueError(f"focal length: expected more than 0 pixels, got {focal_length}")
    if field_of_view is not None and not 0 < field_of_view < 180:
        raise ValueError(f"field of view: expected more than 0 and less than 180 degrees, got {field_of_view}")


def _middle(size: tuple[int, int]) -> np.ndarray:
    return np.array(size, np.float64) / 2
