"""One name in words, one colour and one place for every method; words for rankings and removals. Everywhere.

The colours of those that curves compare are Okabe's and Ito's (2008), safe for colour-blind eyes. Others have a name
beside what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Words(NamedTuple):
    """What a method is called and drawn in."""

    label: str
    colour: str


METHODS = {
    "brute_force": Words("brute force", "#000000"),
    "taylor2_exact": Words("exact second derivative", "#009E73"),
    "quadratic_once": Words("quadratic model, one pass", "#7B3294"),
    "gauss_newton": Words("Gauss-Newton", "#005B43"),
    "taylor2": Words("second order", "#0072B2"),
    "curvature": Words("curvature alone", "#44AA99"),
    "taylor1": Words("first order", "#D55E00"),
    "taylor1_abs": Words("absolute first order", "#E69F00"),
    "taylor2_as_implemented": Words("second order as implemented", "#0072B2"),
    "taylor1_as_implemented": Words("first order as implemented", "#D55E00"),
    "skeletonization": Words("Skeletonization", "#CC6677"),
    "fisher": Words("Fisher", "#882255"),
    "obs": Words("Optimal Brain Surgeon", "#332288"),
    "output_energy": Words("output energy", "#AA4499"),
    "shapley": Words("Shapley values", "#8B5A2B"),
    "magnitude": Words("magnitude", "#CC79A7"),
    "mean_activation": Words("mean activation", "#56B4E9"),
    "random": Words("random", "#7F7F7F"),
    "worst_first": Words("worst first", "#B0A000"),
}
"""By the methods' names, in the order of legends and of rows."""
CRITERIA = {
    "method": Words("the cell's own method", "#000000"),
    "other_rows": Words("truth on validation rows", "#8C8C00"),
}
"""What the table bridge compares with the truth beside methods: the scores that decided, and other rows."""
RANKINGS = {"single_overall": "ranked once", "iterative": "re-ranked"}
SCOPES = {
    "unit": "units of all hidden layers",
    "filter": "filters of convolutional layers",
    "neuron": "units of dense layers",
    "weight": "single weights",
}
REMOVALS = {
    "zero": "set to zero",
    "mean": "replaced by their mean output",
    "compensate": "taken over by the other units of their layer",
}


QUANTITIES = {
    "error_per_sample": "error per sample, E/N",
    "accuracy": "accuracy",
    "spearman": "Spearman, all units",
    "spearman_25": "Spearman, 25 cheapest units",
    "regret": "regret / (E_all - E0)",
}
"""What is drawn against the units removed, by its column."""
GAIN = "gain of the next unit (1 trained, 0 gone)"

AS_IMPLEMENTED = "_as_implemented"
"""Ends the names of methods that compute what the authors' code did."""


def label(method: str) -> str:
    """Return a method's name in words; that of one that is not known here with blanks.

    >>> label("taylor2")
    'second order'
    """
    known = METHODS | CRITERIA
    return known[method].label if method in known else method.replace("_", " ")


def colour(method: str) -> str:
    """Return a method's colour; grey for one that is not known here."""
    known = METHODS | CRITERIA
    return known[method].colour if method in known else "#999999"


def dashes(method: str) -> str:
    """Return a method's line style: what the authors' code computed has the criterion's colour, dashed."""
    return "--" if method.endswith(AS_IMPLEMENTED) else "-"


def ordered(methods: Iterable[str]) -> list[str]:
    """Return the methods in the order of legends and rows.

    >>> ordered(["random", "mine", "taylor1"])
    ['taylor1', 'random', 'mine']
    """
    order = [*METHODS, *CRITERIA]
    return sorted(set(methods), key=lambda m: (order.index(m) if m in order else len(order), m))


def layer_name(layer: int, filters: int = 0) -> str:
    """Return a hidden layer's name in words.

    >>> layer_name(0, filters=1), layer_name(1)
    ('layer 1 (filters)', 'layer 2')

    Args:
        layer: 0 nearest the input.
        filters: number of convolutional layers, which come first.
    """
    return f"layer {int(layer) + 1}" + (" (filters)" if layer < filters else "")
