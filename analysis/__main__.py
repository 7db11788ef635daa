"""`python -m analysis`: from the tracking store to verdicts and the report. Needs no data, no network, no study."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis import claims, metrics, regime, report, selftest, start_here
from analysis.report.authors import is_theirs
from analysis.report.tables import VERDICT_ORDER, number
from analysis.runs import export, find, read, read_export
from study import records
from study.command import exit_code
from study.errors import StudyError
from study.fingerprint import fingerprint
from study.workers import beside

SAID = "verdicts.txt"
"""What the terminal showed, beside the page."""
MARK = ".built_from"
"""Fingerprint of the runs and the code that the page was built from."""
STYLES = {"supported": "green", "refuted": "red", "not run": "dim"}


def main() -> int:
    """Judge the claims, print the verdicts and write the report."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    parser.add_argument("--store", default="sqlite:///outputs/mlflow/mlflow.db", help="tracking store (%(default)s)")
    parser.add_argument("--experiment", default="incredible_shrinking_network", help="its experiment (%(default)s)")
    parser.add_argument("--sweep", help="only cells that this sweep asked for first")
    parser.add_argument("--from", dest="exported", type=Path, help="read an export of this analysis, not a store")
    parser.add_argument("--out", type=Path, default=Path("outputs/report"), help="folder of the report (%(default)s)")
    parser.add_argument(
        "--selftest", type=int, default=500, metavar="DRAWS", help="draws of the self-test, made once (%(default)s)"
    )
    parser.add_argument("--keep", type=Path, help="copy the small results to this folder, as `make results` does")
    parser.add_argument(
        "--part", action="append", choices=report.PARTS, help="of the results, keep this alone; may be given again"
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
    console = Console(record=True)
    mark = None
    summing, not_summed = wanted(arguments), ""
    with console.status("Reading the store") as status:
        if arguments.exported:
            frames = read_export(arguments.exported)
        else:
            found = find(arguments.store, arguments.experiment, arguments.sweep)
            mark = fingerprint([Path(__file__).parent, Path(records.__file__).parent], found.facts)
            there = not summing or start_here.published(arguments.store, arguments.experiment) == mark
            if there and not (arguments.again or arguments.keep) and (said := up_to_date(arguments.out, mark)):
                console.print(said, highlight=False, markup=False, soft_wrap=True)
                return 0
            frames = read(found, None if arguments.again else arguments.out.parent / "export")
            export(frames, arguments.out.parent / "export")
        frames, mapped, walked = regime.split(frames)
        # It needs nothing of the store, and half a minute the first time: beside the rest, in a process of its own.
        testing = beside(selftest.rates_once, arguments.out.parent / "selftest", arguments.selftest)
        status.update("Metrics of every trajectory")
        table = metrics.table(frames)
        status.update("Judging the claims")
        judged = claims.evaluate(frames, table)
        kept = claims.entering_cells(frames, table, judged.register)
        # A stored network has no seed of its own: it is shown whatever number its cells carry.
        theirs = claims.newest_cells(frames, table[is_theirs(table)])
        kept = pd.concat([kept[~is_theirs(kept)], theirs])
        status.update("Self-test of the statistics")
        tested = testing.result()
        shown = frames.of(kept["key"].tolist())
        page = report.build(shown, kept, judged, tested, (mapped, walked), arguments.out, status.update)
        if summing:
            status.update("Summing up for the UI")
            place = arguments.store, arguments.experiment
            try:
                start_here.publish(*place, shown, kept, judged, arguments.out, mark or "")
            except StudyError as error:
                not_summed = f"Not summed up for the UI: {error}"
    show(judged, console)
    for row in frames.not_run.itertuples():
        console.print(f"[yellow]Not run: {row.population}.[/yellow] {escape(str(row.reason))}", highlight=False)
    if not_summed:
        console.print(f"[yellow]{escape(not_summed)}[/yellow]", highlight=False)
    console.print(f"Report: {page}", soft_wrap=True)
    if arguments.keep:
        # The rules learnt on the map are tested on what the claims rest on, too.
        apart = pd.concat([mapped.cells, walked.cells])
        entered = {"claims": kept, "regime": pd.concat([apart, kept]) if len(apart) else apart}
        entered["filters"] = frames.cells[frames.cells["network"].map(records.filters_of).map(len) > 0]
        # A part that the store has nothing of stays as it is, unless it is asked for by name.
        parts = arguments.part or [part for part in report.PARTS if len(entered[part])]
        report.keep(arguments.out, arguments.keep, {part: entered[part] for part in parts}, judged.digest)
        console.print(f"Results: {arguments.keep}", soft_wrap=True)
    (arguments.out / SAID).write_text(console.export_text())
    (arguments.out / MARK).write_text(mark or "")
    return 0


def wanted(arguments: argparse.Namespace) -> bool:
    """Say whether the cells are to be summed up in the store."""
    if arguments.exported:
        return False
    if arguments.start_here is None:
        return arguments.sweep is None and start_here.is_local(arguments.store)
    return bool(arguments.start_here)


def up_to_date(folder: Path, mark: str) -> str | None:
    """Return what was printed when the report in the folder was built, if that was from the same runs and code."""
    page, said, marked = folder / "index.html", folder / SAID, folder / MARK
    if not (page.is_file() and said.is_file() and marked.is_file() and marked.read_text() == mark):
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
    console.print(", ".join(f"{counts[v]} {v}" for v in VERDICT_ORDER if v in counts))


if __name__ == "__main__":
    sys.exit(exit_code(main))
