"""Scores in the terminal."""

from __future__ import annotations

import math
import sys

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from study.benchmark import builtin
from study.benchmark.comparison import Scored

console = Console(width=None if sys.stdout.isatty() else 130)
LEGEND = """regret: what its choice costs more than the cheapest unit, of E(none) - E0, 100 at most; early: up to 40 %
removed; overlap: of its 25 cheapest units, the share that truly are; re-ranked, once: units removed before a point of
accuracy (1 % of the error's range) is lost, share; est./true: the estimates over the true impacts, median"""


def show(table: pd.DataFrame, scored: Scored, version: str) -> None:
    """Print the table of all criteria."""
    populations = scored.rows["population"].nunique()
    title = f"{version}: {table['networks'].max()} networks of {populations} populations, the smallest regret first"
    drawn = Table(title=title, title_justify="left", title_style="bold", collapse_padding=True, pad_edge=False)
    drawn.add_column("", justify="right")
    drawn.add_column("criterion", no_wrap=True)
    heads = (
        "regret, %",
        "95 % int.",
        "early, %",
        "overlap",
        "Spearman",
        "re-ranked",
        "once",
        "est./true",
        "ms",
        "passes",
    )
    for head in heads:
        drawn.add_column(head, justify="right")
    for name, row in table.iterrows():
        drawn.add_row(
            f"{row['place']:.0f}",
            escape(str(name)),
            number(100 * row["regret"]),
            f"{100 * row['regret_low']:.1f}–{100 * row['regret_high']:.1f}",
            number(100 * row["regret_early"]),
            *(_fixed(row[c], 2) for c in ("overlap_25", "spearman")),
            *(_fixed(row[c], 3) for c in ("removable_again", "removable_once")),
            number(row["scale"]),
            number(1000 * row["seconds"]),
            _fixed(row["forward_passes"], 0),
            style="bold green" if name == scored.name else "",
        )
    console.print(drawn)
    console.print(LEGEND, style="dim", highlight=False)


def places(table: pd.DataFrame, name: str) -> None:
    """Print a criterion's place on each population."""
    title = f"{escape(name)}, population by population"
    drawn = Table(title=title, title_justify="left", title_style="bold", collapse_padding=True, pad_edge=False)
    drawn.add_column("population", no_wrap=True)
    for head in ("place", "regret, %", "early, %", "overlap", "Spearman", "re-ranked", "once"):
        drawn.add_column(head, justify="right")
    for population, row in table.iterrows():
        place = f"{row['place']:.0f} of {row['of']:.0f}"
        regrets = [number(100 * row[c]) for c in ("regret", "regret_early")]
        others = [_fixed(row[c], 2) for c in ("overlap_25", "spearman", "removable_again", "removable_once")]
        drawn.add_row(str(population), place, *regrets, *others)
    console.print(drawn)


def notes(scored: Scored, version: str, limit: float) -> None:
    """Print what is not in the table, and why."""
    for population, reason in scored.left_out.items():
        console.print(f"[yellow]left out[/yellow] {population}: {escape(reason)}", highlight=False)
    if scored.unfinished:
        where = ", ".join(scored.unfinished)
        console.print(f"[yellow]not pruned[/yellow] within {limit:g} s: {where}; see --limit", highlight=False)
    if scored.refusing:
        names = ", ".join(scored.refusing)
        console.print(f"[yellow]not in the table[/yellow] {names}: no filters; --version v1 has them", highlight=False)
    if scored.absent:
        missing = ", ".join(scored.absent)
        console.print(f"[yellow]no kept rows[/yellow] of {missing}: {builtin.remedy(version)}", highlight=False)


def number(value: float) -> str:
    """Return a number with three significant digits; a dash for none.

    >>> number(0.012345), number(1234.5), number(float("nan"))
    ('0.0123', '1,234', '–')
    """
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _fixed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"
