"""The section on populations: networks, acceptance, and the check of the methods' order."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.numbers import number
from analysis.sections.base import Kept, Material, Section, Shown


class Populations(Section):
    """Populations with their networks, those left out, and the check of their order."""

    title = "Populations and their acceptance"
    short = "Populations"
    place = 180
    kept = Kept("claims", tables=("populations", "sanity", "excluded"))

    def made(self, of: Material) -> Shown:
        """Return the tables."""
        judged = of.judged
        tables = {"populations": populations(of.frames, of.table), "sanity": judged.sanity, "excluded": judged.excluded}
        return Shown(tables=tables | {"with_excluded": judged.with_excluded})


def populations(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return populations with their networks, acceptance and starts; cells of single weights are left out."""
    rows = []
    one = table[table["scope"] != "weight"].drop_duplicates(["population", "network_key"])
    for population, group in one.groupby("population"):
        bands = group["band"].value_counts()
        cells = frames.cells[(frames.cells["population"] == population) & (frames.cells["scope"] != "weight")]
        rows.append(
            {
                "population": population,
                "network": ", ".join(sorted(set(cells["network"]))),
                "output": ", ".join(sorted(set(cells["output"]))),
                "networks": len(group),
                "seeds": f"{group['seed'].min()} to {group['seed'].max()}",
                "band met": int(bands.get("met", 0)),
                "band missed": int(bands.get("missed", 0)),
                "start error E0 (median)": number(group["E0"].median(), 4),
                "start accuracy": number(group["accuracy_0"].median(), 7),
                "held out": number(group["accuracy_0_held_out"].median(), 6),
                "cells": len(cells),
            }
        )
    return pd.DataFrame(rows)
