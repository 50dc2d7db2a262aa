"""The paper's ablation tables as what each row changes, with the numbers that it reports.

Jiang, Liao, Jin, Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", Int. J. Machine Learning and
Cybernetics 17(4), 180, 2026: tables 3 to 8, all on the validation split of DAD-3DHeads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

System = Literal["trans3dhead", "dad3dnet"]


@dataclass(frozen=True)
class Published:
    """What the paper reports for a row."""

    nme: float | None  # percent; None where it reports none
    z5: float
    chamfer: float
    pose_error: float


@dataclass(frozen=True)
class Row:
    """One training: a system and how it departs from its recipe."""

    name: str  # as the paper has it
    published: Published
    network: Mapping[str, Any] = field(default_factory=dict)  # fields of the configuration
    euler: bool = True  # False: without the Euler Angles Loss
    system: System = "trans3dhead"

    @property
    def run(self) -> str:
        """The name of its run: system and departures, so that tables share the rows that they have in common."""
        parts = [f"{name}={value}".lower() for name, value in sorted(self.network.items())]
        return "+".join([self.system, *parts, *([] if self.euler else ["euler=false"])])


@dataclass(frozen=True)
class AblationTable:
    """Rows of one table of the paper."""

    title: str
    rows: tuple[Row, ...]
    baseline: str  # the row to which the others are compared

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if self.baseline not in names or len(set(names)) != len(names):
            raise ValueError(f"table: expected different names and among them {self.baseline!r}, got {names}")


_BASELINE: Mapping[str, Any] = {"query_aware_memory": "none", "residual_regression": "none"}
_QAMEM: Mapping[str, Any] = {"residual_regression": "none"}  # the recipe has QAMem in the landmark branch

_TRANS3DHEAD = Row("Trans3DHead", Published(1.822, 0.9585, 2.796, 0.123))


def _layers(encoder: int, decoder: int, *published: float) -> Row:
    """A row of table 3, right: the baseline with QAMem and so many layers."""
    changes: Mapping[str, Any] = {**_QAMEM, "encoder_layers": encoder, "decoder_layers": decoder}
    if (encoder, decoder) == (0, 2):
        changes = _QAMEM  # the recipe's own numbers
    return Row(f"E/D {encoder}/{decoder}", Published(*published), changes, euler=False)


_60 = {"shape_parameters": 40, "expression_parameters": 10, "jaw_parameters": False}
_160 = {"shape_parameters": 100, "expression_parameters": 50, "jaw_parameters": False}

TABLES: Mapping[str, AblationTable] = {
    "table3": AblationTable(
        "Table 3, left: the components",
        (
            Row("DAD-3DNet", Published(1.956, 0.9571, 2.749, 0.130), system="dad3dnet"),
            Row("baseline", Published(1.847, 0.9578, 2.791, 0.126), _BASELINE, euler=False),
            Row("+QA", Published(1.831, 0.9578, 2.803, 0.128), _QAMEM, euler=False),
            Row("+Euler+QA", Published(1.837, 0.9580, 2.819, 0.127), _QAMEM),
            Row("+MARR+QA", Published(1.851, 0.9572, 2.802, 0.129), euler=False),
            _TRANS3DHEAD,
        ),
        baseline="baseline",
    ),
    "table3-layers": AblationTable(
        "Table 3, right: encoder and decoder layers",
        (
            _layers(0, 1, 1.869, 0.9578, 2.819, 0.128),
            _layers(0, 2, 1.831, 0.9578, 2.803, 0.128),
            _layers(0, 3, 1.821, 0.9580, 2.816, 0.126),
            _layers(1, 2, 1.836, 0.9582, 2.827, 0.125),
            _layers(2, 2, 1.835, 0.9574, 2.840, 0.127),
            _layers(3, 2, 1.828, 0.9585, 2.849, 0.124),
        ),
        baseline="E/D 0/2",
    ),
    "table4": AblationTable(
        "Table 4: the average face",
        (
            _TRANS3DHEAD,
            Row("+averinit", Published(1.849, 0.9584, 2.816, 0.125), {"residual_regression": "learnable_average"}),
            Row("+randinit", Published(1.842, 0.9582, 2.797, 0.126), {"residual_regression": "learnable_random"}),
        ),
        baseline="Trans3DHead",
    ),
    "table5": AblationTable(
        "Table 5: query-aware memory",
        (
            Row("baseline", Published(1.847, 0.9578, 2.791, 0.126), _BASELINE, euler=False),
            Row("+QAMem-1", Published(1.831, 0.9578, 2.803, 0.128), _QAMEM, euler=False),
            Row(
                "+QAMem-2",
                Published(1.831, 0.9581, 2.782, 0.125),
                {**_QAMEM, "query_aware_memory": "both"},
                euler=False,
            ),
        ),
        baseline="baseline",
    ),
    "table6": AblationTable(
        "Table 6: queries initialised from the memory",
        (
            Row("noMQinit", Published(1.865, 0.9577, 2.795, 0.127), {"memory_query_init": "none"}),
            Row("+MQinit-1", Published(1.822, 0.9585, 2.796, 0.123)),
            Row("+MQinit-2", Published(1.821, 0.9577, 2.781, 0.125), {"memory_query_init": "both"}),
        ),
        baseline="noMQinit",
    ),
    "table7": AblationTable(
        "Table 7: both tasks or one",
        (Row("only-3DMM", Published(None, 0.9567, 2.839, 0.133), {"landmark_branch": False}), _TRANS3DHEAD),
        baseline="only-3DMM",
    ),
    "table8": AblationTable(
        "Table 8: how many parameters",
        (
            Row("DAD-3DNet, 60", Published(2.354, 0.9481, 3.298, 0.153), _60, system="dad3dnet"),
            Row("Trans3DHead, 60", Published(1.886, 0.9529, 3.241, 0.129), _60),
            Row("DAD-3DNet, 160", Published(2.312, 0.9518, 2.946, 0.145), _160, system="dad3dnet"),
            Row("Trans3DHead, 160", Published(1.901, 0.9560, 2.845, 0.130), _160),
            Row("DAD-3DNet, all", Published(1.956, 0.9571, 2.749, 0.130), system="dad3dnet"),
            Row("Trans3DHead, all", Published(1.822, 0.9585, 2.796, 0.123)),
        ),
        baseline="Trans3DHead, all",
    ),
}
