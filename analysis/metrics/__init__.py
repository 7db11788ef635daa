"""From trajectories to the metrics M1 to M8 of the claims register."""

from analysis.metrics.curves import HELD_OUT, curves, of_split
from analysis.metrics.table import SETTINGS, main_condition, per_network, table
from analysis.metrics.trajectory import trajectory

__all__ = ["HELD_OUT", "SETTINGS", "curves", "main_condition", "of_split", "per_network", "table", "trajectory"]
