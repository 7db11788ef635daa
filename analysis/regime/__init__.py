"""Where can which method be trusted: one data set, networks of many kinds, and what tells a user in advance."""

from analysis.regime.cells import split
from analysis.regime.networks import networks

__all__ = ["networks", "split"]
