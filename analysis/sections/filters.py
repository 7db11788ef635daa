"""The section on filters as units: shares removed from convolutional networks, filters and neurons apart."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics import as_meant, per_network
from analysis.numbers import median, number
from analysis.sections.base import Kept, Material, Section, Shown
from study.records import filters_of, hidden_of
from study.records.words import label, ordered

BEST = "brute_force"


class Filters(Section):
    """Removed filters and neurons, by population and method; exploratory."""

    title = "Filters as units"
    place = 100
    kept = Kept("filters", tables=("filters",))

    def made(self, of: Material) -> Shown:
        """Return the table."""
        return Shown(tables={"filters": in_words(of.frames, of.fresh)})

    def cells(self, of: Material) -> pd.DataFrame:
        """Return the cells of networks with filters; those in which single weights go are none of the table's."""
        cells = of.frames.cells[of.frames.cells["scope"] != "weight"]
        return cells[cells["network"].map(filters_of).map(len) > 0]


def in_words(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population and method, under the ranking that the method is meant for; networks in their band.

    Units, filters and neurons that are gone when accuracy on the pruning rows first falls by a point: shares, medians
    over networks with exact 95 % intervals where six networks were pruned.

    Args:
        frames: with the networks' layers and the order in which units went.
        table: `metrics.table` of the main condition; cells of dense networks are left out.
    """
    layers = frames.cells.set_index("key")["network"]
    depth = layers.map(filters_of).map(len)
    layers = layers[depth > 0]
    of = table[table["key"].isin(layers.index) & (table["band"] != "missed")].copy()
    if of.empty:
        return pd.DataFrame()
    filters, units = (layers.map(lambda name, sizes=sizes: sum(sizes(name))) for sizes in (filters_of, hidden_of))
    within = of.set_index("key")["r_1"] * units.loc[of["key"]]
    events = frames.events[frames.events["key"].isin(of["key"]) & (frames.events["event"] > 0)]
    early = events[events["event"] <= events["key"].map(within) + 0.5]
    gone = (early["layer"] < early["key"].map(depth)).groupby(early["key"]).agg(["sum", "size"])
    gone = gone.reindex(of["key"], fill_value=0)
    of["filters"] = (gone["sum"] / filters).loc[of["key"]].to_numpy()
    of["neurons"] = ((gone["size"] - gone["sum"]) / (units - filters)).loc[of["key"]].to_numpy()
    networks = as_meant(per_network(of))
    best = networks[networks["method"] == BEST].set_index("network_key")["r_1"]
    networks["of_best"] = networks["r_1"] / networks["network_key"].map(best[best > 0])
    rows = []
    for population, group in networks.groupby("population"):
        for method in ordered(group["method"]):
            mine = group[group["method"] == method]
            rows.append(
                {
                    "population": population,
                    "method": label(method),
                    "networks": len(mine),
                    "units gone": median(mine["r_1"]),
                    "of brute force's": median(mine["of_best"]),
                    "filters gone": median(mine["filters"]),
                    "neurons gone": median(mine["neurons"]),
                    "overlap of 25": number(mine["overlap25_0"].median(), 2),
                    "forward passes": f"{mine['forward_passes'].median():,.0f}",
                }
            )
    return pd.DataFrame(rows)
