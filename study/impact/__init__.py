"""The oracle: E with one unit at another gain, by a plain reference and by fast exact paths."""

from study.impact.cached import surface, unit_errors
from study.impact.reference import plain_errors
from study.impact.stages import Stages

__all__ = ["Stages", "plain_errors", "surface", "unit_errors"]
