"""The sections that explore: why re-ranking helps, and where which method can be trusted. No claim rests on them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import regime
from analysis.frames import Frames
from analysis.metrics import table as metrics_of
from analysis.report import mechanism, trust
from analysis.report.draw import Drawn, draw_map, draw_mechanism, draw_predictor
from analysis.report.regime import in_words

RULED = ("taylor1", "taylor2", "taylor2_exact", "gauss_newton", "fisher", "magnitude", "quadratic_once")
"""Methods that a rule is sought for: those of the map, but for brute force."""
MAPPED = "digits"
"""Data set of the map: populations on it are not used to test what was learnt there."""


@dataclass(frozen=True)
class Explored:
    """What the sections show: figures, and tables by the name of their file."""

    figures: list[Drawn]
    tables: dict[str, pd.DataFrame]


def explored(mapped: Frames, walked: Frames, named: Frames, table: pd.DataFrame) -> Explored:
    """Return the figures and tables that the cells suffice for.

    Args:
        mapped, walked: the cells of the map and of the mechanism, as `regime.split` gives them.
        named: freshly trained networks of named populations, main condition.
        table: `metrics.table` of these.
    """
    figures: list[Drawn] = []
    tables: dict[str, pd.DataFrame] = {}
    if len(walked.cells):
        paths = regime.foretold(walked)
        figures += draw_mechanism(paths)
        tables |= {"mechanism": mechanism.in_words(paths), "mechanism_paths": paths}
    if len(mapped.cells):
        networks = regime.networks(mapped, metrics_of(mapped))
        tiles = regime.tiles(networks, mapped.cells)
        figures += draw_map(tiles)
        tables |= {"regime": in_words(tiles), "regime_tiles": tiles}
        kind = regime.by_network(mapped.cells).astype(str).agg(" ".join, axis=1)
        known = networks.assign(cluster=networks["network_key"].map(kind))
        others = named.of(named.cells.loc[named.cells["dataset"] != MAPPED, "key"].tolist())
        unseen = regime.networks(others, table[table["key"].isin(others.cells["key"])])
        unseen = unseen.assign(cluster=unseen["population"], off_diagonal=_off_diagonal(walked, unseen))
        rules = regime.learn(known, list(RULED))
        rates = regime.tested(rules, unseen) if len(rules) else pd.DataFrame()
        if len(rates):
            tables |= {"trust": trust.in_words(rules, rates), "trust_rules": rules, "trust_tested": rates}
            figures += draw_predictor(known, unseen, regime.best(rules))
    return Explored(figures, tables)


def _off_diagonal(walked: Frames, networks: pd.DataFrame) -> pd.Series:
    """Return the off-diagonal share of networks whose Hessian was recorded for their path, null for the others."""
    shares = regime.off_diagonal(walked.hessian)
    by_network = shares.groupby(walked.cells.set_index("key")["network_key"]).first()
    return networks["network_key"].map(by_network)
