"""`python -m fuzz`: mutated files for every reader, or for one, and a table of what came of them."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fuzz import targets
from fuzz.campaign import Limits, Outcome, run
from trans3dhead.files import write_atomically


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=targets.names(), help="May be given again; default: all.")
    parser.add_argument("--seconds", type=float, default=60.0, help="For each target (60).")
    parser.add_argument("--seed", type=int, default=0, help="Of the mutations (0).")
    parser.add_argument(
        "--hang", type=float, default=Limits.seconds, help="Seconds of the processor that an input may take."
    )
    parser.add_argument("--memory", type=int, default=Limits.megabytes, help="Megabytes that an input may take.")
    parser.add_argument("--plain", action="store_true", help="Without atheris, though it is installed.")
    parser.add_argument("--faults", type=Path, default=Path("build/fuzz"), help="Folder for the inputs at fault.")
    parser.add_argument("-o", "--output", type=Path, help="The table as JSON.")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """1 if an input was at fault, else 0."""
    options = _options(arguments)
    limits = Limits(options.hang, options.memory)
    outcomes = []
    for target in options.target or targets.names():
        print(f"{target} ...", file=sys.stderr, flush=True)
        outcomes.append(run(target, options.seconds, options.seed, options.faults.resolve(), limits, options.plain))
    _print(outcomes)
    if options.output:
        write_atomically(options.output, json.dumps([outcome.row() for outcome in outcomes], indent=2).encode())
    return int(any(outcome.at_fault for outcome in outcomes))


def _print(outcomes: list[Outcome]) -> None:
    console = Console(soft_wrap=True)
    table = Table("target", "by coverage")
    for column in ("tried", "refused", "accepted", "faults"):
        table.add_column(column, justify="right")
    for outcome in outcomes:
        counts = (outcome.tried, outcome.refused, outcome.accepted, outcome.at_fault)
        table.add_row(outcome.target, "yes" if outcome.coverage else "no", *(f"{count:,}" for count in counts))
    console.print(table)
    for outcome in outcomes:
        for wrong, path in outcome.faults.items():
            console.print(f"{outcome.target}: {escape(wrong)}: {escape(path)}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
