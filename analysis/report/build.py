"""Assembles the report: one self-contained HTML page, with its tables as CSV and its figures as SVG beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from analysis.figures.drawn import Drawn
from analysis.figures.style import RC
from analysis.frames import tell_damaged
from analysis.numbers import interval, number, test
from analysis.sections import Material, Section, Shown, found
from study.common.spreadsheet import write_csv

Say = Callable[..., None]
"""Told what is being done: a step, and how far it is of how many."""
HERE = Path(__file__).parent
PLAIN = HERE / "plain.html"
"""The template of sections without one."""


def build(of: Material, folder: Path, say: Say, sections: Sequence[Section] | None = None) -> Path:
    """Write the report and return the page's path.

    Args:
        of: what sections are made of.
        folder: to write into.
        say: told what is being done.
        sections: of the page; by default all of `analysis/sections`.
    """
    made: list[tuple[Section, Shown]] = []
    shown = found() if sections is None else sections
    for n, section in enumerate(shown, 1):
        say("Drawing sections", n, len(shown))
        with mpl.rc_context(RC):  # type: ignore[arg-type]
            made.append((section, section.made(of)))
    say("Writing the page")
    tables = {name: table for _, shown in made for name, table in shown.tables.items()}
    # What the store has beside the sections: every metric of every cell, and what is missing.
    tables |= {"metrics": of.table, "not_run": of.frames.not_run}
    tables |= {"damaged": of.frames.damaged.drop(columns="seen")}
    _write(folder, [figure for _, shown in made for figure in (*shown.figures, *shown.beside)], tables)
    path = folder / "index.html"
    path.write_text(_page(of, made, tables))
    return path


def _page(of: Material, made: list[tuple[Section, Shown]], tables: Mapping[str, pd.DataFrame]) -> str:
    environment = _environment(of.frames.left_out)
    there = [(section, shown) for section, shown in made if section.present(shown)]
    names = {section.name for section, _ in there}
    texts = [(section, _text(environment, section, shown, names)) for section, shown in there]
    return environment.get_template("report/page.html").render(
        css=(HERE / "style.css").read_text(),
        sections=texts,
        tables=tables,
        networks=int(of.fresh["network_key"].nunique()),
        cells=len(of.fresh),
        judged=of.judged,
        frames=of.frames,
        damaged=tell_damaged(of.frames.damaged),
        **_findings(of),
    )


def _findings(of: Material) -> dict[str, Any]:
    """Return what the head of the page says: what was found, the decided claims, the open ones."""
    headline, verdicts = of.judged.headline, of.judged.verdicts
    decided = [sentence for sentence in headline if sentence.claim]
    counted = verdicts[(verdicts["role"] == "overall") & (verdicts["tier"] == "A")]
    counted = counted[counted["arm"] == "as_published"]
    return {
        "found": [sentence.text for sentence in headline if not sentence.claim],
        "decided": decided,
        "undecided": counted[~counted["claim"].isin([sentence.claim for sentence in decided])],
    }


def _text(environment: Environment, section: Section, shown: Shown, there: set[str]) -> Markup:
    template = environment.from_string((section.template or PLAIN).read_text(encoding="utf-8"))
    known = {"figures": shown.figures, "beside": shown.beside, "tables": shown.tables, "there": there}
    return Markup(template.render(known | dict(shown.words)).strip())


def _write(folder: Path, figures: list[Drawn], tables: Mapping[str, pd.DataFrame]) -> None:
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for figure in figures:
        (folder / "figures" / f"{figure.name}.svg").write_text(figure.svg)
        write_csv(figure.data, folder / "figures" / f"{figure.name}.csv", index=False, float_format="%.6g")
    for name, frame in tables.items():
        write_csv(frame, folder / "tables" / f"{name}.csv", index=False)


def _environment(causes: Iterable[str]) -> Environment:
    """Return what makes the page; `causes` of populations left out are told on top of it, and not at every claim."""

    def once(reason: str) -> str:
        for cause in causes:
            reason = str(reason).replace(cause, "for want of data, see the top")
        return reason

    environment = Environment(
        loader=FileSystemLoader(HERE.parent),
        autoescape=select_autoescape(["html"], default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"once": once, "number": number, "interval": interval, "test": test}
    environment.globals |= dict(_macros(environment))
    return environment


def _macros(environment: Environment) -> Iterator[tuple[str, Any]]:
    """Yield the macros that the page and the sections share."""
    module = environment.get_template("report/macros.html").module
    yield from ((name, value) for name, value in vars(module).items() if not name.startswith("_"))
