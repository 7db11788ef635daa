"""Which figures the report shows, drawn and turned into SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from analysis import published
from analysis.figures.agreement import QUANTITIES, along_the_way
from analysis.figures.degradation import averaged, degradation
from analysis.figures.impacts import estimate_against_impact
from analysis.figures.removable import removable
from analysis.figures.style import RANKINGS, RC, label, ordered
from analysis.figures.surfaces import surfaces
from analysis.frames import Frames
from analysis.report.authors import PREFIX, is_rung, is_theirs

COMPARED = 3
"""Methods that a population must have for a panel of the first figure."""
THEIRS = ("brute_force", "taylor2_exact", "taylor2", "taylor1", "taylor2_as_implemented", "taylor1_as_implemented")
"""Methods in the figures of the authors' networks."""
PUBLISHED = {
    "mnist_1x100": "mnist_1x100",
    "mnist_2x50": "mnist_2x50",
    "diamond": "diamond_2x50",
    "random_shape": "random_shape_2x50",
    "cosine_2x10": "cosine_2x10",
    "cosine_2x50": "cosine_2x50",
}
"""The population of the published curves that an authors' network belongs to."""


@dataclass(frozen=True)
class Drawn:
    """One figure: where it belongs, a caption that says what is seen, its SVG and a name for its file."""

    section: str
    name: str
    caption: str
    svg: str


def draw(frames: Frames, curves: pd.DataFrame, table: pd.DataFrame, networks: pd.DataFrame) -> Iterator[Drawn]:
    """Draw every figure that the frames have something for."""
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        yield from _removable(networks)
        regressions = set(frames.cells.loc[frames.cells["task"] == "regression", "population"])
        yield from _theirs(curves[is_theirs(curves) & ~is_rung(curves)], regressions)
        keys = set(table["key"])
        curves = curves[curves["key"].isin(keys)]
        frames = frames.of(list(keys))
        yield from _degradation(curves, regressions)
        yield from _along(frames, table)
        yield from _impacts(frames, table)
        yield from _surfaces(frames)


