"""Problems as errors."""

import numpy as np
import pytest

from trans3dhead.evaluation.report import Metric, Problem, Report
from trans3dhead.evaluation.strictness import EXIT_CODES, ScoringError, refuse_problems


def report(*problems: Problem) -> Report:
    return Report("test", (Metric("nme", "NME", 2),), ("a",), {"nme": np.zeros(1)}, problems=problems)


def test_each_kind_has_its_own_exit_code_which_no_other_error_has():
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert not {0, 1, 2} & set(EXIT_CODES.values())


def test_the_first_problem_is_refused_and_the_others_are_counted():
    refuse_problems(report())
    problems = [Problem("a", "missing", "a: is not predicted"), Problem("b", "shape", "b: 67 points")]
    with pytest.raises(ScoringError, match="a: is not predicted; and 1 more") as error:
        refuse_problems(report(*problems))
    assert error.value.exit_code == EXIT_CODES["missing"]
