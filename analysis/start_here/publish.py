"""The summaries, handed to the tracking store: the one place where the analysis writes to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.claims import Evaluation
from analysis.frames import Frames
from analysis.metrics import per_network
from analysis.named import trained_here
from analysis.runs import SQLITE
from analysis.start_here import medians, words
from study.records import FREE
from study.records.words import RANKINGS, colour, label, ordered

if TYPE_CHECKING:  # loading MLflow takes a second
    from study.tracking.summaries import Summaries, Summary
    from study.tracking.views import View

FIGURES = (
    *("degradation_{population}_{ranking}", "agreement_{population}"),
    *("impacts_{population}", "surfaces_{population}"),
)
"""Figures of the report that a run shows, in reading order."""
RANKINGS_SHOWN = ("iterative", "single_overall")
SAME = ("dataset", "network", "output", "task")
"""Tags that all cells of a population share."""
MOST_VIEWS = 30
"""Populations that have a saved view of their own: the UI lists 40 at most."""


def is_local(uri: str) -> bool:
    """Say whether a store is a file that may be written to."""
    file = Path(uri.removeprefix(SQLITE))
    return uri.startswith(SQLITE) and os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def published(uri: str, experiment: str) -> str | None:
    """Return the fingerprint of what the summaries in a store were made from; None where there are none."""
    return _of(uri, experiment).built_from


def publish(
    uri: str, experiment: str, frames: Frames, table: pd.DataFrame, judged: Evaluation, report: Path, mark: str
) -> int:
    """Write what has changed; return how many runs were written.

    Args:
        uri: of the store.
        experiment: of the cells.
        frames: the store.
        table: `metrics.table` of the cells that the report shows, as `metrics.seen_along`.
        judged: `claims.evaluate` of them.
        report: folder of the report, whose figures become artefacts.
        mark: fingerprint of what all of it was made from.

    Raises:
        study.common.errors.StudyError: when the store cannot be written to.
    """
    place = _of(uri, experiment)
    fresh = trained_here(table)
    networks = per_network(fresh)
    populations = _populations(networks, judged)
    cells, own = place.ids()
    from study.tracking.views import page

    views = _views(populations)
    compare = {p: page("", own, view_key(p), charts=True) for p in populations[:MOST_VIEWS]}
    return place.write(
        list(_summaries(frames.of(fresh["key"].tolist()), networks, populations, judged, report, cells)),
        words.of_experiment(networks, judged, compare, page("", cells, "study")),
        views,
        mark,
    )


def view_key(population: str) -> str:
    """Return the key of the view that compares the methods of a population, in characters that MLflow takes.

    >>> view_key("digits 64-50-10 relu epochs=5")
    'compare_digits 64-50-10 relu epochs_5'
    """
    return "compare_" + re.sub(r"[^\w .:/-]", "_", population)


def told_apart(cell: pd.Series, population: str) -> dict[str, str]:
    """Return the tags by which the cells of a population are found: a free combination is named here, not there.

    Args:
        cell: one of its cells.
        population: its name here.
    """
    if " " not in population:
        return {"population": population}
    names = ("dataset", "network", "activation", "variant")
    return {"population": FREE} | {name: str(cell[name]) for name in names if cell[name]}


def _of(uri: str, experiment: str) -> Summaries:
    from study.tracking.summaries import Summaries

    return Summaries(uri, experiment)


def _populations(networks: pd.DataFrame, judged: Evaluation) -> list[str]:
    """Return the populations, those of the main claims first, in the register's order."""
    main = [part.population for claim in judged.register.tier("A") for part in claim.parts]
    there = set(networks["population"])
    return list(dict.fromkeys([p for p in main if p in there] + sorted(there)))


def _summaries(
    frames: Frames, networks: pd.DataFrame, populations: list[str], judged: Evaluation, report: Path, cells: str
) -> Iterator[Summary]:
    from study.tracking.summaries import Summary
    from study.tracking.views import page

    curves = medians.over_removals(frames)
    claims = words.claims_on(judged)
    first = frames.cells.drop_duplicates("population").set_index("population")
    groups = dict(iter(networks.groupby(medians.BY)))
    for population in populations:
        for ranking, method in ((r, m) for r in RANKINGS_SHOWN for m in ordered(networks["method"])):
            of = groups.get((population, ranking, method))
            if of is None:
                continue
            names = [name.format(population=population, ranking=ranking) for name in FIGURES]
            drawn = [file for name in names if (file := report / "figures" / f"{name}.svg").is_file()]
            files = {f"figures/{n}_{file.stem}.svg": file for n, file in enumerate(drawn, 1)}
            scalars = medians.scalars(of)
            tags = {"population": population, "method": method, "ranking": ranking}
            found = told_apart(first.loc[[population]].iloc[0], population) | {"method": method, "ranking": ranking}
            runs = " AND ".join(f"tags.\"study.{name}\" = '{value}'" for name, value in found.items())
            yield Summary(
                name=f"{label(method)} · {population} · {RANKINGS[ranking]}",
                tags=tags | {name: str(first.loc[population, name]) for name in SAME},
                metrics=scalars,
                curves=curves[population, ranking, method],
                description=words.of_run(
                    of, scalars, next(iter(files), ""), claims.get(population, []), page("", cells, runs=runs)
                ),
                files=files,
                colour=colour(method),
            )


def _views(populations: list[str]) -> dict[str, View]:
    from study.tracking.views import Chart, View

    columns = ["population", "method", "ranking", "`removable_share`", "`removable_share_held_out`"]
    columns += ["`spearman_start`", "`regret`", "`networks`"]
    charts = [
        Chart("accuracy/pruning", "Accuracy on the rows ranked on, median over networks", over=medians.OVER),
        Chart("accuracy/held_out", "Accuracy on held-out rows, median over networks", over=medians.OVER),
        Chart("error_per_sample/pruning", "Error per sample, median over networks", log=True, over=medians.OVER),
        Chart("removable_share", "Share of the units that can go, median over networks", bars=True),
    ]
    everything = View("All populations", "", columns, "order", True, charts=charts)
    views = {"study": everything}
    for population in populations[:MOST_VIEWS]:
        runs = f"tags.\"study.population\" = '{population}' AND tags.\"study.ranking\" = 'iterative'"
        heading = f"{population}, medians over networks"
        views[view_key(population)] = View(
            f"Compare methods: {population}", runs, columns, "order", True, charts=charts, heading=heading
        )
    return views
