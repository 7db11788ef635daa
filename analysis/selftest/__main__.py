"""`python -m analysis.selftest`: false positives and power of the templates beside their nominal values."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.numbers import number
from analysis.selftest import agreement, rates
from analysis.selftest.simulation import CONFIDENCE
from analysis.selftest.together import FEWEST
from analysis.selftest.words import OUT, in_words
from study.common.command import exit_code
from study.common.spreadsheet import write_csv
from study.common.steps import Steps


def main() -> int:
    """Print the rates; return 1 where one is out of nominal or the two levels disagree."""
    parser = argparse.ArgumentParser(prog="python -m analysis.selftest", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000, help="draws of a template and effect (%(default)s)")
    parser.add_argument("--stores", type=int, default=10, help="draws of an effect as whole stores (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (%(default)s)")
    parser.add_argument("--out", type=Path, help="write the rates as CSV, too")
    arguments = parser.parse_args()
    for name, least in (("repetitions", FEWEST), ("stores", 1), ("seed", 0)):
        if (given := getattr(arguments, name)) < least:
            parser.error(f"--{name} {given}: at least {least}")
    if arguments.out:
        arguments.out.touch()  # a place that cannot be written to is said before minutes of work
    with Steps() as step:
        step("Whole stores")
        levels = agreement(arguments.stores, seed=arguments.seed)
        found = rates(arguments.repetitions, arguments.seed, lambda done, total: step("Templates", done, total))
    console = Console()
    console.print(as_table(found))
    differing = int(levels["differing"].sum())
    console.print(
        f"{int(levels['repetitions'].sum())} verdicts through whole stores: {differing} differ from those on the "
        f"values drawn (largest gap of an estimate or p-value {levels['largest_gap'].max():.1g})."
    )
    out = int((~found["ok"]).sum())
    console.print(f"{out} of {len(found)} rows out of nominal ({CONFIDENCE:.1%} intervals), in red.")
    for _, row in found[~found["quoted_ok"]].iterrows():
        console.print(
            f"Quoted power of {row['template']}, {row['effect']}, n = {row['n']}, family {row['family']}: "
            f"{number(row['quoted'])}; found {row['supported']:.3f}, independently {number(row['nominal'])}."
        )
    if arguments.out:
        write_csv(found, arguments.out, index=False)
    return int(bool(out or differing))


def as_table(found: pd.DataFrame) -> Table:
    """Return the rates as a table for the terminal, one row a truth and n; intervals are in the CSV."""
    words = in_words(found)
    grid = Table(*words.columns, title="Rates of decisions on known truths (nominal values)", title_justify="left")
    for row in words.itertuples(index=False):
        grid.add_row(*row, style="red" if row[-1] == OUT else "")
    return grid


if __name__ == "__main__":
    sys.exit(exit_code(main))