def _removable(networks: pd.DataFrame) -> Iterator[Drawn]:
    chosen = networks[networks["ranking"] == "iterative"]
    compared = chosen.groupby("population")["method"].nunique()
    populations = sorted(compared.index[compared >= COMPARED])
    if not populations:
        return
    columns = 3
    lines = -(-len(populations) // columns)
    methods = chosen["method"].nunique()
    figure = Figure(figsize=(11, lines * (0.95 + 0.24 * methods)), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False)
    for ax in axes.flat[len(populations) :]:
        ax.set_visible(False)
    for ax, population in zip(axes.flat, populations, strict=False):
        of = chosen[chosen["population"] == population]
        classification = bool(of["r_1"].notna().any())
        rule = "accuracy within 1 point" if classification else "error within 1 %"
        removable(of, ax, "r_1" if classification else "r_1pct", f"{population}\n{rule}")
    figure.supxlabel("share of hidden units removed before the limit is first crossed (R_1), re-ranked", fontsize=9)
    caption = "Units removable by each method under iterative re-ranking: one circle a network, the bar their median."
    yield Drawn("found", "removable", caption, svg(figure))


def _degradation(curves: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    mean, reference = averaged(curves), published.curves()
    for (population, ranking), of in mean.groupby(["population", "ranking"], sort=True):
        shown = reference[(reference["population"] == population) & (reference["ranking"] == ranking)]
        figure = _both_quantities(of, shown, population in regressions)
        n = of["seed"].nunique()
        words = f"{population}, {RANKINGS.get(str(ranking), ranking)}: {n} networks thin, their median bold."
        if len(shown):
            number = shown["figure"].iloc[0].rstrip("ab")
            words += (
                f" Circles: the paper's figure {number} (the authors' one network, the formulas that their code "
                "implemented)."
            )
        yield Drawn("curves", f"degradation_{population}_{ranking}", words, svg(figure))


def _both_quantities(curves: pd.DataFrame, shown: pd.DataFrame, regression: bool) -> Figure:
    quantities = ["error_per_sample"] if regression else ["error_per_sample", "accuracy"]
    figure = Figure(figsize=(5.3 * len(quantities), 3.9), layout="constrained")
    axes = figure.subplots(1, len(quantities), squeeze=False)[0]
    for ax, quantity in zip(axes, quantities, strict=True):
        degradation(curves, shown, ax, quantity)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _theirs(curves: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    """Draw the authors' own networks, the published points over what was recomputed."""
    reference = published.curves()
    implemented = {"taylor1": "taylor1_as_implemented", "taylor2": "taylor2_as_implemented"}
    reference = reference.assign(method=reference["method"].replace(implemented))
    curves = curves[curves["method"].isin(THEIRS)]
    for (population, ranking), of in averaged(curves).groupby(["population", "ranking"], sort=True):
        name = PUBLISHED.get(str(population).removeprefix(PREFIX), "")
        shown = reference[(reference["population"] == name) & (reference["ranking"] == ranking)]
        figure = _both_quantities(of, shown, population in regressions)
        words = f"The authors' network {str(population).removeprefix(PREFIX)}, {RANKINGS.get(str(ranking), ranking)}."
        if len(shown):
            words += f" Circles: the paper's figure {shown['figure'].iloc[0].rstrip('ab')}."
        yield Drawn("authors", f"{population}_{ranking}", words, svg(figure))


def _along(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    cells = table.set_index("key")
    seen = frames.agreement[frames.agreement["layer"] == -1].join(
        cells[["population", "method", "ranking", "seed", "units", "E0", "E_all"]].rename(columns={"units": "all"}),
        on="key",
        how="inner",
    )
    estimating = set(seen.loc[seen["scale"].notna(), "method"]) - {"brute_force", "worst_first"}
    seen = seen[(seen["ranking"] == "iterative") & seen["method"].isin(estimating)]
    seen = seen.assign(q=seen["event"] / seen["all"], regret=seen["regret"] / (seen["E_all"] - seen["E0"]).abs())
    for population, of in seen.groupby("population"):
        figure = Figure(figsize=(11, 3.2), layout="constrained")
        axes = figure.subplots(1, 3)
        for ax, quantity in zip(axes, QUANTITIES, strict=True):
            along_the_way(of, ax, quantity)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
        words = f"{population}, re-ranked: agreement of estimate and true impact of the remaining units along the way."
        yield Drawn("agreement", f"agreement_{population}", words, svg(figure))


def _first_cells(frames: Frames, keys: set[str], ranking: str = "iterative") -> pd.DataFrame:
    cells = frames.cells[frames.cells["key"].isin(keys) & (frames.cells["ranking"] == ranking)]
    return cells.sort_values(["population", "seed", "draw"]).drop_duplicates(["population", "method"])


def _impacts(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["estimate"].notna()]
    chosen = _first_cells(frames, set(start["key"]))
    chosen = chosen[~chosen["method"].isin(["brute_force", "worst_first"])]
    errors = table.set_index("key")["E0"]
    yield from _panels(
        chosen,
        "impacts",
        lambda ax, cell: estimate_against_impact(
            start[start["key"] == cell.key], ax, str(cell.method), float(errors[cell.key])
        ),
        "estimate against true impact of every unit of the trained network; the line is agreement.",
    )


def _surfaces(frames: Frames) -> Iterator[Drawn]:
    chosen = _first_cells(frames, set(frames.surfaces["key"]))
    chosen = chosen[chosen["method"].isin(["brute_force", "taylor1", "taylor2"])]
    yield from _panels(
        chosen,
        "surfaces",
        lambda ax, cell: surfaces(frames.surfaces[frames.surfaces["key"] == cell.key], ax, label(str(cell.method))),
        "error against the gain of the unit that goes next, at removals 1, 11, 21, ... (numbers in the legend).",
        legend=True,
    )


def _panels(
    chosen: pd.DataFrame, section: str, panel: Callable[..., object], words: str, legend: bool = False
) -> Iterator[Drawn]:
    for population, of in chosen.groupby("population"):
        methods = ordered(of["method"])
        figure = Figure(figsize=(3.7 * len(methods), 3.3), layout="constrained")
        axes = figure.subplots(1, len(methods), squeeze=False)[0]
        for ax, method in zip(axes, methods, strict=True):
            panel(ax, next(of[of["method"] == method].itertuples()))
        handles, labels = axes[-1].get_legend_handles_labels()
        if legend or len(handles) > 1:
            figure.legend(handles, labels, loc="outside lower center", ncols=10, fontsize=8)
        seed = of["seed"].min()
        yield Drawn(section, f"{section}_{population}", f"{population}, seed {seed}: {words}", svg(figure))


def svg(figure: Figure) -> str:
    """Return a figure as an SVG element."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
