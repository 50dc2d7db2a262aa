"""Where a head is, and the pinhole camera that looks at it."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.cameras import project_pinhole


@dataclass(frozen=True)
class Placement:
    """Where a head is and what camera looks at it; see HeadAnnotation."""

    rotation: np.ndarray  # (3, 3) float64
    translation: np.ndarray  # (3,) float64 metres
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) float64 pixels

    def to_camera(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) head space -> (N, 3) camera space, metres."""
        return vertices @ self.rotation.T + self.translation

    def project(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) metres, head space -> (N, 2) pixels."""
        return project_pinhole(self.to_camera(vertices), self.focal, self.principal_point)
