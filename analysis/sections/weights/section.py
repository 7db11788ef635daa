"""The section on single weights."""

from __future__ import annotations

from analysis.sections.base import Material, Section, Shown
from analysis.sections.weights import criteria, cuts, overlap, paths
from analysis.sections.weights.cells import GROUP, at_one_share, cells_of_weights
from analysis.sections.weights.last import last_rounds


class Weights(Section):
    """What lottery tickets, gradual pruning, pruning with retraining and their kin leave, and by which criterion."""

    title = "Single weights: what the protocols of the field decide"
    short = "Single weights"
    place = 105

    def made(self, of: Material) -> Shown:
        """Return the figures of every population and protocol, and the table of last rounds; nothing without cells."""
        cells = cells_of_weights(of.frames)
        if cells.empty:
            return Shown()
        rows, shared = paths.paths(of.frames, cells), overlap.overlaps(of.frames, cells)
        seen, taken = criteria.agreements(of.frames, cells), cuts.cuts(of.frames, cells)
        figures = {
            "paths": list(paths.draw(rows)),
            "criteria": list(criteria.draw(seen)),
            "cuts": list(cuts.draw(taken)),
            "overlap": list(overlap.draw(shared, cells)),
        }
        by = [*GROUP, "of", "pair", "layer", "round"]
        counted = shared.groupby(by, as_index=False)[["left", "jaccard", "chance"]].median()
        last = last_rounds(rows)
        tables = {"weights_last": last, "weights_overlap": counted}
        tables |= {"weights_criteria": criteria.medians(seen), "weights_cuts": cuts.medians(taken)}
        ends = [(*map(str, group), of.drop(columns=GROUP)) for group, of in last.groupby(GROUP, sort=False)]
        shown = [figure for part in figures.values() for figure in part]
        seen_once = [(*names, criteria.in_one_table(of)) for *names, of in at_one_share(seen)]
        taken_once = [(*names, cuts.in_one_table(of)) for *names, of in at_one_share(taken)]
        words = {"parts": figures, "ends": ends, "seen_once": seen_once, "taken_once": taken_once}
        words |= {"shared_once": overlap.at_once(shared)}
        return Shown(shown, tables, words)
