"""Every figure of a report as matplotlib has it, drawn of made-up cells: all methods, long names, all sections."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import patch

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import claims, metrics
from analysis.figures import drawn
from analysis.figures.style import RC
from analysis.frames import Frames
from analysis.sections import Material, found, set_apart
from analysis.sections.authors.ladder import FIELDS, RUNGS
from analysis.sections.mechanism import figure as mechanism
from analysis.sections.regime import map, rule_figure
from analysis.sections.regime.trust import NAMES
from study.common.paths import ROOT
from study.records.words import METHODS
from tests.analysis.synthetic import SHAPES, Cell, frames, study

POPULATIONS = ("mnist20x20_resampled", "double_shape_2x50", "cosine_2x10")
FREE = ("digits 64-100-100-10 tanh output=softmax epochs=500 learning_rate=0.005 batch_size=10", "cosine 1-20-1")
"""Free combinations are named by what they are made of."""
SEEDS = (100, 101)
DRAWING = ("overview", "authors", "curves", "cost", "agreement", "layers", "concentration", "impacts", "surfaces")
"""Sections with figures of the store itself."""
ENDS = ("", "_as_implemented")
LONG = ("mnist_2x50", "mnist_1x100", "mnist_full_1x100", "digits_1x100", "authors_mnist_softmax_sigmoid_outputs")


def every() -> dict[str, Figure]:
    """Return all figures of reports by name: of all populations, of one alone, of free combinations."""
    with mpl.rc_context(RC), patch.object(drawn, "svg", lambda figure, _: figure):
        figures = {f"{words}{figure.name}": figure for words, store in _stores().items() for figure in _drawn(store)}
        tiles = pd.read_csv(ROOT / "analysis" / "results" / "tables" / "regime_tiles.csv")
        apart = [*map.draw(tiles), *mechanism.draw(_foretold()), rule_figure.draw(*_ruled())]
        figures |= {figure.name: figure for figure in apart}
    return {name: figure.svg for name, figure in figures.items()}


def _drawn(store: Frames) -> Iterator[drawn.Drawn]:
    judged = SimpleNamespace(register=claims.load())
    of = Material(store, metrics.table(store), judged, pd.DataFrame(), set_apart(store)[1])
    for section in found():
        if section.name in DRAWING:
            shown = section.made(of)
            yield from (*shown.figures, *shown.beside)


def _stores() -> dict[str, Frames]:
    shapes = {method: SHAPES.get(method, 1 + n / 3) for n, method in enumerate(METHODS)}

    def of(populations: tuple[str, ...]) -> Frames:
        return study(populations, SEEDS, METHODS, draws=1, shapes=shapes)

    return {"": of(POPULATIONS), "one, ": of(POPULATIONS[:1]), "free, ": of(FREE), "theirs, ": _theirs()}


def _theirs() -> Frames:
    names = ("authors_diamond", "authors_double_shape", "authors_mnist_1x100")
    rungs = [RUNGS[name] for name in RUNGS]
    added = [",".join(sorted(rungs[: n + 1], key=lambda rung: FIELDS.index(rung.split("=")[0]))) for n in range(5)]
    methods = [f"taylor2[{settings}]" for settings in (*added[:4], *rungs[1:])]
    methods += [
        "taylor1",
        "taylor2",
        "taylor2_exact",
        "brute_force",
        "taylor1_as_implemented",
        "taylor2_as_implemented",
    ]
    curve = np.linspace(0.0, 1.0, 101)
    cells = [
        Cell(name, method, 3 + 40 * curve ** (1 + n / 5), 1 - 0.9 * curve, hidden=(50, 50), seed=0)
        for name in names
        for n, method in enumerate(methods)
    ]
    return frames(cells)


def _foretold() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"population": name, "key": f"{name} {key}", "removed": k / 20, "explained": 1 - k / 20}
            | {"rho_again": 0.9, "rho_quadratic": 0.9 - k / 40, "rho_alone": 0.9 - k / 20}
            for name in (*POPULATIONS, *LONG)
            for key in range(3)
            for k in range(20)
        ]
    )


def _ruled() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    draws = np.random.default_rng(0)
    methods = np.repeat(["taylor1", "taylor2", "taylor2_exact", "quadratic_once"], 60)
    known = pd.DataFrame(10 ** draws.uniform(-3, 0, (len(methods), len(NAMES))), columns=list(NAMES)).assign(
        method=methods,
        ranking=np.where(methods == "quadratic_once", "single_overall", "iterative"),
        removal="zero",
        share=0.3,
        of_best=draws.uniform(0, 1.6, len(methods)),
        network_key=[f"network {n}" for n in range(len(methods))],
        population="map",
    )
    names = [f"one_vs_all_{n}_untrained_hidden" for n in range(20)]
    rules = pd.DataFrame({"method": pd.unique(methods), "predictor": [*NAMES, "curvature"], "threshold": 0.1})
    return known, known.assign(population=draws.choice(names, len(known))), rules.assign(above=[True, False] * 2)
