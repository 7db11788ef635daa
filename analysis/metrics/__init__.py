"""From trajectories to the metrics M1 to M8 of the claims register."""

from analysis.metrics.curves import HELD_OUT, curves, of_split
from analysis.metrics.greedy import SEARCHED
from analysis.metrics.table import SETTINGS, as_meant, main_condition, per_network, removable_share, seen_along, table
from analysis.metrics.trajectory import trajectory

__all__ = [
    "HELD_OUT",
    "SEARCHED",
    "SETTINGS",
    "as_meant",
    "curves",
    "main_condition",
    "of_split",
    "per_network",
    "removable_share",
    "seen_along",
    "table",
    "trajectory",
]
