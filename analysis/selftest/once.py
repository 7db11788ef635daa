"""The rates computed once and read again until the code or the register that they follow from changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

import analysis
from analysis.selftest.simulation import rates
from study.common.fingerprint import fingerprint

ENTERING = ("statistics", "claims", "selftest")
"""Packages of the analysis that the rates depend on."""


def rates_once(
    folder: Path, repetitions: int, seed: int = 0, told: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """Return `rates(repetitions, seed)`, from the folder where an earlier call left them there.

    Args:
        folder: of what is kept; made if absent.
        repetitions, seed, told: as in `rates`.
    """
    code = [Path(analysis.__path__[0]) / name for name in ENTERING]
    file = folder / f"{fingerprint(code, [repetitions, seed])[:16]}.parquet"
    if file.is_file():
        with contextlib.suppress(OSError, pa.ArrowException):  # one that is damaged is made again
            return pd.read_parquet(file, page_checksum_verification=True)
    found = rates(repetitions, seed, told)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    # Written beside and renamed: a file that is there is whole.
    found.to_parquet(file.with_suffix(".part"), write_page_checksum=True)
    file.with_suffix(".part").rename(file)
    return found
