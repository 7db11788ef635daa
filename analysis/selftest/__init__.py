"""The self-test: synthetic trajectories with known truth through the code that judges the real ones."""

from analysis.selftest.beside import Beside
from analysis.selftest.levels import agreement
from analysis.selftest.once import rates_once
from analysis.selftest.simulation import rates
from analysis.selftest.together import FEWEST

__all__ = ["FEWEST", "Beside", "agreement", "rates", "rates_once"]
