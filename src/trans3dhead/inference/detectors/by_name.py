"""Detectors by the names that the command line and `Predictor(detector=...)` take."""

from trans3dhead.inference.detectors.cascade import CascadeDetector
from trans3dhead.inference.detectors.head_detector import SHIPPED, HeadDetector
from trans3dhead.inference.detectors.yunet import YuNetDetector


def build_detector(
    name: str, threshold: float | None = None, threads: int | None = None
) -> CascadeDetector | YuNetDetector | HeadDetector:
    """Detectors by name; threshold: the least score, 0..1, or None for its `own_threshold`; threads: of our own one.

    "heads": our own head detector, the one that ships; "heads:PATH": of your checkpoint; "cascade"; "yunet:PATH", of
    an ONNX file.
    """
    kind, _, path = name.partition(":")
    if kind == "heads":
        return HeadDetector(path or SHIPPED, threshold, threads=threads)
    if kind == "cascade" and not path:
        return CascadeDetector(threshold)
    if kind == "yunet" and path:
        return YuNetDetector(path, threshold)
    raise ValueError(
        "detector: expected 'heads', 'heads:PATH' (a checkpoint), 'cascade' or 'yunet:PATH' (an ONNX file), "
        f"got {name!r}"
    )
