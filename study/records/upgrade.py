"""Tables of earlier versions, read as those of the present one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.records.tags import filters_of

if TYPE_CHECKING:  # whoever needs a name or a word alone waits for no pandas
    import pandas as pd

READABLE = (1, 2)
"""Versions of the tables that `upgraded` makes the present one of."""


def upgraded(table: str, frame: pd.DataFrame, networks: Iterable[str]) -> pd.DataFrame:
    """Return a table with rows of earlier versions as one of the present version.

    In version 1 units went one by one, and nothing else was an event.

    Args:
        table: its name.
        frame: as it was recorded.
        networks: the tag `network` of the cell of every row.
    """
    if table != "events" or not len(frame):
        return frame
    then = frame["scope"].isna() if "scope" in frame else frame["event"].notna()
    if not then.any():
        return frame
    networks = list(networks)
    of_tag = {tag: "filter" if filters_of(tag) else "unit" for tag in set(networks)}
    scopes = [of_tag[tag] for tag in networks]
    whole, event = frame.copy(deep=False), frame["event"]
    for name, meant in (("scope", scopes), ("removed", event), ("round", event), ("phase", "prune")):
        whole[name] = meant if then.all() else whole[name].where(~then, meant)
    return whole
