"""The section on the authors' own networks: as published, as implemented and exact, and the steps between."""

from __future__ import annotations

from analysis.metrics import per_network
from analysis.sections.authors.falls import falls
from analysis.sections.authors.figures import draw
from analysis.sections.authors.ladder import in_words, rungs
from analysis.sections.authors.networks import compared
from analysis.sections.authors.scales import scales
from analysis.sections.base import Kept, Material, Section, Shown


class Authors(Section):
    """The networks that the published curves were drawn from, and fresh ones with the authors' recipe."""

    title = "The authors' own networks"
    place = 50
    kept = Kept("claims", tables=("authors", "ladder", "falls", "scales"), figures=("ladder",))

    def made(self, of: Material) -> Shown:
        """Return figures and tables of the networks at hand."""
        tables = {
            "authors": compared(of.plain, of.curves),
            "falls": falls(per_network(of.plain)),
            "scales": scales(of.frames),
            "ladder": in_words(rungs(of.plain)),
        }
        return Shown(list(draw(of)), tables)
