"""What the names of populations and methods say: their beginnings and endings, in one place.

A population is a data set, a network and a training; where one recipe differs from another in a part, its name ends in
that part. The keys of recorded runs and the register's arms hold these names, so they are told apart by their text.
"""

from __future__ import annotations

import pandas as pd

from analysis.metrics import main_condition
from study.records.condition import parted
from study.records.words import AS_IMPLEMENTED

__all__ = ["AS_IMPLEMENTED", "SIGMOID_OUTPUTS", "THEIRS", "UNTRAINED_HIDDEN", "is_rung", "is_theirs", "trained_here"]

THEIRS = "authors_"
"""Begins the names of populations whose one network is the authors' own."""
UNTRAINED_HIDDEN, SIGMOID_OUTPUTS = "_untrained_hidden", "_sigmoid_outputs"
"""End the names of populations: the hidden layers were left untrained (V2), softmax was replaced by sigmoids (V5)."""


def is_theirs(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are of the authors' networks."""
    return frame["population"].astype(str).str.startswith(THEIRS)


def is_rung(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are of methods with a switch set: rungs of the ladder."""
    switched = {method: bool(parted(method)[1]) for method in frame["method"].unique()}
    return frame["method"].map(switched).astype(bool)


def trained_here(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of networks trained here, under the main condition, without the rungs of the ladder."""
    plain = main_condition(table)
    return plain[~is_theirs(plain) & ~is_rung(plain)]
