"""The ladder of deviations: results of a criterion at each rung from the published to the implemented formulas."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

QUANTITIES = {
    "auc_e": ("AUC_E (lower is better)", "#000000", "o"),
    "removable": ("units removable R_1", "#D55E00", "s"),
}
"""The drawn quantities: label, colour and marker. Both are shares between 0 and 1, on one axis."""


def ladder(frame: pd.DataFrame, ax: Axes, title: str) -> Axes:
    """Draw one population and criterion: rungs added one to another as a line, each switch alone as hollow markers.

    Args:
        frame: columns rung ("published", then the switches in their order), alone (whether without the switches before
            it), auc_e and removable, medians over networks.
        ax: axes to draw on.
        title: of the axes.
    """
    added = frame[~frame["alone"]]
    places = {rung: x for x, rung in enumerate(added["rung"])}
    alone = frame[frame["alone"]]
    for column, (name, colour, marker) in QUANTITIES.items():
        ax.plot(added["rung"].map(places), added[column], marker=marker, ms=5, lw=1.5, color=colour, label=name)
        where = alone["rung"].map(places)
        ax.plot(where, alone[column], marker, ms=6, mfc="none", color=colour, label=f"{name.split(' (')[0]}, alone")
    ax.set(xticks=range(len(places)), ylim=(-0.06, 1.06), xlim=(-0.4, len(places) - 0.6))
    ax.set_xticklabels(["none" if x == 0 else f"+{rung}" for rung, x in places.items()], fontsize=8)
    ax.set_title(title, fontsize=9)
    return ax
