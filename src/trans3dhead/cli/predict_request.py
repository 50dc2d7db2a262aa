"""What `trans3dhead predict` is asked for, and what a journal keeps of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trans3dhead import __version__
from trans3dhead.cli.predict_journal import fingerprint
from trans3dhead.cli.predict_photographs import PhotographOptions
from trans3dhead.cli.predict_video import VideoOptions
from trans3dhead.cli.predictor_options import PredictorSettings
from trans3dhead.defaults import reader_of

# Threads and processes are not among these: the results are the same with more or fewer.
_OF_PREDICTOR = ("flip", "runtime", "device", "min_score", "focal_length", "field_of_view", "any_roll")
_OF_PHOTOGRAPHS = ("formats", "overlay", "texture", "posed")
_OF_VIDEOS = ("smooth", "every", "frame_rate")


@dataclass(frozen=True)
class Request:
    """All that the results depend on but for the pictures themselves."""

    predictor: PredictorSettings
    photographs: PhotographOptions
    videos: VideoOptions
    boxes: Path | None  # a file of head boxes in place of the detector's

    def recorded(self) -> dict[str, Any]:
        """Plain values by which a journal tells this request from another one, files by their content."""
        from trans3dhead.weights.shipped import network_path

        head_model = self.predictor.head_model
        return {
            "version": __version__,
            "model": fingerprint(network_path(self.predictor.model)),
            "closer_look": _reader_fingerprint(self.predictor),
            "detector": _detector_fingerprint(self.predictor.detector),
            "head_model": None if head_model is None else fingerprint(head_model),
            "boxes": None if self.boxes is None else fingerprint(self.boxes),
            **{name: getattr(self.predictor, name) for name in _OF_PREDICTOR},
            **{name: getattr(self.photographs, name) for name in _OF_PHOTOGRAPHS},
            **{name: getattr(self.videos, name) for name in _OF_VIDEOS},
        }


def _reader_fingerprint(settings: PredictorSettings) -> str | None:
    """The network of the closer look by the content of its file; None: none looks closer."""
    from trans3dhead.weights.shipped import reader_path

    reader = reader_of(settings.model, settings.closer_look)
    return None if reader is None else fingerprint(reader_path(reader))


def _detector_fingerprint(name: str) -> str:
    """A detector by the content of its file; one without a file by its name."""
    from trans3dhead.inference.detectors.head_detector import SHIPPED
    from trans3dhead.weights.shipped import detector_path

    kind, _, file = name.partition(":")
    if kind == "yunet":
        return fingerprint(Path(file))
    return fingerprint(detector_path(file or SHIPPED)) if kind == "heads" else kind
