"""Data sets, one file each; all verified by digest.

A data set `NAME` is the module `study/data/NAME.py` with a function `load(*, seed=0, folder=None, ...)`, whose further
parameters are annotated and have defaults. A data set that needs files names their collection as `FILES`.

Somebody's own is a function with parameters of its choice (`seed` and `folder` among them are given) that returns a
`Dataset`. A configuration names it by `_target_`, a notebook in the call: `load_dataset("my_module.load")`. A key holds
the digest of the data, so that other data have other keys, whatever they are called.
"""

from __future__ import annotations

from study.data._registry import collection, load_dataset, missing, names, parameters
from study.data._taken import numbers as table
from study.data.base import DataCorruptError, Dataset, DataUnavailableError, one_hot
from study.data.split import Split

__all__ = [
    "DataCorruptError",
    "DataUnavailableError",
    "Dataset",
    "Split",
    "collection",
    "load_dataset",
    "missing",
    "names",
    "one_hot",
    "parameters",
    "table",
]
