"""`python -m study.speed`: what the oracle and the methods cost on this machine, beside references and other libraries.

Tables and a plot go to outputs/bench/.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from study.cells.provenance import environment
from study.common.command import exit_code
from study.speed import oracle, process, profile, scale, step, surface, taylor, tracking, weights
from study.speed.rows import Row, table
from study.sweeps.plan import tracked
from study.sweeps.profile import experiment
from study.sweeps.profile import profile as grids_of

PARTS = ("oracle", "weights", "taylor", "surface", "step", "process", "tracking", "memory", "scale", "profile")
FULL_ONLY = ("profile",)
MEMORY = {
    "one step, 784-300-100-10, N=60,000": "784, (300, 100), 10, 60_000",
    "one step, 400-100-10, N=5,000": "400, (100,), 10, 5_000",
}

console = Console()


def main() -> int:
    """Measure the parts that are asked for; one thread, float64."""
    asked = arguments()
    torch.set_num_threads(1)
    grids_of(asked.profile)  # a wrong name is refused before anything is measured
    parts = asked.parts or [p for p in PARTS if asked.full or p not in FULL_ONLY]
    folder = tracked(experiment("smoke"))[1] / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    machine(folder)
    timed = {
        "oracle": lambda: oracle.rows(asked.rounds, asked.full),
        "weights": lambda: weights.rows(asked.rounds),
        "taylor": lambda: taylor.rows(asked.rounds),
        "surface": lambda: surface.rows(asked.rounds),
        "step": lambda: step.rows(asked.rounds),
        "process": lambda: process.rows(asked.rounds),
        "tracking": lambda: tracking.rows(asked.rounds),
    }
    for part in parts:
        if part in timed:
            write(part, timed[part](), folder)
    if "memory" in parts and Path("/proc/self/clear_refs").exists():
        peak(folder)
    if "scale" in parts:
        growth(asked.rounds, folder)
    if "profile" in parts:
        shares(asked.profile, folder)
    console.print(f"Written to {folder}", highlight=False)
    return 0


def arguments() -> argparse.Namespace:
    """Return what is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m study.speed", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (default: all but {', '.join(FULL_ONLY)})")
    parser.add_argument("--full", action="store_true", help="all parts, references timed whole, peers on every case")
    parser.add_argument("--rounds", type=int, default=5, help="how often each path is timed, in turn (default: 5)")
    parser.add_argument("--profile", default="paper", help="whose time the part `profile` takes apart (default: paper)")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - set(PARTS)):
        parser.error(f"unknown part {', '.join(unknown)}; known: {', '.join(PARTS)}")
    if asked.rounds < 1:
        parser.error(f"--rounds {asked.rounds}: at least 1")
    return asked


def machine(folder: Path) -> None:
    """Write and print what is measured on."""
    facts = environment("cuda" if torch.cuda.is_available() else "cpu") | {"cores": str(os.cpu_count())}
    pd.Series(facts).to_json(folder / "machine.json", indent=1)
    console.print("; ".join(f"{k} {v}" for k, v in facts.items()), highlight=False, style="dim")


def write(part: str, cases: Iterable[list[Row]], folder: Path) -> None:
    """Measure a part's works, print each as it is done, and write them all to a file."""
    found: list[Row] = []
    with console.status(part):
        for rows in cases:
            found += rows
            if rows:
                shown = [(r.path, number(r.times.median), f"{r.times.spread:.0%}", f"{r.ratio:.3g}x") for r in rows]
                show(rows[0].work, ("path", "seconds", "spread", f"against {rows[0].path}"), shown)
    table(found).to_csv(folder / f"{part}.csv", index=False)


def peak(folder: Path) -> None:
    """Measure peak memory in processes of their own."""
    found = [(work, *process.peak_memory(case)) for work, case in MEMORY.items()]
    columns = ["work", "cached_activations_mib", "peak_mib"]
    pd.DataFrame(found, columns=columns).to_csv(folder / "memory.csv", index=False)
    shown = [(work, f"{held:.0f}", f"{most:.0f}") for work, held, most in found]
    show("MiB beyond data and the bare process", ("work", "cached activations", "peak"), shown)


def growth(rounds: int, folder: Path) -> None:
    """Measure how the cost grows; write the points, the exponents and the plot."""
    with console.status("scale"):
        points = pd.concat(scale.points(rounds), ignore_index=True)
    points.to_csv(folder / "scaling.csv", index=False)
    fitted = scale.exponents(points)
    fitted.to_csv(folder / "exponents.csv", index=False)
    scale.plot(points, folder / "scaling.png")
    paths = list(dict.fromkeys(points["path"]))
    wide = points.pivot(index=["grows", "size"], columns="path", values="seconds").loc[:, paths]
    wide = wide.reindex(pd.MultiIndex.from_frame(points[["grows", "size"]].drop_duplicates()))
    shown = [(f"{grows} {size:,}", *(number(s) for s in seconds)) for (grows, size), *seconds in wide.itertuples()]
    powers = fitted.pivot(index="grows", columns="path", values="exponent").loc[:, paths]
    shown += [(f"exponent over {row[0]}", *(f"{e:.2f}" for e in row[1:])) for row in powers.itertuples()]
    show("one step with all units as the work grows, seconds", ("", *paths), shown)


def shares(name: str, folder: Path) -> None:
    """Measure what the cells of one seed of a profile spend their time on."""
    with console.status(f"profile: the cells of one seed of {name}"):
        found = profile.where(name)
    found.to_csv(folder / "profile.csv", index=False)
    shown = [(p, f"{s:.1f}", f"{s / found['seconds'].sum():.0%}") for p, s in found[["part", "seconds"]].to_numpy()]
    title = f"where the time goes: {found['cells'][0]} cells of seed {profile.SEED} of profile {name}"
    show(title, ("part", "seconds", "share"), shown)


def number(seconds: float) -> str:
    """Return seconds with three significant digits.

    >>> number(0.0012345), number(12.345), number(123.45)
    ('0.00123', '12.3', '123')
    """
    digits = f"{seconds:#.3g}"
    return f"{seconds:,.0f}" if seconds >= 100 else digits.rstrip(".")


def show(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        drawn.add_column(column, justify="right" if i else "left")
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)


if __name__ == "__main__":
    sys.exit(exit_code(main))
