"""What a training of an alignment network writes down after each validation."""

from collections.abc import Mapping

import numpy as np

from trans3dhead.data.targets import Batch
from trans3dhead.training.alignment.module import Validated
from trans3dhead.training.alignment.preview import landmark_sheet
from trans3dhead.training.alignment.validation import HeadMetrics, summarise
from trans3dhead.training.engine.run_folder import ValidationRecords


class AlignmentRecords(ValidationRecords):
    """The mean metrics of alignment, and crops with their landmarks."""

    def part(self, outputs: Validated) -> HeadMetrics:
        """The errors of a batch."""
        return outputs.metrics.cpu()

    def summary(self, parts: list[HeadMetrics]) -> dict[str, float]:
        """Means over all heads."""
        return summarise(parts)

    def sheet(self, batch: Batch, outputs: Validated) -> np.ndarray:
        """Crops with their landmarks."""
        count, landmarks = self.pictures, outputs.prediction.landmarks
        shown = None if landmarks is None else landmarks[:count]
        return landmark_sheet(batch.crops[:count], outputs.targets.landmarks[:count], shown)

    def line(self, means: Mapping[str, float]) -> str:
        """NME, angles, vertices, expression."""
        return (
            f"nme {means['nme']:.2f} %  mesh {means['nme_mesh']:.2f} %  "
            f"pitch/yaw/roll {means['pitch']:.2f}/{means['yaw']:.2f}/{means['roll']:.2f}°  "
            f"geodesic {means['geodesic']:.2f}° (frontal {means['geodesic_frontal']:.2f}°)  "
            f"vertices {means['vertices']:.2f} mm  expression {means['expression']:.4f}"
        )
