"""Cost as the work grows: samples, units and depth, with the exponent of a power law fitted to each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from study.impact import fused, unit_errors
from study.speed.cases import Case
from study.speed.oracle import eager
from study.speed.timing import Work, alternate

SAMPLED = 3
SERIES: dict[str, dict[int, Case]] = {
    "samples": {n: Case(20, (100,), 10, n) for n in (1_000, 10_000, 100_000, 1_000_000)},
    "units": {n: Case(20, (n,), 10, 5_000) for n in (50, 100, 200, 500, 1_000, 2_000)},
    "hidden layers": {n: Case(20, (50,) * n, 10, 5_000) for n in (1, 2, 3, 4)},
}
"""20-100-10 over samples, 20-K-10 at 5,000 samples over units, 50 units a layer at 5,000 samples over depth."""


def point(case: Case, rounds: int) -> dict[str, float]:
    """Return median seconds of one step with all units, by path."""
    work: Work = partial(unit_errors, case.stages(), case.units, case.zeros)
    works: dict[str, Work] = {"reference": case.reference(SAMPLED), "eager": eager(work)}
    if fused.kernel() is not None:
        works["fused"] = work
    times = alternate(works, rounds)
    times["reference"] = times["reference"].scaled(sum(case.hidden) / SAMPLED)
    return {name: t.median for name, t in times.items()}


def points(rounds: int) -> Iterator[pd.DataFrame]:
    """Yield one table a series: grows, size, path, seconds, seconds a unit."""
    for grows, series in SERIES.items():
        found = []
        for size, case in series.items():
            few = max(1, rounds if case.samples < 1_000_000 else rounds // 3)
            for path, seconds in point(case, few).items():
                found.append((grows, size, path, seconds, seconds / sum(case.hidden)))
        yield pd.DataFrame(found, columns=["grows", "size", "path", "seconds", "seconds_a_unit"])


def exponents(points: pd.DataFrame) -> pd.DataFrame:
    """Return the slopes of log seconds over log size, by series and path.

    >>> points = pd.DataFrame({"grows": "n", "size": [1, 10], "path": "p", "seconds": [2.0, 200.0]})
    >>> exponents(points)["exponent"].tolist()
    [2.0]
    """
    found = []
    for (grows, path), series in points.groupby(["grows", "path"], sort=False):
        slope = np.polyfit(np.log(series["size"]), np.log(series["seconds"]), 1)[0]
        found.append((grows, path, round(float(slope), 2)))
    return pd.DataFrame(found, columns=["grows", "path", "exponent"])


def plot(points: pd.DataFrame, file: Path) -> None:
    """Draw seconds of one step over each size, both axes logarithmic, a panel a series."""
    fitted = exponents(points).set_index(["grows", "path"])["exponent"]
    names = list(dict.fromkeys(points["grows"]))
    figure, axes = plt.subplots(1, len(names), figsize=(12, 4), layout="constrained", squeeze=False)
    styles = {"reference": ("o", "#777777"), "eager": ("s", "#0072B2"), "fused": ("^", "#D55E00")}
    for axis, grows in zip(axes[0], names, strict=True):
        for path, (marker, colour) in styles.items():
            series = points[(points["grows"] == grows) & (points["path"] == path)]
            if len(series):
                label = f"{path}, exponent {fitted[grows, path]:.2f}"
                axis.loglog(series["size"], series["seconds"], marker=marker, color=colour, label=label)
        axis.set_xlabel(grows)
        sizes = sorted(points.loc[points["grows"] == grows, "size"].unique())
        axis.set_xticks(sizes, [f"{s:,}" for s in sizes], rotation=0 if len(sizes) < 5 else 45)
        axis.minorticks_off()
        axis.legend(frameon=False, fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("seconds for one step with all units")
    figure.savefig(file, dpi=150)
    plt.close(figure)
