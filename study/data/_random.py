"""Random numbers of the data sets: one stream for each data set and data seed, apart from every other."""

from __future__ import annotations

import zlib

import numpy as np

from study.common.errors import whole


def generator(name: str, seed: int) -> np.random.Generator:
    """Return the generator of the data set `name` under the data seed `seed` (0, 1, 2, ...).

    Raises:
        StudyError: if the seed is no whole number from 0 to 2^62.

    >>> generator("diamond", 0).random() == generator("diamond", 0).random()
    True
    """
    return np.random.Generator(np.random.PCG64([zlib.crc32(name.encode()), data_seed(name, seed)]))


def data_seed(name: str, seed: object) -> int:
    """Return the data seed of a data set: the one rule of all seeds, `study.common.errors.whole`.

    Raises:
        StudyError: if it is no whole number from 0 to 2^62.
    """
    return whole(f"data set {name!r}: the data seed is a whole number from 0 on: seed", seed)


def in_32_bits(seed: int) -> int:
    """Return the seed for a generator that takes less than 2^32: itself where it is less, else 32 bits drawn from it.

    >>> in_32_bits(3), in_32_bits(2**32 - 1), in_32_bits(2**32)
    (3, 4294967295, 3964924996)
    """
    return seed if seed < 2**32 else int(np.random.SeedSequence(seed).generate_state(1)[0])
