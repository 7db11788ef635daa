"""Score a pruning criterion on frozen networks whose every impact is known, beside the study's own methods.

A criterion is a function (network, data) -> scores, one number a hidden unit; the smallest goes first. It is named as
my_module:my_criterion (a module in this folder, or installed) or path/to/file.py:my_criterion. Without one, the study's
own methods are shown. How to write one, and how to read the table: docs/benchmark.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
import torch
from rich.table import Table

from study.benchmark import builtin
from study.benchmark.comparison import LIMIT, Scored, measured
from study.benchmark.criterion import found
from study.benchmark.freeze import POPULATIONS, differences, freeze
from study.benchmark.frozen import HOME, NEWEST, PUBLISHED, frozen_set, sha256
from study.benchmark.scoring import COLUMNS
from study.benchmark.shown import console, notes, places, show
from study.benchmark.table import by_population, summed_up
from study.common.command import exit_code
from study.common.errors import StudyError
from study.common.spreadsheet import write_csv
from study.methods import method, names
from study.methods.base import check_filters

MORE = """other commands:
  python -m study.benchmark freeze --help     write a frozen set from nothing, or compare one with the published
  python -m study.benchmark builtin --help    compute the kept rows of the study's own methods"""


def main() -> int:
    """Read the command line, and do what it says."""
    torch.set_num_threads(1)
    words = sys.argv[1:]
    if words[:1] == ["freeze"]:
        return write_set(words[1:])
    if words[:1] == ["builtin"]:
        return write_builtin(words[1:])
    return compare(words)


