"""The oracle: E with one unit at another gain, by a plain reference and by fast exact paths."""

from study.impact.cached import unit_errors
from study.impact.gain_hessian import gain_derivatives, gain_slopes
from study.impact.pairs import pair_errors
from study.impact.reference import plain_errors
from study.impact.reinsertion import reinserted_errors
from study.impact.stages import Stages
from study.impact.surfaces import surface

ORACLE_VERSION = 2
"""Raised when the numbers of the oracle change: every cell then runs again."""

__all__ = [
    "Stages",
    "gain_derivatives",
    "gain_slopes",
    "pair_errors",
    "plain_errors",
    "reinserted_errors",
    "surface",
    "unit_errors",
]
