"""Figures of the authors' own networks: their curves, the ladder of deviations, estimates by layer."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis import published
from analysis.figures.degradation import averaged, both_quantities, halfway
from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.figures.panels import cell_panels, estimates
from analysis.frames import Frames
from analysis.named import AS_IMPLEMENTED, THEIRS, is_rung, is_theirs
from analysis.numbers import number
from analysis.sections.authors.ladder import rungs
from analysis.sections.authors.scales import cells
from analysis.sections.authors.steps import ladder
from analysis.sections.base import Material
from study.records.words import RANKINGS, label

METHODS = ("brute_force", "taylor2_exact", "taylor2", "taylor1", "taylor2_as_implemented", "taylor1_as_implemented")
"""Methods in the curves."""
PUBLISHED = {
    "mnist_1x100": "mnist_1x100",
    "mnist_2x50": "mnist_2x50",
    "diamond": "diamond_2x50",
    "random_shape": "random_shape_2x50",
    "cosine_2x10": "cosine_2x10",
    "cosine_2x50": "cosine_2x50",
}
"""The population of the published curves that an authors' network belongs to."""


def draw(of: Material) -> Iterator[Drawn]:
    """Draw the ladder, the estimates by layer, the curves."""
    yield from _ladder(of.plain)
    yield from _layers(of.frames, of.plain)
    curves = of.curves[of.curves["key"].isin(set(of.plain["key"]))]
    yield from _curves(curves[is_theirs(curves) & ~is_rung(curves)], of.regressions)


def _ladder(table: pd.DataFrame) -> Iterator[Drawn]:
    steps = rungs(table)
    if steps.empty:
        return
    groups = list(steps.groupby(["population", "base"]))
    made = Grid(len(groups), 4, (2.9, 2.2), left=0.4, bottom=0.3, top=0.42)
    for ax, ((population, base), of) in zip(made.axes, groups, strict=True):
        ladder(of, ax, f"{population}\n{label(str(base))}")
    figure = made.finish("switches of the authors' code, one added to another from left to right")
    caption = (
        "From the published to the implemented criteria, one switch at a time, re-ranked: lines add each switch to "
        "those before it, hollow markers have it alone. Medians over networks; populations named authors_... are "
        "one network each."
    )
    ends = steps[~steps["alone"]].groupby(["population", "base"])["auc_e"].agg(["first", "last"])
    told = "; ".join(
        f"{population}, {label(base)} {number(first, 2)} to {number(last, 2)}"
        for (population, base), first, last in zip(ends.index, ends["first"], ends["last"], strict=True)
    )
    yield drawn("ladder", caption, figure, steps, f"AUC_E from published to implemented: {told}.")


def _layers(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    start = frames.impacts[frames.impacts["event"] == 0]
    words = "estimate against true impact of every unit of the stored network, by layer; the line is agreement."
    yield from cell_panels(cells(frames), start, estimates(table), words, "layers")


def _curves(curves: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    """Draw the published points over what was recomputed."""
    reference = published.curves()
    implemented = {name: f"{name}{AS_IMPLEMENTED}" for name in ("taylor1", "taylor2")}
    reference = reference.assign(method=reference["method"].replace(implemented))
    curves = curves[curves["method"].isin(METHODS)]
    for (population, ranking), of in averaged(curves).groupby(["population", "ranking"], sort=True):
        name = PUBLISHED.get(str(population).removeprefix(THEIRS), "")
        shown = reference[(reference["population"] == name) & (reference["ranking"] == ranking)]
        figure = both_quantities(of, shown, population in regressions).finish()
        words = f"The authors' network {str(population).removeprefix(THEIRS)}, {RANKINGS.get(str(ranking), ranking)}."
        if len(shown):
            words += f" Circles: the paper's figure {shown['figure'].iloc[0].rstrip('ab')}."
        yield drawn(f"{population}_{ranking}", words, figure, of, halfway(of))