def compare(words: list[str]) -> int:
    """Score a criterion and show it among the study's own methods."""
    parser = argparse.ArgumentParser(
        prog="python -m study.benchmark",
        description=__doc__,
        epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("criterion", nargs="?", help="module:function, file.py:function, or a method of the study")
    parser.add_argument("--population", action="append", metavar="NAME", help="only this one; may be given again")
    parser.add_argument("--quick", action="store_true", help="one network a population, two stages, no prunes: seconds")
    parser.add_argument(
        "--limit", type=float, default=LIMIT, metavar="S", help=f"seconds a re-ranked prune ({LIMIT:g})"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write table.csv, table.json and rows.csv there")
    parser.add_argument("--version", default=NEWEST, help=f"of the frozen set: {', '.join(PUBLISHED)} (%(default)s)")
    parser.add_argument("--list", action="store_true", help="list populations and methods, and stop")
    parser.add_argument("--data", type=Path, help="the data folder (default: STUDY_DATA, or data/ in the checkout)")
    asked = parser.parse_args(words)
    if asked.list:
        return show_set(asked.version)
    criterion = None if asked.criterion is None else found(asked.criterion)
    with console.status("reading the frozen set") as status:
        scored = measured(
            criterion,
            asked.population,
            quick=asked.quick,
            version=asked.version,
            limit=asked.limit,
            data_folder=asked.data,
            told=status.update,
        )
        table = summed_up(scored.rows)
    show(table, scored, asked.version)
    if scored.name is not None:
        places(by_population(scored.rows, scored.name), scored.name)
    notes(scored, asked.version, asked.limit)
    if asked.out is not None:
        keep(asked.out, table, scored, asked.version)
    return 0


def keep(folder: Path, table: pd.DataFrame, scored: Scored, version: str) -> None:
    """Write the table (CSV, JSON) and the rows of each network and stage."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_csv(table, folder / "table.csv")
        write_csv(scored.rows, folder / "rows.csv", index=False)
        facts = {"version": version, "criterion": scored.name, "left_out": scored.left_out}
        rows = json.loads(table.reset_index().to_json(orient="records", double_precision=15))
        (folder / "table.json").write_text(json.dumps(facts | {"table": rows}, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StudyError(f"--out {folder} cannot be written to: {error}") from error
    console.print(f"Written to {folder}", highlight=False)


def show_set(version: str) -> int:
    """Print what a frozen set holds, and the study's own methods."""
    there = frozen_set(version)
    drawn = Table("population", "data", "networks", "seeds", title=version, title_justify="left", title_style="bold")
    for name in there.populations:
        networks = there.networks(name)
        dataset = there.manifest["populations"][name]["dataset"]["name"]
        kind = f"{networks[0].trained.name}, {networks[0].trained.activations[0]}"
        drawn.add_row(name, dataset, kind, ", ".join(str(n.seed) for n in networks))
    console.print(drawn)
    console.print(
        f"stages: {', '.join(f'{s:.0%}' for s in there.manifest['stages'])} of the units removed by brute force"
    )
    console.print(f"methods: {', '.join(names())}")
    return 0


def write_builtin(words: list[str]) -> int:
    """Compute the kept rows of methods that have none, or of those that are named."""
    parser = argparse.ArgumentParser(prog="python -m study.benchmark builtin", description=builtin.__doc__)
    parser.add_argument("methods", nargs="*", help="to compute anew (default: those without rows)")
    parser.add_argument("--version", default=NEWEST, help="of the frozen set (%(default)s)")
    asked = parser.parse_args(words)
    there = frozen_set(asked.version)
    if unknown := [m for m in asked.methods if m not in names()]:
        raise StudyError(f"unknown method {', '.join(unknown)}; known: {', '.join(names())}")
    for name in asked.methods if there.has_filters else ():
        check_filters(method(name))
    wanted = asked.methods or builtin.absent(there)
    if not wanted:
        console.print(f"{there.folder / builtin.FILE} has every method")
        return 0
    parts = []
    for population in there.populations:
        same = builtin.taken(there, population, () if asked.methods else wanted)
        parts.append(same)
        for name in (n for n in wanted if n not in set(same["criterion"])):
            with console.status(f"{population}, {name}"):
                new = list(builtin.computed(there.data(population), population, there, [name]))
            parts.append(pd.DataFrame(new, columns=list(COLUMNS)))
    builtin.write(there.folder, pd.concat([part for part in parts if len(part)]))
    console.print(f"{', '.join(wanted)}: written to {there.folder / builtin.FILE}", highlight=False)
    return 0


def write_set(words: list[str]) -> int:
    """Write a frozen set; where one of that version is published, say in what they differ."""
    parser = argparse.ArgumentParser(
        prog="python -m study.benchmark freeze",
        description="Train the networks, prune them by brute force, write networks and impacts, and compare them with "
        "the published set of that version where there is one.",
    )
    parser.add_argument("--version", required=True, help="name of the set, as in v1")
    parser.add_argument("--into", type=Path, help="its folder (default: the package's own, for a new version; a folder "
                        "that is removed again, for a published one)")  # fmt: skip
    parser.add_argument("--population", action="append", metavar="NAME", help="only this one; may be given again")
    parser.add_argument(
        "--base", choices=PUBLISHED, help="published set whose populations a new one takes over as they are"
    )
    asked = parser.parse_args(words)
    published = PUBLISHED.get(asked.version)
    whole = POPULATIONS if published is None else frozen_set(asked.version).populations
    wanted = tuple(asked.population or whole)
    with tempfile.TemporaryDirectory() as kept:
        into = asked.into or (HOME / asked.version if published is None else Path(kept) / asked.version)
        for line in freeze(asked.version, into, wanted, base=None if asked.base is None else frozen_set(asked.base)):
            console.print(line, highlight=False)
        if published is None:
            console.print(f"Written to {into}. To publish it, add to PUBLISHED in study/benchmark/frozen.py:")
            console.print(f'"{asked.version}": "{sha256(into / "manifest.json")}"', highlight=False)
            return 0
        found_ = differences(into, frozen_set(asked.version))
    for line in found_ or [f"the same networks and impacts as the published {asked.version}"]:
        console.print(line, highlight=False)
    return 1 if found_ else 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
