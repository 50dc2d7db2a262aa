"""The published numbers that the benchmarks' tables stand beside: Tables 1 and 2 of the Trans3DHead paper.

Jiang, Liao, Jin, Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", Int. J. Machine Learning and
Cybernetics 17(4), 180, 2026. The digits are the paper's; notes say where a reader should not take them as they are.
"""

from trans3dhead.evaluation.report import PublishedRow


def _alignment(system: str, nme: float, z5: float | None, chamfer: float, pose_error: float) -> PublishedRow:
    """A row of Table 1: percent, share of pairs, squared distance, Frobenius norm."""
    values = {"nme": nme, "chamfer": chamfer, "pose_error": pose_error}
    return PublishedRow(system, values if z5 is None else {**values, "z5": z5})


def _angles(system: str, mae: float, pitch: float, roll: float, yaw: float, note: str = "") -> PublishedRow:
    """A row of Table 2, degrees, in the order of its columns."""
    return PublishedRow(system, {"mae": mae, "pitch": pitch, "yaw": yaw, "roll": roll}, note)


DAD_3DHEADS_TEST = (
    _alignment("RingNet", 8.757, 0.880, 5.166, 0.438),
    _alignment("3DDFA-V2", 3.580, None, 6.170, 0.527),
    _alignment("DAD-3DNet", 2.431, 0.949, 3.183, 0.168),
    _alignment("Trans3DHead", 2.248, 0.950, 3.257, 0.153),
)

AFLW2000_3D = (
    _angles("Dlib", 13.29, 12.60, 9.00, 18.27),
    _angles("FAN", 9.12, 12.28, 8.71, 6.36),
    _angles("3DDFA", 7.39, 8.53, 7.39, 5.40, "the roll as printed repeats the MAE; the three angles average 7.11"),
    _angles("RingNet", 8.27, 4.39, 13.51, 6.92),
    _angles("HopeNet", 6.16, 6.56, 5.44, 6.47),
    _angles("RetinaFace", 6.22, 9.64, 3.92, 5.10),
    _angles(
        "3DDFA-V2",
        7.56,
        8.48,
        9.89,
        4.30,
        "its own matrix2angle uses another Euler order than AFLW2000-3D; read in the right order its error falls by "
        "about half",
    ),
    _angles("Img2Pose", 3.91, 5.03, 3.28, 3.43),
    _angles("SynergyNet", 3.35, 4.09, 2.55, 3.42),
    _angles("DAD-3DNet", 3.66, 4.76, 3.15, 3.08),
    _angles("Trans3DHead", 3.38, 4.39, 2.84, 2.91),
)
