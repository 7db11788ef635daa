"""The rules' figure: what could be measured in advance against what came of it, a panel a method."""

from __future__ import annotations

import pandas as pd

from analysis.figures.predictor import MAPPED, OTHERS, predictor
from analysis.regime import CLOSE, decided
from analysis.report.draw.drawn import Drawn, drawn
from analysis.report.draw.grid import Grid
from analysis.report.trust import NAMES
from study.words import label


def draw(known: pd.DataFrame, unseen: pd.DataFrame, rules: pd.DataFrame) -> Drawn:
    """Draw the rule of each method that other populations can test.

    Args:
        known: `regime.networks` of the map.
        unseen: the same of other populations.
        rules: one a method.
    """
    both = [(rule, decided(known, rule["method"]), decided(unseen, rule["method"])) for _, rule in rules.iterrows()]
    there = [(rule, here, elsewhere) for rule, here, elsewhere in both if len(elsewhere)]
    grid = Grid(len(there), 2, (4.6, 3.0), left=0.5, bottom=0.5)
    for ax, (rule, here, elsewhere) in zip(grid.axes, there, strict=True):
        predictor(here, elsewhere, ax, rule, CLOSE, grid.inner)
        ax.set_title(f"{label(rule['method'])}: trusted {'right' if rule['above'] else 'left'} of the line", fontsize=9)
        ax.set_xlabel(NAMES[rule["predictor"]], fontsize=8)
    grid.axes[0].plot([], [], "o", ms=3, color=MAPPED, label="a network of the map (digits)")
    grid.axes[0].plot([], [], "D", ms=4, color=OTHERS, label="a population that the rule has not seen (median)")
    figure = grid.finish(ylabel="units removed, share of what brute force removes")
    caption = (
        "What can be measured before anything is removed, and how close a method then comes to brute force. The line "
        f"is the rule learnt on the map; from the dotted line on ({CLOSE:g}) a method is close to brute force. "
        "Named are the populations that the rule is wrong about."
    )
    columns = ["population", "network_key", "method", "ranking", "removal", "of_best", "share", *NAMES]
    data = pd.concat([of[columns] for _, *places in there for of in places])
    return drawn("regime", "predictor", caption, figure, data)
