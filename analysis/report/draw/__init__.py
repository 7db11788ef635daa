"""Which figures the report shows, drawn and turned into SVG: one file a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import matplotlib as mpl
import pandas as pd

from analysis.claims.register import Register
from analysis.figures.style import RC
from analysis.frames import Frames
from analysis.metrics import per_network
from analysis.report.authors import is_rung, is_theirs
from analysis.report.draw import mechanism, overviews, paths, predictor, regime, theirs
from analysis.report.draw.drawn import Drawn

__all__ = ["Drawn", "draw", "draw_map", "draw_mechanism", "draw_predictor"]


def draw_map(tiles: pd.DataFrame) -> list[Drawn]:
    """Return the figures of the regime map, of `regime.tiles`."""
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        return list(regime.draw(tiles))


def draw_mechanism(foretold: pd.DataFrame) -> list[Drawn]:
    """Return the figures of the paths, of `regime.foretold`."""
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        return list(mechanism.draw(foretold))


def draw_predictor(known: pd.DataFrame, unseen: pd.DataFrame, rules: pd.DataFrame) -> list[Drawn]:
    """Return the figure of the rules; arguments as `predictor.draw`."""
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        return [predictor.draw(known, unseen, rules)]


def draw(frames: Frames, curves: pd.DataFrame, table: pd.DataFrame, register: Register) -> Iterator[Drawn]:
    """Draw every figure that the frames have something for, in the order of the page.

    Args:
        frames: the store.
        curves: `metrics.curves` of these cells, at least.
        table: `metrics.table` of it, the authors' networks and the rungs of the ladder included.
        register: the claims; the overviews show the populations of its tier A, where any of them ran.
    """
    curves = curves[curves["key"].isin(set(table["key"]))]
    regressions = set(frames.cells.loc[frames.cells["task"] == "regression", "population"])
    fresh = table[~is_theirs(table) & ~is_rung(table)]
    ours = frames.of(fresh["key"].tolist())
    main = {part.population for claim in register.tier("A") for part in claim.parts}
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        yield from overviews.draw(ours, per_network(fresh), main)
        yield from theirs.draw(frames, curves, table, regressions)
        curves = curves[curves["key"].isin(set(fresh["key"]))]
        # Tens of populations of series and sensitivities would bury the main ones: their curves are files only.
        inside = main & set(fresh["population"]) or set(fresh["population"])
        shown = fresh[fresh["population"].isin(inside)]
        within = curves["population"].isin(inside)
        yield from paths.draw(ours.of(shown["key"].tolist()), curves[within], shown, regressions)
        yield from (replace(figure, section="further") for figure in paths.degradations(curves[~within], regressions))
