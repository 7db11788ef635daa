"""The regime map: a panel a method, a tile a kind of network."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.figures.regime import legend, panel
from analysis.regime import columns, rows
from analysis.report.draw.drawn import Drawn, drawn
from analysis.report.draw.grid import Grid
from study.words import RANKINGS, REMOVALS, label, ordered


def draw(tiles: pd.DataFrame) -> Iterator[Drawn]:
    """Draw the map, one figure a removal.

    Args:
        tiles: `regime.tiles`.
    """
    for removal, words in REMOVALS.items():
        of = tiles[tiles["removal"] == removal]
        if len(of):
            yield _map(of, removal, words)


def _map(of: pd.DataFrame, removal: str, words: str) -> Drawn:
    down, across = rows(of), columns(of)
    there = set(zip(of["method"], of["ranking"], strict=True))
    shown = [(m, r) for m in ordered(of["method"]) for r in RANKINGS if (m, r) in there]
    size = 0.75 + 0.38 * len(across), 0.75 + 0.17 * len(down)
    grid = Grid(len(shown), 3, (size[0] + 1.25, size[1]), left=1.55, bottom=0.42, top=0.32)
    for ax, (method, ranking) in zip(grid.axes, shown, strict=True):
        mine = of[(of["method"] == method) & (of["ranking"] == ranking)]
        panel(mine, ax, down, across, label(method))
    figure = grid.finish("number of hidden layers, and error")
    legend(figure)
    caption = (
        f"The regime map, units {words}: percentage of the hidden units that go before accuracy has fallen by a point "
        "(number, median over networks), and how that compares with brute force on the same networks (colour, white "
        "at half of it). Error: half squared under sigmoid outputs, cross-entropy under a softmax."
    )
    best = of[of["method"] != "brute_force"].groupby("method")["of_best"].median().sort_values(ascending=False)
    seen = "Median over kinds of network of what goes, over brute force's: "
    seen += ", ".join(f"{label(str(method))} {value:.2f}" for method, value in best.items()) + "."
    return drawn("regime", f"regime_{removal}", caption, figure, of.drop(columns=["row", "column"]), seen)
