"""`python -m analysis`: from the tracking store to verdicts and the report. Needs no data, no network, no study."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis import claims, report, selftest, start_here
from analysis.frames import MADE_AGAIN, Frames, tell_damaged
from analysis.numbers import number
from analysis.reporting import Made, frames_of, keep, make, wanted
from analysis.runs import find
from analysis.sections import kept_parts, related
from analysis.statistics import VERDICTS
from study.common.command import SHOWN, exit_code
from study.common.fingerprint import fingerprint
from study.common.paths import PACKAGE
from study.common.steps import Steps

SAID = "verdicts.txt"
"""What the terminal showed, beside the page."""
MARK = ".built_from"
"""Fingerprint of the runs and the code that the page was built from."""
STYLES = {"supported": "green", "refuted": "red", "not run": "dim"}


def main() -> int:
    """Judge the claims, print the verdicts and write the report."""
    arguments = asked()
    made, mark, before = None, "", None
    with Steps() as step:
        step("Reading the store")
        place = arguments.store, arguments.experiment, arguments.sweep, arguments.artifacts
        found = None if arguments.exported else find(*place)
        if found is not None:
            mark = fingerprint([Path(__file__).parent, PACKAGE], found.facts)
            before = None if arguments.again or arguments.keep else up_to_date(arguments, mark)
        if before is None:
            made = make(arguments, frames_of(arguments, found), mark, step)
    if made is None:
        Console().print(before, highlight=False, markup=False, soft_wrap=True)
        return 0
    # It records what is printed from here on; of a line that moves it would record every frame.
    console = Console(record=True)
    tell(made, console)
    if arguments.keep:
        keep(made, arguments)
        console.print(f"Results: {arguments.keep}", soft_wrap=True)
    (arguments.out / SAID).write_text(console.export_text())
    (arguments.out / MARK).write_text(mark)
    return 0


def asked() -> argparse.Namespace:
    """Return the arguments of the command line, checked."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    parser.add_argument("--store", default="sqlite:///outputs/mlflow/mlflow.db", help="tracking store (%(default)s)")
    parser.add_argument("--experiment", default="incredible_shrinking_network", help="its experiment (%(default)s)")
    parser.add_argument("--sweep", help="only cells that this sweep asked for first")
    parser.add_argument(
        "--artifacts", type=Path, help="folder of the runs' files of an SQLite file (default: artifacts beside it)"
    )
    parser.add_argument("--from", dest="exported", type=Path, help="read an export of this analysis, not a store")
    parser.add_argument("--out", type=Path, default=Path("outputs/report"), help="folder of the report (%(default)s)")
    parser.add_argument(
        "--selftest", type=int, default=500, metavar="DRAWS", help="draws of the self-test, made once (%(default)s)"
    )
    parser.add_argument("--keep", type=Path, help="copy the small results to this folder, as `make results` does")
    parser.add_argument(
        "--part", action="append", choices=kept_parts(), help="of the results, keep this alone; may be given again"
    )
    parser.add_argument("--again", action="store_true", help="rebuild a report that is up to date, too")
    parser.add_argument(
        "--start-here",
        action=argparse.BooleanOptionalAction,
        help="sum the cells up in the store, for those who open the UI (default: where it is a file of this machine, "
        "unless --sweep leaves cells out)",
    )
    arguments = parser.parse_args()
    if arguments.selftest < selftest.FEWEST:
        parser.error(f"--selftest {arguments.selftest}: at least {selftest.FEWEST}")
    if arguments.part and not arguments.keep:
        parser.error("--part goes with --keep FOLDER")
    if arguments.keep:
        report.check_kept(arguments.keep)
    return arguments


def tell(made: Made, console: Console) -> None:
    """Print the verdicts, what is missing, and where the page is."""
    frames = made.judged.frames
    show(made.judged.evaluation, console)
    if made.judged.related is not None:
        show_related(made.judged.related, console)
    for cause, names in frames.left_out.items():
        console.print(f"[yellow]Not run: {names}.[/yellow] {escape(cause)}", highlight=False, soft_wrap=True)
    tell_lost(frames, console)
    if made.not_summed:
        console.print(f"[yellow]{escape(made.not_summed)}[/yellow]", highlight=False)
    console.print(f"Report: {made.page}", soft_wrap=True)


def up_to_date(arguments: argparse.Namespace, mark: str) -> str | None:
    """Return what was printed when the report was built, if all of it is from the same runs and code."""
    folder = arguments.out
    page, said, marked = folder / "index.html", folder / SAID, folder / MARK
    if not (page.is_file() and said.is_file() and marked.is_file() and marked.read_text() == mark):
        return None
    if wanted(arguments) and start_here.published(arguments.store, arguments.experiment) != mark:
        return None
    return said.read_text() + "Nothing has changed since it was built; --again builds it anew."


def show(judged: claims.Evaluation, console: Console) -> None:
    """Print the headline and the verdicts of tier A."""
    if not judged.confirmatory:
        console.print("[yellow]Development seeds only: nothing is confirmed or refuted by these runs.[/yellow]")
    for sentence in judged.headline:
        console.print(f"- {sentence}", highlight=False)
    overall = judged.verdicts[(judged.verdicts["role"] == "overall") & (judged.verdicts["tier"] == "A")]
    grid = Table("claim", "statement", "n", "p corrected", "verdict", title="Claims of tier A", title_justify="left")
    for (claim, statement), arms in overall.groupby(["claim", "statement"], sort=False):
        ran = arms[arms["verdict"] != "not run"]
        for _, row in (ran if len(ran) else arms.iloc[:1]).iterrows():
            arm = "" if row["arm"] == "as_published" else f" ({row['arm']})"
            values = str(row["n"]), number(row["p_corrected"], 2), row["verdict"]
            grid.add_row(str(claim), f"{statement}{arm}", *values, style=STYLES.get(row["verdict"], ""))
    console.print(grid)
    console.print("Arms that are not listed were not run; the report says why.")
    counts = overall["verdict"].value_counts()
    console.print(", ".join(f"{counts[v]} {v}" for v in VERDICTS if v in counts))


def show_related(judged: claims.Evaluation, console: Console) -> None:
    """Print the verdicts on the claims of related systems that were run, at this scale."""
    overall = judged.verdicts[(judged.verdicts["role"] == "overall") & (judged.verdicts["verdict"] != "not run")]
    grid = Table("claim", "statement", "n", "p corrected", "verdict", title=related.TITLE, title_justify="left")
    for _, row in overall.iterrows():
        cells = row["claim"], row["statement"], str(row["n"]), number(row["p_corrected"], 2), row["verdict"]
        grid.add_row(*cells, style=STYLES.get(row["verdict"], ""))
    if len(overall):
        console.print(grid)


def tell_lost(frames: Frames, console: Console) -> None:
    """Print what is damaged, and the commands that make it again; nothing where nothing is."""
    if frames.damaged.empty:
        return
    console.print(f"[yellow]Damaged: {tell_damaged(frames.damaged)}.[/yellow] Such cells are left out.")
    for row in frames.damaged.head(SHOWN).itertuples():
        told = (
            f"{row.kind} {row.population}, {row.method}, {row.ranking}, seed {row.seed}, run {row.run_id}: {row.reason}"
        )
        console.print(f"  {escape(told)}", highlight=False, soft_wrap=True)
    console.print(f"Made again by: {escape(frames.about.get(MADE_AGAIN, ''))}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(exit_code(main))
