"""One colour, label and place for every method, everywhere.

Okabe & Ito 2008, safe for colour-blind eyes, for those that curves compare; others have a name beside what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter

LABELS = {
    "brute_force": "brute force",
    "taylor2_exact": "exact second derivative",
    "quadratic_once": "quadratic model, one pass",
    "gauss_newton": "Gauss-Newton",
    "taylor2": "second order",
    "curvature": "curvature alone",
    "taylor1": "first order",
    "taylor1_abs": "absolute first order",
    "taylor2_as_implemented": "second order as implemented",
    "taylor1_as_implemented": "first order as implemented",
    "skeletonization": "Skeletonization",
    "fisher": "Fisher",
    "obs": "Optimal Brain Surgeon",
    "output_energy": "output energy",
    "shapley": "Shapley values",
    "magnitude": "magnitude",
    "mean_activation": "mean activation",
    "random": "random",
    "worst_first": "worst first",
}
COLOURS = {
    "brute_force": "#000000",
    "taylor2_exact": "#009E73",
    "quadratic_once": "#7B3294",
    "gauss_newton": "#005B43",
    "taylor2": "#0072B2",
    "curvature": "#44AA99",
    "taylor1": "#D55E00",
    "taylor1_abs": "#E69F00",
    "taylor2_as_implemented": "#0072B2",
    "taylor1_as_implemented": "#D55E00",
    "skeletonization": "#CC6677",
    "fisher": "#882255",
    "obs": "#332288",
    "output_energy": "#AA4499",
    "shapley": "#8B5A2B",
    "magnitude": "#CC79A7",
    "mean_activation": "#56B4E9",
    "random": "#7F7F7F",
    "worst_first": "#B0A000",
}
IN_OVERVIEWS = ("curvature", "skeletonization", "fisher", "obs", "output_energy", "shapley")
"""Methods that figures of one population leave to the overviews: the curves of all would hide each other."""
LAYERS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
"""Colours of hidden layers, from the one nearest the input on, where a panel shows one method."""
MARKERS = "osD^"
"""Their markers, for eyes that see no colours."""
FEW_DECADES = 50
"""Below this ratio of a logarithmic axis's ends the powers of ten would leave too few ticks, or none."""
RANKINGS = {"single_overall": "ranked once", "iterative": "re-ranked"}
RC = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    # Text stays text: it can be searched, read aloud and scaled, and takes a tenth of the bytes.
    "svg.fonttype": "none",
    "svg.hashsalt": "study",
    "figure.dpi": 100,
    "legend.frameon": False,
}


def label(method: str) -> str:
    """Return a method's name in words.

    >>> label("taylor2")
    'second order'
    """
    return LABELS.get(method, method.replace("_", " "))


def colour(method: str) -> str:
    """Return a method's colour; grey for one that is not known here."""
    return COLOURS.get(method, "#999999")


def dashes(method: str) -> str:
    """Return a method's line style: what the authors' code computed has the criterion's colour, dashed."""
    return "--" if method.endswith("_as_implemented") else "-"


def plain_ticks(axis: Axis) -> Axis:
    """Label a logarithmic axis, whose limits stand, with plain numbers: typeset powers take half of a figure's time."""
    low, high = axis.axes.get_xlim() if axis is axis.axes.xaxis else axis.axes.get_ylim()
    if axis.get_scale() == "log" and high / low < FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
    return axis


def ordered(methods: Iterable[str]) -> list[str]:
    """Return the methods in the order of legends and rows."""
    order = list(LABELS)
    return sorted(set(methods), key=lambda m: (order.index(m) if m in order else len(order), m))
