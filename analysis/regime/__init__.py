"""Where can which method be trusted: one data set, networks of many kinds, and what tells a user in advance."""

from analysis.regime.cells import ORDER, kinds, split
from analysis.regime.networks import networks
from analysis.regime.tiles import columns, rows, tiles

__all__ = ["ORDER", "columns", "kinds", "networks", "rows", "split", "tiles"]
