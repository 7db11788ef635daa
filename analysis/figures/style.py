"""What figures of one population leave out, and how all figures of a report look."""

from __future__ import annotations

IN_OVERVIEWS = ("curvature", "skeletonization", "fisher", "obs", "output_energy", "shapley")
"""Methods that figures of one population leave to the overviews: the curves of all would hide each other."""
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
