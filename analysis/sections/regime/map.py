"""The regime map: a panel a method, a tile a kind of network; the colour is the share of brute force's removals."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.sections.regime.tiles import columns, rows
from study.records.words import RANKINGS, REMOVALS, label, ordered

MAP = LinearSegmentedColormap.from_list("trust", ["#D55E00", "#F2D6B3", "#FFFFFF", "#BFD9EA", "#0072B2"])
"""From vermilion (far from brute force) to blue (as good), which colour-blind readers can distinguish."""
SCALE = Normalize(0.0, 1.0)


def draw(tiles: pd.DataFrame) -> Iterator[Drawn]:
    """Draw the map, one figure a removal.

    Args:
        tiles: `tiles.tiles`.
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
    return drawn(f"regime_{removal}", caption, figure, of.drop(columns=["row", "column"]), seen)


def panel(frame: pd.DataFrame, ax: Axes, rows: list[str], columns: list[str], title: str) -> AxesImage:
    """Draw the tiles of one method.

    Args:
        frame: with the columns row, column, of_best (share of what brute force removes; the colour) and share (of all
            units, written into the tile as a percentage).
        ax: axes to draw on.
        rows, columns: in their order, columns as error and number of layers; a tile without a row of the frame stays
            grey.
        title: of the axes.
    """
    colours = frame.pivot(index="row", columns="column", values="of_best").reindex(index=rows, columns=columns)
    image = ax.imshow(colours.to_numpy(dtype=float), cmap=MAP, norm=SCALE, aspect="auto")
    ax.set_facecolor("#DDDDDD")
    shares = frame.pivot(index="row", columns="column", values="share").reindex(index=rows, columns=columns)
    for y in range(len(rows)):
        for x in range(len(columns)):
            share, of_best = shares.to_numpy(dtype=float)[y, x], colours.to_numpy(dtype=float)[y, x]
            if share == share:
                ink = "white" if of_best < 0.2 or of_best > 0.85 else "black"
                ax.text(x, y, f"{100 * share:.0f}", ha="center", va="center", fontsize=7, color=ink)
    # Of an error's columns only the first names it: the others would run into each other.
    names = [column.split()[0] for column in columns]
    first = [n == 0 or name != names[n - 1] for n, name in enumerate(names)]
    told = [
        f"{column.split()[1]}\n{name if new else ''}" for column, name, new in zip(columns, names, first, strict=True)
    ]
    ax.set_xticks(range(len(columns)), told)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0, labelsize=7)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize=8)
    return image


def legend(figure: Figure) -> None:
    """Put the scale of the colours below the panels, at the right."""
    width, height = figure.get_size_inches()
    ax = figure.add_axes((1 - 2.2 / width, 0.16 / height, 2.0 / width, 0.1 / height))
    bar = figure.colorbar(ScalarMappable(SCALE, MAP), cax=ax, orientation="horizontal", ticks=[0, 0.5, 1])
    bar.ax.tick_params(labelsize=6, length=0, pad=1)
    bar.outline.set_visible(False)
    ax.set_title("share of what brute force removes", fontsize=6, pad=2)
