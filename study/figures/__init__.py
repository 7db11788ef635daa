"""Figures of recorded tables: those that a cell logs (`cell`, `weights`); `axes` and `style` are the report's, too."""

from study.figures.cell import (
    agreement_along_the_way,
    degradation,
    draw_all,
    error_surfaces,
    estimate_against_impact,
)

__all__ = ["agreement_along_the_way", "degradation", "draw_all", "error_surfaces", "estimate_against_impact"]
