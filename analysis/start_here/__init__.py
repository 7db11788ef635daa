"""The way in for somebody who opens the tracking UI: one run a population, method and ranking, over all networks."""

from analysis.start_here.publish import is_local, publish, published

__all__ = ["is_local", "publish", "published"]
