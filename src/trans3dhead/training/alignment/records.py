"""What a training of an alignment network writes down after each validation."""

from collections.abc import Mapping

import numpy as np

from trans3dhead.data.targets import Batch
from trans3dhead.training.alignment.module import ValidationOutput
from trans3dhead.training.alignment.preview import preview_sheet
from trans3dhead.training.alignment.validation import HeadMetrics, summarise
from trans3dhead.training.engine.run_folder import ValidationRecords


class AlignmentRecords(ValidationRecords):
    """The mean metrics of alignment, and crops with their landmarks."""

    def part(self, outputs: ValidationOutput) -> HeadMetrics:
        """The errors of a batch's heads, on the CPU."""
        return outputs.metrics.cpu()

    def summary(self, parts: list[HeadMetrics]) -> dict[str, float]:
        """Metric -> its mean over the heads of all batches."""
        return summarise(parts)

    def sheet(self, batch: Batch, outputs: ValidationOutput) -> np.ndarray:
        """(H, W, 3) uint8 RGB: crops with their true landmarks in green and the predicted ones in red."""
        count, landmarks = self.pictures, outputs.prediction.landmarks
        shown = None if landmarks is None else landmarks[:count]
        return preview_sheet(batch.crops[:count], outputs.targets.landmarks[:count], shown)

    def line(self, means: Mapping[str, float]) -> str:
        """The mean NME, angle errors, vertex error and expression error in one line."""
        return (
            f"nme {means['nme']:.2f} %  mesh {means['nme_mesh']:.2f} %  "
            f"pitch/yaw/roll {means['pitch']:.2f}/{means['yaw']:.2f}/{means['roll']:.2f}°  "
            f"geodesic {means['geodesic']:.2f}° (frontal {means['geodesic_frontal']:.2f}°)  "
            f"vertices {means['vertices']:.2f} mm  expression {means['expression']:.4f}"
        )
