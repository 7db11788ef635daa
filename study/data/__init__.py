"""Data sets, one file each; all verified by digest."""

from study.data.base import DataCorruptError, Dataset, DataUnavailableError, Split, one_hot

__all__ = ["DataCorruptError", "DataUnavailableError", "Dataset", "Split", "one_hot"]
