"""`python -m analysis.selftest`: false positives and power of the templates beside their nominal values."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.report.tables import number
from analysis.selftest import agreement, rates
from analysis.selftest.nominal import ABOUT, AT_MOST
from analysis.selftest.simulation import CONFIDENCE

SIGNS = {AT_MOST: "≤", ABOUT: "≈"}


def main() -> int:
    """Print the rates; return 1 where one is out of nominal or the two levels disagree."""
    parser = argparse.ArgumentParser(prog="python -m analysis.selftest", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000, help="draws of a template and effect (%(default)s)")
    parser.add_argument("--stores", type=int, default=10, help="draws of an effect as whole stores (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (%(default)s)")
    parser.add_argument("--out", type=Path, help="write the rates as CSV, too")
    arguments = parser.parse_args()
    console = Console()
    with console.status("Whole stores"):
        levels = agreement(arguments.stores, seed=arguments.seed)
    with console.status("Templates"):
        found = rates(arguments.repetitions, arguments.seed)
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
        found.to_csv(arguments.out, index=False)
    return int(bool(out or differing))


def as_table(found: pd.DataFrame) -> Table:
    """Return the rates as a table for the terminal, one row a truth and n; intervals are in the CSV."""
    family = int(found["family"].max())
    grid = Table("template", "true effect", "n", title_justify="left")
    grid.title = "Rates of decisions on known truths, and nominal values"
    for name in ("supported", f"of {family} claims", "refuted"):
        grid.add_column(name)
        grid.add_column("nominal")
    for (template, effect, n), rows in found.groupby(["template", "effect", "n"], sort=False):
        corrected = rows[rows["family"] == family].iloc[0]
        alone = rows[rows["family"] == 1]
        told = _told(alone.iloc[0], "supported", "nominal", "nominal_binds") if len(alone) else ["", ""]
        told += _told(corrected, "supported", "nominal", "nominal_binds")
        told += _told(corrected, "refuted", "refuted_nominal", "refuted_binds")
        truth = "" if pd.isna(corrected["truth"]) else f" ({number(corrected['truth'])})"
        ok = bool(rows["ok"].all())
        grid.add_row(str(template), f"{effect}{truth}", str(n), *told, style="" if ok else "red")
    return grid


def _told(row: pd.Series, rate: str, nominal: str, binds: str) -> list[str]:
    return [f"{row[rate]:.3f}", f"{SIGNS[row[binds]]} {row[nominal]:.3f}" if row[binds] else ""]


if __name__ == "__main__":
    sys.exit(main())
