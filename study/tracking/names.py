"""Texts of the UI: names and descriptions of runs, and the description of the experiment."""

from __future__ import annotations

from collections.abc import Mapping

from study.records import subject
from study.records.condition import USUAL, Condition, parted
from study.records.words import label
from study.tracking.path_file import PATH_FILE
from study.tracking.views import Chart, View


def run_name(tags: Mapping[str, str]) -> str:
    """Return the name of a run.

    >>> run_name({"population": "mnist_2x50", "method": "taylor2", "ranking": "iterative", "seed": "3"})
    'mnist_2x50 · second order · iterative · seed 3'
    >>> run_name({"population": "free", "dataset": "digits", "network": "64-50-10", "method": "random",
    ...           "ranking": "single_overall", "seed": "0", "draw": "4", "removal": "mean"})
    'digits 64-50-10 · random · single overall · seed 0 · draw 4 · removal mean'
    >>> run_name({"kind": "network", "population": "mnist_2x50", "seed": "3"})
    'mnist_2x50 · trained network · seed 3'
    """
    parts = [subject(tags)]
    if tags.get("kind") == "network":
        parts.append("trained network")
    else:
        parts += [method_words(tags), tags.get("ranking", "").replace("_", " ")]
    parts.append(f"seed {tags['seed']}" if "seed" in tags else "")
    parts.append(f"draw {tags['draw']}" if tags.get("method") == "random" and "draw" in tags else "")
    if "method" in tags:
        parts += Condition.of(tags).unusual()
    return " · ".join(part for part in parts if part)


def method_words(tags: Mapping[str, str]) -> str:
    """Return the method as the paper would call it."""
    name = tags.get("method", "")
    plain, _ = parted(name)
    return label(plain) + name.removeprefix(plain)


def run_description(tags: Mapping[str, str], held: str = "") -> str:
    """Return a few sentences for the top of the run's page, in Markdown.

    Args:
        tags: of the run.
        held: a sentence on its files; none while there are none.
    """
    seed, architecture, data = tags.get("seed", "?"), tags.get("network", "?"), tags.get("dataset", "?")
    network = f"the {architecture} network trained on `{data}` with seed {seed}"
    band = f" Acceptance band: {tags['band']} ({tags['band_text']})." if tags.get("band_text") else ""
    if tags.get("kind") == "network":
        return f"{network[0].upper()}{network[1:]}, before any pruning.{band}"
    ranking = tags.get("ranking", "")
    when = "once, before the first removal" if ranking == "single_overall" else "after every removal"
    if every := parted(ranking)[1].get("every"):
        when = f"anew after every {every} removals"
    protocol = tags.get("protocol", USUAL["protocol"])
    trained = "" if protocol == USUAL["protocol"] else f" What is left is trained on the way: {protocol}."
    return (
        f"One cell: {network}, pruned unit by unit, the smallest score first, down to its last hidden unit. "
        f"Scores: {method_words(tags)}, computed {when}.{trained}{held and f' {held}'}{band}"
    )


def held(figures: bool) -> str:
    """Return a sentence that lists the files of a finished cell's run.

    >>> held(figures=False)
    'Under *Artifacts*: the path as `trajectory.csv`, every number in `tables` (parquet).'
    """
    drawn = ", the path drawn in `figures`" if figures else ""
    return f"Under *Artifacts*: the path as `{PATH_FILE}`, every number in `tables` (parquet){drawn}."


VIEW, COMPARE = "study", "compare"
"""Keys of the views of the run list that `study.ui` names."""

_COLUMNS = ("population", "method", "ranking", "seed", "status")
_CHARTS = (
    Chart("accuracy/pruning", "Accuracy on the rows ranked on, against units removed"),
    Chart("accuracy/held_out", "Accuracy on held-out rows, against units removed"),
    Chart("error_per_sample/pruning", "Error per sample, against units removed", log=True),
    Chart("agreement/spearman", "Rank correlation of score and true impact, against units removed"),
    Chart("removable", "Units that can go", bars=True),
)
_OF_ONE = " AND ".join(
    f"tags.\"study.{name}\" = '{value}'"
    for name, value in {"status": "finished", "population": "digits_1x100", "ranking": "iterative", "draw": "0"}.items()
)

EXPERIMENT_VIEWS = {
    VIEW: View(
        "Cells, newest first",
        "tags.\"study.kind\" = 'cell'",
        (*_COLUMNS, "`removable`", "`spearman_start`", "`regret`", "`accuracy_start_held_out`"),
        "attributes.start_time",
        ascending=False,
        charts=_CHARTS,
    ),
    COMPARE: View(
        "Methods compared, seeds averaged",
        _OF_ONE,
        (*_COLUMNS, "`removable`", "`spearman_start`", "`regret`", "`accuracy_start_held_out`"),
        "attributes.start_time",
        ascending=False,
        charts=_CHARTS,
        by="method",
    ),
}
"""Cells only, in columns that tell them apart: the UI cuts run names short."""

EXPERIMENT_DESCRIPTION = """\
**Which neurons can go, and who can tell?** A reproducibility study of *The Incredible Shrinking Neural Network* \
(arXiv 1701.04465). A trained network loses its hidden units one by one; a **method** scores the units, the \
smallest score goes first, and beside its estimate stands the **true impact** of removing each unit.

**One run is one cell**: a population (data set + network + training), a seed, a method and a ranking; named \
`mnist_2x50 · second order · iterative · seed 3`. Runs named `... · trained network · ...` hold the network \
itself, once for all its cells.

| to see | type into the search box |
|---|---|
| one population | `tags."study.population" = 'mnist_2x50'` |
| one method, re-ranked after every removal | `tags."study.method" = 'taylor2' \
AND tags."study.ranking" = 'iterative'` |
| the networks | `tags."study.kind" = 'network'` |
| what a sweep asked for | `tags."study.sweep" = 'smoke'` |
| what failed, and why (tag `study.reason`) | `tags."study.status" = 'failed'` |
| networks that missed their acceptance band | `tags."study.band" = 'missed'` |

Methods: `brute_force` (true impact), `taylor1` and `taylor2` (the paper's first and second order), \
`taylor2_exact` (with all cross terms), `quadratic_once` (one gradient and Hessian for all removals), `gauss_newton`, \
`curvature`, `taylor1_abs`, `skeletonization`, `fisher`, `obs` (Optimal Brain Surgeon), `output_energy`, `shapley`, \
`magnitude`, `mean_activation`, `random`, `worst_first` (sanity). Rankings: `single_overall` (scores computed once), \
`iterative` (after every removal; `iterative[every=5]`: after every fifth).

**In a run**: metrics over *units removed* as the step; *Artifacts*: `trajectory.csv` (a row a removal), \
`tables/*.parquet` (every number), `config.yaml`, `environment.json`, and `figures/` where `run.figures_for` names the \
seed. In Python `analysis.load(sweep="smoke")` gives a data frame, a row a cell. Medians over all seeds are in the \
experiment *start here*, verdicts in the report (`make report`). The button at the top right of this page lists its \
saved views.
"""
