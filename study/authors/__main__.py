"""`python -m study.authors`: the authors' recorded results against this project's, network by network.

Tables of results are read under all the names that they have in the authors' repository. Its logs (`*.out.txt`) are
not: they hold the numbers of the tables.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import torch
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from study.authors import networks
from study.authors.compare import Line, compare
from study.authors.gradient import Check, gradient_check
from study.authors.results import Results
from study.common.command import exit_code
from study.common.errors import StudyError
from study.data.base import DataUnavailableError

console = Console()
ROWS = 500
"""Rows, evenly spaced, that the gradient is checked on."""


def main() -> int:
    """Compare; return 0 when all that could be compared agrees.

    It is 1 where anything disagrees, where nothing was compared, and where a network that was named was not.
    """
    parser = argparse.ArgumentParser(prog="python -m study.authors", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(networks.ARTEFACTS)} (default: all that can be had)")
    parser.add_argument("--data", help="the data folder (default: STUDY_DATA, or data/ in the checkout)")
    parser.add_argument("--unverified", action="store_true", help="download files whose checksum is not known, too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    agrees, absent = dict[str, bool](), dict[str, str]()
    try:
        for name in dict.fromkeys(arguments.names or networks.ARTEFACTS):
            reason = networks.missing_with_data(name, arguments.data)
            if reason is not None:
                reason = fetched(name, arguments.data, arguments.unverified)
            try:
                if reason is None:
                    agrees[name] = show(name, arguments.data)
            except DataUnavailableError as error:  # its results: what is not at hand is no disagreement
                reason = str(error)
            if reason is not None:
                absent[name] = reason
    except StudyError as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        return 2
    for name, reason in absent.items():
        console.print(f"[yellow]not compared[/yellow] {escape(f'{name}: {reason}')}", highlight=False)
    if not agrees:
        console.print("[red]Nothing was compared.[/red]")
    return 0 if agrees and all(agrees.values()) and not (arguments.names and absent) else 1


def fetched(name: str, folder: str | None, unverified: bool) -> str | None:
    """Download what is missing of a network; return why that cannot be done, None when all is there."""
    try:
        networks.fetch(name, folder, unverified=unverified)
    except DataUnavailableError as error:
        return str(error)
    return networks.missing_with_data(name, folder)


def checks(name: str, folder: str | None) -> Iterator[Check]:
    """Yield the gradient checks of one network, on some of its rows."""
    network, data = networks.as_pruned(name, folder)
    stride = max(1, len(data.pruning) // ROWS)
    return gradient_check(network, data.pruning.rows(torch.arange(0, len(data.pruning), stride)))


def show(name: str, folder: str | None) -> bool:
    """Compare one network, print it, and return whether all agrees.

    Raises:
        DataUnavailableError: when none of its results is to be had.
    """
    table = Table(title=name, title_justify="left", title_style="bold")
    for i, column in enumerate(("recorded against recomputed", "numbers", "largest difference", "limit", "order")):
        table.add_column(column, justify="right" if i else "left")
    lines: list[Line] = []
    harmed = False
    with console.status(name) as status:
        try:
            for line in compare(name, folder):
                lines.append(line)
                status.update(f"{name}: {line.what}")
        except DataUnavailableError:
            raise
        except StudyError as error:
            harmed = True
            at = ", from here on" if lines else ""
            console.print(f"[red]{name}[/red]{at}: {escape(str(error))}", highlight=False)
            if not lines:
                return False
    for line in lines:
        order = "" if line.displaced is None else f"{line.displaced} places differ, {line.tied} by ties"
        good = "dim" if line.limit is None else "green" if line.agrees else "red"
        limit = "not judged" if line.limit is None else f"{line.limit:.2g}"
        table.add_row(line.what, str(line.values), f"[{good}]{line.difference:.1e}[/{good}]", limit, order)
    console.print(table)
    if any(line.limit is None for line in lines):
        console.print(
            "  Not judged: the rows were drawn at random; another draw puts nearly equal neurons in another order."
        )
    for what in Results.of(name, folder).absent:
        console.print(f"  [yellow]not compared[/yellow] {escape(what)}", highlight=False)
    for check in checks(name, folder):
        console.print(
            f"  gradient of hidden layer {check.layer + 1} against finite differences, {check.weights} weights: cosine "
            f"{check.chain_rule:.6f} by the chain rule, {check.implemented:.2f} as implemented (V1)",
            highlight=False,
        )
    return not harmed and all(line.agrees for line in lines)


if __name__ == "__main__":
    sys.exit(exit_code(main))
