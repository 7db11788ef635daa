"""The regime map: one tile a kind of network, its colour how close a method comes to brute force."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

MAP = LinearSegmentedColormap.from_list("trust", ["#D55E00", "#F2D6B3", "#FFFFFF", "#BFD9EA", "#0072B2"])
"""From vermilion (far from brute force) to blue (as good), which colour-blind eyes tell apart."""
SCALE = Normalize(0.0, 1.0)


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
