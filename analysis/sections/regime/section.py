"""The section on the regime map: results of each method at each stage of training, and the rules that predict them."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics import table
from analysis.numbers import median, share
from analysis.sections.base import Kept, Material, Section, Shown
from analysis.sections.regime import map, rule_figure, trust
from analysis.sections.regime.kinds import ORDER, by_network
from analysis.sections.regime.networks import networks, off_diagonal
from analysis.sections.regime.rules import CLOSE, best, learn, tested
from analysis.sections.regime.tiles import tiles
from study.records.words import RANKINGS, label, ordered

RULED = ("taylor1", "taylor2", "taylor2_exact", "gauss_newton", "fisher", "magnitude", "quadratic_once")
"""The methods with rules: those of the map except brute force."""
MAPPED = "digits"
"""The data set of the map: its populations do not test the rules that were learnt on it."""
WALKED = "mechanism"
"""The sweep that recorded Hessians of other populations."""


class Regime(Section):
    """The map, and the rules that were learnt on it and tested elsewhere; exploratory."""

    title = "Where can which method be trusted?"
    place = 90
    sweep = "regime"
    kept = Kept(
        "regime",
        tables=("regime", "regime_tiles", "trust"),
        figures=("regime_zero", "regime_mean", "predictor"),
    )

    def made(self, of: Material) -> Shown:
        """Return maps and tables, and the rules where other populations can test them."""
        mapped = of.apart[self.sweep]
        if mapped.cells.empty:
            return Shown()
        found = networks(mapped, table(mapped))
        map_tiles = tiles(found, mapped.cells)
        figures = list(map.draw(map_tiles))
        tables = {"regime": in_words(map_tiles), "regime_tiles": map_tiles}
        kind = by_network(mapped.cells).astype(str).agg(" ".join, axis=1)
        known, unseen = found.assign(cluster=found["network_key"].map(kind)), _unseen(of)
        rules = learn(known, list(RULED))
        rates = tested(rules, unseen) if len(rules) else pd.DataFrame()
        if len(rates):
            tables |= {"trust": trust.in_words(rules, rates), "trust_rules": rules, "trust_tested": rates}
            figures.append(rule_figure.draw(known, unseen, best(rules)))
        return Shown(figures, tables)

    def cells(self, of: Material) -> pd.DataFrame:
        """Return the cells of the map and, as the rules are tested on them, those of all other populations."""
        apart = [of.apart[sweep].cells for sweep in (self.sweep, WALKED) if sweep in of.apart]
        return pd.concat([*apart, of.table]) if any(len(cells) for cells in apart) else apart[0]


def _unseen(of: Material) -> pd.DataFrame:
    """Return the networks of populations that the map does not have; off_diagonal from their path, where recorded."""
    cells = of.ours.cells
    others = of.ours.of(cells.loc[cells["dataset"] != MAPPED, "key"].tolist())
    found = networks(others, of.fresh[of.fresh["key"].isin(others.cells["key"])])
    return found.assign(cluster=found["population"], off_diagonal=_off_diagonal(of.apart.get(WALKED, Frames()), found))


def _off_diagonal(walked: Frames, of: pd.DataFrame) -> pd.Series:
    shares = off_diagonal(walked.hessian)
    by_key = shares.groupby(walked.cells.set_index("key")["network_key"]).first()
    return of["network_key"].map(by_key)


def in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row a stage, removal and method: over tiles, what goes and how much of brute force's that is.

    Args:
        found: `tiles.tiles`.
    """
    lines = []
    for (stage, removal), of in found.groupby(["stage", "removal"]):
        for method in ordered(of["method"]):
            mine = of[of["method"] == method]
            for ranking, them in mine.groupby("ranking"):
                lines.append(
                    {
                        "stage": stage,
                        "removal": removal,
                        "method": label(method),
                        "ranking": RANKINGS.get(str(ranking), ranking),
                        "kinds of network": len(them),
                        "networks": int(them["networks"].sum()),
                        "units removed, share": median(them["share"]),
                        "of brute force's": median(them["of_best"]),
                        "kinds within 20 % of it": share(them["of_best"].dropna() >= CLOSE),
                    }
                )
    table = pd.DataFrame(lines)
    place = {stage: n for n, stage in enumerate(ORDER)}
    return table.sort_values("stage", key=lambda s: s.map(place), kind="stable") if len(table) else table
