"""How figures look: what they leave out, layers' colours and markers, fonts and ticks."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter

IN_OVERVIEWS = ("curvature", "skeletonization", "fisher", "obs", "output_energy", "shapley")
"""Methods that figures of one population leave to the overviews: the curves of all would hide each other."""
LAYERS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
"""Colours of hidden layers, from the one nearest the input on, where a panel shows one method."""
MARKERS = "osD^"
"""Their markers, for eyes that see no colours."""
FEW_DECADES = 50
"""Below this ratio of a logarithmic axis's ends the powers of ten would leave too few ticks, or none."""
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


def plain_ticks(axis: Axis) -> Axis:
    """Label a logarithmic axis, whose limits stand, with plain numbers: typeset powers take half of a figure's time."""
    low, high = axis.axes.get_xlim() if axis is axis.axes.xaxis else axis.axes.get_ylim()
    if axis.get_scale() == "log" and high / low < FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
    return axis
