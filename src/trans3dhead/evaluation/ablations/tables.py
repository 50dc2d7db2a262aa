"""The paper's ablation tables as what each row changes, with the figures that it reports (`published.csv`).

Jiang, Liao, Jin, Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", Int. J. Machine Learning and
Cybernetics 17(4), 180, 2026: tables 3 to 8, all on the validation split of DAD-3DHeads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trans3dhead.evaluation.published import published_figures

System = Literal["trans3dhead", "dad3dnet"]


@dataclass(frozen=True)
class Row:
    """One training: a system and how it departs from its recipe."""

    name: str  # as the paper has it
    network: Mapping[str, Any] = field(default_factory=dict)  # fields of the configuration
    euler: bool = True  # False: without the Euler Angles Loss
    system: System = "trans3dhead"

    @property
    def run(self) -> str:
        """The name of its run: system and departures, so that tables share the rows that they have in common."""
        parts = [f"{name}={value}".lower() for name, value in sorted(self.network.items())]
        return "+".join([self.system, *parts, *([] if self.euler else ["euler=false"])])

    def run_of(self, seed: int) -> str:
        """The name of its run folder."""
        return f"{self.run}+seed={seed}"


@dataclass(frozen=True)
class AblationTable:
    """One table of the paper: its rows, and what the paper reports for them."""

    title: str
    rows: tuple[Row, ...]
    baseline: str  # the row to which the others are compared
    published: Mapping[str, Mapping[str, float]]  # row -> metric -> what the paper reports; what it has not is left out

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if self.baseline not in names or len(set(names)) != len(names):
            raise ValueError(f"table: expected different names and among them {self.baseline!r}, got {names}")
        if unpublished := [name for name in names if name not in self.published]:
            raise ValueError(f"table: expected published figures of every row, got none of {', '.join(unpublished)}")


_BASELINE: Mapping[str, Any] = {"query_aware_memory": "none", "residual_regression": "none"}
_QAMEM: Mapping[str, Any] = {"residual_regression": "none"}  # the recipe has QAMem in the landmark branch


def _layers(encoder: int, decoder: int) -> Row:
    """A row of table 3, right: the baseline with QAMem and so many layers."""
    changes: Mapping[str, Any] = {**_QAMEM, "encoder_layers": encoder, "decoder_layers": decoder}
    if (encoder, decoder) == (0, 2):
        changes = _QAMEM  # the recipe's own numbers
    return Row(f"E/D {encoder}/{decoder}", changes, euler=False)


_60 = {"shape_parameters": 40, "expression_parameters": 10, "jaw_parameters": False}
_160 = {"shape_parameters": 100, "expression_parameters": 50, "jaw_parameters": False}


def _table(key: str, title: str, rows: tuple[Row, ...], baseline: str) -> AblationTable:
    return AblationTable(title, rows, baseline, published_figures(key))


TABLES: Mapping[str, AblationTable] = {
    "table3": _table(
        "table3",
        "Table 3, left: the components",
        (
            Row("DAD-3DNet", system="dad3dnet"),
            Row("baseline", _BASELINE, euler=False),
            Row("+QA", _QAMEM, euler=False),
            Row("+Euler+QA", _QAMEM),
            Row("+MARR+QA", euler=False),
            Row("Trans3DHead"),
        ),
        baseline="baseline",
    ),
    "table3-layers": _table(
        "table3-layers",
        "Table 3, right: encoder and decoder layers",
        (_layers(0, 1), _layers(0, 2), _layers(0, 3), _layers(1, 2), _layers(2, 2), _layers(3, 2)),
        baseline="E/D 0/2",
    ),
    "table4": _table(
        "table4",
        "Table 4: the average face",
        (
            Row("Trans3DHead"),
            Row("+averinit", {"residual_regression": "learnable_average"}),
            Row("+randinit", {"residual_regression": "learnable_random"}),
        ),
        baseline="Trans3DHead",
    ),
    "table5": _table(
        "table5",
        "Table 5: query-aware memory",
        (
            Row("baseline", _BASELINE, euler=False),
            Row("+QAMem-1", _QAMEM, euler=False),
            Row("+QAMem-2", {**_QAMEM, "query_aware_memory": "both"}, euler=False),
        ),
        baseline="baseline",
    ),
    "table6": _table(
        "table6",
        "Table 6: queries initialised from the memory",
        (
            Row("noMQinit", {"memory_query_init": "none"}),
            Row("+MQinit-1"),
            Row("+MQinit-2", {"memory_query_init": "both"}),
        ),
        baseline="noMQinit",
    ),
    "table7": _table(
        "table7",
        "Table 7: both tasks or one",
        (Row("only-3DMM", {"landmark_branch": False}), Row("Trans3DHead")),
        baseline="only-3DMM",
    ),
    "table8": _table(
        "table8",
        "Table 8: how many parameters",
        (
            Row("DAD-3DNet, 60", _60, system="dad3dnet"),
            Row("Trans3DHead, 60", _60),
            Row("DAD-3DNet, 160", _160, system="dad3dnet"),
            Row("Trans3DHead, 160", _160),
            Row("DAD-3DNet, all", system="dad3dnet"),
            Row("Trans3DHead, all"),
        ),
        baseline="Trans3DHead, all",
    ),
}
