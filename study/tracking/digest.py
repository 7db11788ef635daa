"""One digest for the tables of a cell: the same for the same values, whatever wrote or stored them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.records import TABLES, without_timing


def tables_digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the SHA-256 over the tables without their timing columns.

    It covers names, types, order of rows and the exact values: every float by its 64 bits, with one pattern for
    NaN and null. Parquet versions, compression, the index and the order of the tables do not enter, so that a
    table read back from a file has the digest of the table that was written.

    >>> from study.records import conform, empty
    >>> tables_digest({"surfaces": empty("surfaces")}) == tables_digest({"surfaces": conform("surfaces", {})})
    True
    """
    sha = hashlib.sha256()
    for name in sorted(tables):
        frame = without_timing(name, tables[name])
        sha.update(f"table {name} rows {len(frame)}\n".encode())
        for column in frame.columns:
            dtype = TABLES[name][column].dtype
            sha.update(f"column {column} {dtype}\n".encode())
            sha.update(_canonical_bytes(frame[column], dtype))
    return sha.hexdigest()


def _canonical_bytes(values: pd.Series, dtype: str) -> bytes:
    """Return the values of one column as a null mask and little-endian numbers, or as JSON for text and lists."""
    if dtype in ("object", "str"):
        plain = [None if _is_null(value) else _plain(value) for value in values]
        return json.dumps(plain, separators=(",", ":"), allow_nan=False).encode()
    null = values.isna().to_numpy(dtype=bool)
    kind = np.dtype(dtype).newbyteorder("<")
    filled = values.where(~null, 0) if null.any() else values
    return null.tobytes() + filled.to_numpy().astype(kind).tobytes()


def _is_null(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _plain(value: object) -> object:
    """Return text as it is and any sequence of numbers as a list: parquet gives lists back as arrays."""
    if isinstance(value, str):
        return value
    return np.asarray(value).tolist()
