"""What the runs and their experiment say of themselves, in Markdown.

The UI shows a line break wherever the text has one, and follows links within its own pages in a new tab.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import pandas as pd

from analysis.claims import Evaluation
from analysis.metrics import removable_share
from analysis.numbers import interval, test
from study.records.words import RANKINGS, label, ordered

SHOWN = ("brute_force", "taylor2_exact", "taylor2", "taylor1", "random")
"""Methods of the table of populations."""
MOST = 12
"""Claims that a run's description lists."""


def of_run(of: pd.DataFrame, scalars: Mapping[str, float], figure: str, claims: list[str], cells: str) -> str:
    """Return the description of one population, method and ranking.

    Args:
        of: its rows of `metrics.per_network`.
        scalars: `medians.scalars` of them.
        figure: path of the artefact that is shown; "" for none.
        claims: sentences on what rests on the population.
        cells: address of the run list of the cells behind it.
    """
    first = of.iloc[0]
    method, ranking = label(first["method"]), RANKINGS[first["ranking"]]
    seeds = f"seeds {of['seed'].min()} to {of['seed'].max()}"
    by_accuracy = removable_share(of) == "r_1"
    kept = "accuracy has fallen by one point" if by_accuracy else "the error has risen by 1 % of its range"
    spread = f"80 % of the networks between {_percent(scalars, '_q10')} and {_percent(scalars, '_q90')}"
    held_out = scalars.get("removable_share_held_out")
    beside = "" if held_out is None else f"; on held-out rows {100 * held_out:.0f} %"
    parts = [
        f"**{first['population']}, {method}, {ranking}**: {len(of)} networks ({seeds}) of {scalars['units']:.0f} "
        f"hidden units, summed up. **{_percent(scalars)}** of the units go before {kept} on the rows ranked on "
        f"(median; {spread}{beside}).",
        "*Model metrics* has the curves against units removed: medians over networks, `_q10` and `_q90` beside them. "
        f"*Artifacts* has the figures of the report. [The cells behind this run]({cells}).",
    ]
    if figure:
        parts.append(f"![{first['population']}, {ranking}]({shown(figure)})")
    if claims:
        parts.append("**What rests on this population** (as published; tests and margins are the report's)")
        parts.append("\n".join(f"* {sentence}" for sentence in claims))
    return "\n\n".join(parts)


def shown(figure: str) -> str:
    """Return the address of an artefact of the run that is described."""
    return f"get-artifact?path={quote(figure)}&run_uuid={{run}}"


def _percent(scalars: Mapping[str, float], ending: str = "") -> str:
    return f"{100 * scalars[f'removable_share{ending}']:.0f} %"


def claims_on(judged: Evaluation) -> dict[str, list[str]]:
    """Return population -> what the claims as published come to that rest on it, tier by tier."""
    main = judged.verdicts[judged.verdicts["arm"] == "as_published"]
    overall = main[main["role"] == "overall"].set_index("claim")["verdict"]
    parts = main[(main["role"] == "decides") & (main["n"] > 0)].sort_values(["tier", "claim"], kind="stable")
    found: dict[str, list[str]] = {}
    for population, rows in parts.groupby("population"):
        told = []
        for claim, of in rows.groupby("claim", sort=False):
            here = "; ".join(
                f"{row['part']} {interval(row)}, {test(row)}: {row['verdict']}" for _, row in of.iterrows()
            )
            statement = str(of["statement"].iloc[0]).rstrip(".")
            told.append(f"**{claim} {overall[claim]}**: {statement}. Here {here}.")
        more = len(told) - MOST
        found[str(population)] = told[:MOST] + ([f"{more} more in the report"] if more > 0 else [])
    return found


def of_experiment(networks: pd.DataFrame, judged: Evaluation, views: Mapping[str, str], cells: str) -> str:
    """Return the description of the experiment: what was found, and where to look.

    Args:
        networks: `metrics.per_network` of what was summed up.
        judged: the claims.
        views: population -> address of the charts that compare its methods.
        cells: address of the run list of all cells.
    """
    again = networks[(networks["ranking"] == "iterative") & networks["method"].isin(SHOWN)]
    methods = ordered(again["method"])
    lines = [f"| population | {' | '.join(label(m) for m in methods)} | |", "|---" * (len(methods) + 2) + "|"]
    for population, address in views.items():
        of = again[again["population"] == population]
        if of.empty:
            continue
        medians = of.groupby("method")[removable_share(of)].median()
        values = (f"{100 * medians[m]:.0f} %" if m in medians and medians[m] == medians[m] else "–" for m in methods)
        lines.append(f"| {population} | {' | '.join(values)} | [compare]({address}) |")
    found = [sentence.text for sentence in judged.headline if not sentence.claim]
    if not judged.confirmatory:
        found.insert(0, "Development seeds only: nothing is confirmed or refuted by these runs.")
    return "\n\n".join(
        [
            "**Start here**: unfold this note (arrow on the right) for what was found and where to look.",
            "Neurons are removed from trained networks one at a time; a *method* says which goes next. "
            "How many can go before the network suffers, and which methods know? One run here is one population "
            "(data + network + training), method and ranking, **summed up over all its networks**.",
            "**What was found**",
            "\n".join(f"* {sentence}" for sentence in found),
            "**Units that can go** (medians over networks, ranked anew after every removal)",
            "\n".join(lines),
            "**Where to look**: *compare* draws the methods of a population against each other. A run's page has its "
            "curves, figures and the claims that rest on it. Every claim with its test is in the report, "
            f"`outputs/report/index.html`. [All cells]({cells}), one run each, are an experiment of their own.",
        ]
    )
