"""The rules' figure: what could be measured in advance against what came of it, a panel a method."""

from __future__ import annotations

import pandas as pd

from analysis.figures.predictor import MAPPED, OTHERS, predictor
from analysis.figures.style import label
from analysis.regime import CLOSE
from analysis.report.draw.drawn import Drawn, drawn
from analysis.report.draw.grid import Grid
from analysis.report.trust import NAMES


def draw(known: pd.DataFrame, unseen: pd.DataFrame, rules: pd.DataFrame) -> Drawn:
    """Draw the rule of each method that other populations can test.

    Args:
        known: `regime.networks` of the map.
        unseen: the same of other populations.
        rules: one a method.
    """
    ranked = {"quadratic_once": "single_overall"}
    both = []
    for method in rules["method"]:
        for of in (known, unseen):
            chosen = of["ranking"] == ranked.get(method, "iterative")
            both.append(of[(of["method"] == method) & chosen & of["of_best"].notna()])
    there = [n for n in range(len(rules)) if len(both[2 * n + 1])]
    grid = Grid(len(there), 2, (4.6, 3.0), left=0.5, bottom=0.5)
    for ax, n in zip(grid.axes, there, strict=True):
        rule = rules.iloc[n]
        predictor(both[2 * n], both[2 * n + 1], ax, rule, CLOSE, grid.inner)
        ax.set_title(f"{label(rule['method'])}: trusted {'right' if rule['above'] else 'left'} of the line", fontsize=9)
        ax.set_xlabel(NAMES[rule["predictor"]], fontsize=8)
    grid.axes[0].plot([], [], "o", ms=3, color=MAPPED, label="a network of the map (digits)")
    grid.axes[0].plot([], [], "D", ms=4, color=OTHERS, label="a population that the rule has not seen (median)")
    figure = grid.finish(ylabel="units removed, share of what brute force removes")
    caption = (
        "What can be measured before anything is removed, and how close a method then comes to brute force. The line "
        f"is the rule learnt on the map; from the dotted line on ({CLOSE:g}) a method is close to brute force."
    )
    columns = ["population", "network_key", "method", "ranking", "removal", "of_best", "share", *NAMES]
    data = pd.concat([both[m][columns] for n in there for m in (2 * n, 2 * n + 1)])
    return drawn("regime", "predictor", caption, figure, data)
