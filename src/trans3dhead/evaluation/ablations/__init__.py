"""The paper's ablations: what each table changes, its rows trained and scored, the table beside the published one."""

from trans3dhead.evaluation.ablations.budgets import BUDGETS, read_budget
from trans3dhead.evaluation.ablations.results import to_json
from trans3dhead.evaluation.ablations.run import run_tables
from trans3dhead.evaluation.ablations.show import results_markdown, results_table
from trans3dhead.evaluation.ablations.tables import TABLES

__all__ = ["BUDGETS", "TABLES", "read_budget", "results_markdown", "results_table", "run_tables", "to_json"]
