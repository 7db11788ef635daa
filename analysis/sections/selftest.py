"""The section on the self-test: how often the tests are right on networks with known truth."""

from __future__ import annotations

from analysis.sections.base import Kept, Material, Section, Shown
from analysis.selftest.words import in_words


class Selftest(Section):
    """Rates of decisions beside their nominal values."""

    title = "Can these tests be trusted?"
    short = "Self-test"
    place = 190
    kept = Kept("claims", tables=("selftest",))

    def made(self, of: Material) -> Shown:
        """Return the rates, and the same in words."""
        return Shown(tables={"selftest": of.rates}, words={"rates": in_words(of.rates)})
