"""Assembles the report: one self-contained HTML page, with its tables as CSV and its figures as SVG beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, select_autoescape

from analysis.claims import Evaluation
from analysis.frames import Frames, tell_damaged
from analysis.metrics import curves, main_condition, per_network
from analysis.report import amended, authors, falls, filters, greedy, ladder, scales, tables
from analysis.report.draw import Drawn, draw
from analysis.report.explored import explored
from analysis.report.sections import sections
from analysis.selftest.words import in_words
from study.spreadsheet import write_csv

Say = Callable[[str], None]
COMPARED = ["digits_1x100", "digits_2x50", "mnist_1x100", "mnist_2x50", "diamond_2x50", "cosine_2x10"]
"""Populations that every method pruned (`conf/sweep/methods*.yaml`)."""

SECTIONS = {
    "authors": "The authors' own networks",
    "curves": "Degradation curves",
    "cost": "Cost against quality",
    "mechanism": "Why re-ranking helps",
    "regime": "Where can which method be trusted?",
    "filters": "Filters as units",
    "greedy": "How good is greedy?",
    "agreement": "Regret and agreement along the way",
    "layers": "Which layer goes first",
    "concentration": "How impact is spread over the units",
    "impacts": "Estimate against truth in the trained network",
    "surfaces": "Error surfaces",
}


def build(
    frames: Frames,
    table: pd.DataFrame,
    judged: Evaluation,
    rates: pd.DataFrame,
    apart: tuple[Frames, Frames],
    folder: Path,
    say: Say,
) -> Path:
    """Write the report and return the page's path.

    Args:
        frames: the store.
        table: `metrics.table(frames)`.
        judged: `claims.evaluate(frames, table)`.
        rates: `selftest.rates()`.
        apart: the cells of the regime map and of the mechanism; there may be none.
        folder: to write into.
        say: told what is being done.
    """
    table = along_the_way(frames, table)
    plain, paths = main_condition(table), curves(frames)
    fresh = plain[~authors.is_theirs(plain) & ~ladder.is_rung(plain)]
    say("Drawing figures")
    figures = list(draw(frames.of(plain["key"].tolist()), paths, plain, judged.register))
    say("Exploring: paths foretold, regime map")
    further = explored(*apart, frames.of(fresh["key"].tolist()), fresh)
    figures += further.figures
    say("Writing tables")
    networks = per_network(fresh)
    searched = greedy.searches(networks, judged.register)
    filtered = filters.in_words(frames, fresh)
    written = {
        "verdicts": judged.verdicts,
        "amended": judged.amended,
        "values": judged.values,
        "correlations": tables.correlations(networks),
        "quality": tables.quality(networks, COMPARED),
        "populations": tables.populations(frames, table),
        "authors": authors.compared(plain, paths),
        "falls": falls.falls(per_network(plain)),
        "scales": scales.scales(frames),
        "ladder": ladder.in_words(ladder.rungs(plain)),
        "greedy": greedy.in_words(searched),
        "filters": filtered,
        "sensitivities": tables.sensitivities(judged.verdicts),
        "sanity": judged.sanity,
        "excluded": judged.excluded,
        "with_excluded": judged.with_excluded,
        "selftest": rates,
        "metrics": table,
        "not_run": frames.not_run,
        "damaged": frames.damaged.drop(columns="seen"),
        **further.tables,
    }
    _write(folder, figures, written)
    say("Writing the page")
    counted = judged.verdicts[(judged.verdicts["role"] == "overall") & (judged.verdicts["tier"] == "A")]
    decided = [sentence for sentence in judged.headline if sentence.claim]
    there = {"greedy": len(searched), "filters": len(filtered)}  # they have a table, and no figure
    drawn = {s: [f for f in figures if f.section == s] for s in ("found", *SECTIONS, "further")}
    page = (
        _environment(frames.left_out)
        .get_template("page.html")
        .render(
            css=(Path(__file__).parent / "style.css").read_text(),
            judged=judged,
            found=[sentence.text for sentence in judged.headline if not sentence.claim],
            decided=decided,
            undecided=counted[
                (counted["arm"] == "as_published") & ~counted["claim"].isin([sentence.claim for sentence in decided])
            ],
            claims=sections(judged),
            networks=int(fresh["network_key"].nunique()),
            cells=len(fresh),
            written=written,
            reasons=amended.reasons(judged),
            side_by_side=amended.side_by_side(judged),
            selftest=in_words(rates),
            drawn=drawn,
            greedy=greedy.said(searched),
            sections={s: name for s, name in SECTIONS.items() if drawn[s] or there.get(s)},
            frames=frames,
            damaged=tell_damaged(frames.damaged),
        )
    )
    path = folder / "index.html"
    path.write_text(page)
    return path


def along_the_way(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with regret only where it was recorded along the way: at the start alone it says little."""
    seen = frames.agreement.loc[frames.agreement["layer"] == -1, "key"].value_counts()
    return table.assign(regret_mean=table["regret_mean"].where(table["key"].map(seen) > 1))


def _write(folder: Path, figures: list[Drawn], written: dict[str, pd.DataFrame]) -> None:
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for figure in figures:
        (folder / "figures" / f"{figure.name}.svg").write_text(figure.svg)
        write_csv(figure.data, folder / "figures" / f"{figure.name}.csv", index=False, float_format="%.6g")
    for name, frame in written.items():
        write_csv(frame, folder / "tables" / f"{name}.csv", index=False)


def _environment(causes: Iterable[str]) -> Environment:
    """Return what makes the page; `causes` of populations left out are told on top of it, and not at every claim."""

    def once(reason: str) -> str:
        for cause in causes:
            reason = str(reason).replace(cause, "for want of data, see the top")
        return reason

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"once": once, "number": tables.number, "interval": tables.interval, "test": tables.test}
    return environment
