"""Assembles the report: one self-contained HTML page, with its tables as CSV and its figures as SVG beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, select_autoescape

from analysis.claims import Evaluation
from analysis.frames import Frames
from analysis.metrics import curves, per_network
from analysis.report import authors, tables
from analysis.report.draw import draw

Say = Callable[[str], None]

SECTIONS = {
    "authors": "The authors' own networks",
    "curves": "Degradation curves",
    "agreement": "Agreement along the way",
    "impacts": "Estimate against truth in the trained network",
    "surfaces": "Error surfaces",
}


def build(frames: Frames, table: pd.DataFrame, judged: Evaluation, folder: Path, say: Say) -> Path:
    """Write the report and return the page's path.

    Args:
        frames: the store.
        table: `metrics.table(frames)`.
        judged: `claims.evaluate(frames, table)`.
        folder: to write into.
        say: told what is being done.
    """
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    # A cell whose true impacts were recorded at the start only says nothing of regret along the way.
    seen = frames.agreement.loc[frames.agreement["layer"] == -1, "key"].value_counts()
    table = table.assign(regret_mean=table["regret_mean"].where(table["key"].map(seen) > 1))
    everything, paths = table, curves(frames)
    table = table[~authors.is_theirs(table) & ~authors.is_rung(table)]
    networks = per_network(table)
    say("Drawing figures")
    drawn = list(draw(frames, paths, table, networks))
    for figure in drawn:
        (folder / "figures" / f"{figure.name}.svg").write_text(figure.svg)
    say("Writing tables")
    written = {
        "verdicts": judged.verdicts,
        "correlations": tables.correlations(networks),
        "populations": tables.populations(frames, everything),
        "authors": authors.compared(everything, paths),
        "ladder": authors.ladder(everything),
        "sanity": judged.sanity,
        "excluded": judged.excluded,
        "with_excluded": judged.with_excluded,
        "metrics": everything,
        "not_run": frames.not_run,
    }
    for name, frame in written.items():
        frame.to_csv(folder / "tables" / f"{name}.csv", index=False)
    say("Writing the page")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    environment.filters |= {"number": tables.number, "interval": tables.interval}
    overall = judged.verdicts[judged.verdicts["role"] == "overall"]
    counts = overall.groupby("tier")["verdict"].value_counts()
    page = environment.get_template("page.html").render(
        css=(Path(__file__).parent / "style.css").read_text(),
        judged=judged,
        overall=[row for _, row in overall[overall["tier"] == "A"].iterrows()],
        later=[row for _, row in overall[overall["tier"] != "A"].iterrows()],
        parts={
            key: [row for _, row in group.iterrows()]
            for key, group in judged.verdicts[judged.verdicts["role"] != "overall"].groupby(["claim", "arm"])
        },
        counts={v: int(counts.get(("A", v), 0)) for v in tables.VERDICT_ORDER},
        networks=int(table["network_key"].nunique()),
        cells=len(table),
        written=written,
        drawn={s: [f for f in drawn if f.section == s] for s in ("found", *SECTIONS)},
        sections=SECTIONS,
        frames=frames,
    )
    path = folder / "index.html"
    path.write_text(page)
    return path
