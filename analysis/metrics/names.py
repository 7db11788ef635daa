"""The metrics' names (columns of `metrics.table`, as in the register) and their meaning, from `names.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).with_name("names.yaml")
HELD_OUT_SUFFIX = "_held_out"
"""Ends the names of metrics on held-out rows."""


class Metric(NamedTuple):
    """A metric: its name in a sentence, and its definition."""

    said: str
    what: str


@cache
def explained() -> dict[str, Metric]:
    """Return all metrics by name, in the order of the file."""
    entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Metric(entry.get("said", name), entry["what"]) for name, entry in entries.items()}


def metric(name: str) -> Metric:
    """Return the metric of this name; a held-out one is that of the pruning rows.

    >>> metric("m8").said, metric("m2e_held_out").what
    ('share removed', 'On held-out rows. M2 by the error: share of the units gone before E first exceeds 2 E0.')
    """
    plain = name.removesuffix(HELD_OUT_SUFFIX)
    found = explained().get(plain) or Metric(plain, "")
    return found if plain == name or name in explained() else found._replace(what=f"On held-out rows. {found.what}")
