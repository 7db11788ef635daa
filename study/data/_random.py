"""Random numbers of the data sets: one stream for each data set and data seed, apart from every other."""

from __future__ import annotations

import zlib

import numpy as np

from study.errors import StudyError


def generator(name: str, seed: int) -> np.random.Generator:
    """Return the generator of the data set `name` under the data seed `seed` (0, 1, 2, ...).

    Raises:
        StudyError: if the seed is negative or no whole number.

    >>> generator("diamond", 0).random() == generator("diamond", 0).random()
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise StudyError(f"data set {name!r}: the data seed is a whole number from 0 on, got {seed!r}")
    return np.random.Generator(np.random.PCG64([zlib.crc32(name.encode()), seed]))
