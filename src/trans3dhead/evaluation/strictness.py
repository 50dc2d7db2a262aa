"""What is wrong with predictions or ground truth, as errors with an exit code of their own for the command line."""

from trans3dhead.evaluation.report import Report

# 1 is any other bad input, 2 a wrong option.
EXIT_CODES = {"empty": 3, "missing": 4, "unknown": 5, "not finite": 6, "shape": 7, "unreadable": 8, "not found": 9}


class ScoringError(ValueError):
    """Bad input of a benchmark; `exit_code` is that of its kind."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.exit_code = EXIT_CODES[kind]


def refuse_problems(report: Report) -> None:
    """Raise a ScoringError for the first problem of a report, if it has any; the message counts the others."""
    if not report.problems:
        return
    first, others = report.problems[0], len(report.problems) - 1
    more = f"; and {others} more problems" if others else ""
    raise ScoringError(first.kind, f"{first.message}{more}. Without --strict what is there is scored")
