"""One digest for the tables of a cell: the same for the same values, whatever wrote or stored them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from study.records import TABLES, without_timing

TEXT = ("object", "str")
"""Declared types of columns of text and of lists."""


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
        for part in _frame_bytes(name, tables[name]):
            sha.update(part)
    return sha.hexdigest()


def arrow_digest(tables: Mapping[str, pa.Table]) -> str:
    """Return `tables_digest` of tables as they are read from their files, without making data frames of them.

    Args:
        tables: with columns of `study.records.TABLES`; one that was declared after a table was written is not in it.

    Raises:
        KeyError: for a table or a column that is not declared.
        ValueError: for values that are not of the declared types (`pyarrow.ArrowInvalid` is one).

    >>> from study.records import empty
    >>> frame = empty("surfaces")
    >>> arrow_digest({"surfaces": pa.Table.from_pandas(frame)}) == tables_digest({"surfaces": frame})
    True
    """
    sha = hashlib.sha256()
    for name in sorted(tables):
        if name not in TABLES:  # of a measure of one's own
            for part in _frame_bytes(name, tables[name].to_pandas()):
                sha.update(part)
            continue
        table, declared = tables[name], TABLES[name]
        there = set(table.column_names)
        if unknown := sorted(there - set(declared)):
            raise KeyError(f"table {name!r} has no column {unknown}")
        sha.update(f"table {name} rows {len(table)}\n".encode())
        for column, about in declared.items():
            if column in there and not about.timing:
                sha.update(f"column {column} {about.dtype}\n".encode())
                for part in _arrow_bytes(table[column], about.dtype):
                    sha.update(part)
    return sha.hexdigest()


def _frame_bytes(name: str, table: pd.DataFrame) -> Iterator[bytes]:
    frame = without_timing(name, table)
    yield f"table {name} rows {len(frame)}\n".encode()
    for column in frame.columns:
        dtype = _dtype(name, column, frame)
        yield f"column {column} {dtype}\n".encode()
        yield _canonical_bytes(frame[column], dtype)


def _dtype(name: str, column: str, frame: pd.DataFrame) -> str:
    """Return the declared type of a column; of a table that a measure of one's own declares, the one it has."""
    return TABLES[name][column].dtype if name in TABLES else str(frame[column].dtype)


def _canonical_bytes(values: pd.Series, dtype: str) -> bytes:
    """Return the values of one column as a null mask and little-endian numbers, or as JSON for text and lists."""
    if dtype in TEXT:
        return _json([None if _is_null(value) else _plain(value) for value in values])
    null = values.isna().to_numpy(dtype=bool)
    kind = np.dtype(dtype).newbyteorder("<")
    filled = values.where(~null, 0) if null.any() else values
    return null.tobytes() + filled.to_numpy().astype(kind).tobytes()


def _arrow_bytes(chunked: pa.ChunkedArray, dtype: str) -> Iterator[bytes]:
    """Yield the bytes of `_canonical_bytes`, in parts."""
    values = chunked.combine_chunks() if chunked.num_chunks != 1 else chunked.chunk(0)
    if dtype in TEXT:
        yield _json(_lists(values) if pa.types.is_list(values.type) else values.to_pylist())
        return
    kind = np.dtype(dtype)
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)  # null is NaN there, too
        null = np.isnan(numbers)
        numbers = np.where(null, 0, numbers) if null.any() else numbers
    else:
        null = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else np.zeros(len(values), bool)
        numbers = (pc.fill_null(values, 0) if values.null_count else values).to_numpy(zero_copy_only=False)
    if numbers.dtype != kind and not np.array_equal(numbers.astype(kind), numbers):
        raise ValueError(f"values that are no {dtype}")
    yield null.tobytes()
    yield np.ascontiguousarray(numbers, kind.newbyteorder("<")).tobytes()


def _lists(values: pa.ListArray) -> list[list[object] | None]:
    """Return lists of numbers as Python has them; `to_pylist` makes an object of every number first."""
    flat = values.values
    plain = flat.to_pylist() if flat.null_count else flat.to_numpy(zero_copy_only=False).tolist()
    at, there = values.offsets.to_numpy().tolist(), values.is_valid().to_pylist()
    return [plain[a:b] if valid else None for a, b, valid in zip(at[:-1], at[1:], there, strict=True)]


def _json(values: list[object] | list[list[object] | None]) -> bytes:
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode()


def _is_null(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _plain(value: object) -> object:
    """Return text as it is and any sequence of numbers as a list: parquet gives lists back as arrays."""
    if isinstance(value, str):
        return value
    return np.asarray(value).tolist()
