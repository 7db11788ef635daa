"""Why the estimates work and where they can be trusted: paths that are foretold, networks of many kinds, rules."""

from analysis.regime.cells import ORDER, by_network, kinds, split
from analysis.regime.mechanism import foretold
from analysis.regime.networks import networks, off_diagonal
from analysis.regime.predictor import CLOSE, best, decided, learn, tested
from analysis.regime.tiles import columns, rows, tiles

__all__ = [
    "CLOSE",
    "ORDER",
    "best",
    "by_network",
    "columns",
    "decided",
    "foretold",
    "kinds",
    "learn",
    "networks",
    "off_diagonal",
    "rows",
    "split",
    "tested",
    "tiles",
]
