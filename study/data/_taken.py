"""What a split takes as rows: tensors, arrays, data frames and lists of real numbers; all else is told the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.common.errors import StudyError, said

CODES = "pandas.factorize(values)[0] numbers them 0, 1, ..."
"""The way out for values that are words or categories."""


def numbers(name: str, values: object) -> Tensor:
    """Return real numbers as a tensor of their own type on the CPU, row after row in memory, without a gradient.

    A data frame or series gives its rows, in their order, whatever their index says. The last bits of a product depend
    on how its factors lie in memory, so that rows of one digest all lie alike.

    Args:
        name: what they are, for messages.
        values: a tensor, an array or anything that numpy makes one of, a data frame, a series, nested lists.

    Raises:
        StudyError: when they are none, saying how to make them some.

    >>> numbers("inputs", pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})).tolist()
    [[1.0, 0.5], [2.0, 1.5]]
    """
    try:
        if isinstance(values, Tensor):
            return _of_tensor(name, values).contiguous()
        array = _of_frame(name, values) if isinstance(values, (pd.DataFrame, pd.Series)) else _of_array(name, values)
        return torch.from_numpy(np.ascontiguousarray(array))
    except StudyError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        raise StudyError(f"{name} have to be a tensor or an array of numbers ({said(error)})") from error


def check_order(parts: Mapping[str, object]) -> None:
    """Refuse frames and series whose indexes name the same rows in different orders: nothing says which is meant.

    Raises:
        StudyError: naming both.
    """
    indexes = {name: part.index for name, part in parts.items() if isinstance(part, (pd.DataFrame, pd.Series))}
    (first, index), *others = indexes.items() if indexes else [("", pd.RangeIndex(0))]
    for other, also in others:
        if len(index) == len(also) and not index.equals(also) and index.is_unique and bool(index.isin(also).all()):
            raise StudyError(
                f"{first} and {other} have the same rows by their index, in different orders: bring them into one, "
                f"{other} = {other}.loc[{first}.index], or take them as they lie with .to_numpy()"
            )


def _of_tensor(name: str, values: Tensor) -> Tensor:
    if values.is_complex() or values.layout != torch.strided:
        raise StudyError(
            f"{name} have to be real numbers, not sparse; got {values.dtype}, {values.layout}: .to_dense(), .real"
        )
    if values.is_quantized or values.is_nested:
        kind, way = ("quantized", ".dequantize()") if values.is_quantized else ("nested", ".to_padded_tensor(0)")
        raise StudyError(f"{name} have to be a plain tensor, not a {kind} one: {way}")
    return values.detach().cpu().resolve_neg()


def _of_array(name: str, values: Any) -> NDArray[Any]:
    if hasattr(values, "toarray"):
        raise StudyError(f"{name} have to be real numbers, not sparse; got {type(values).__name__}: .toarray()")
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            raise StudyError(f"{name} have masked values: leave these rows out, or fill them, .filled(0)")
        values = values.data
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise StudyError(f"{name} have to be a tensor or an array of numbers; {_way_out(name, array, values)}")
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if native.dtype == np.longdouble:
        native = native.astype(np.float64)
    plain = native.flags.writeable and all(step >= 0 for step in native.strides)
    return native if plain else native.copy()


def _way_out(name: str, array: NDArray[Any], values: object) -> str:
    if isinstance(values, Mapping):
        return f"got a {type(values).__name__}: one array (samples, ...) is needed"
    kinds = {"U": f"got text: {CODES}", "S": f"got text: {CODES}", "c": "got complex numbers: .real"}
    if array.dtype.kind in kinds:
        return kinds[array.dtype.kind]
    if array.ndim == 0:
        return f"got {type(values).__name__}"
    if all(isinstance(value, str) for value in array.flat):
        return f"got text: {CODES}"
    to = "int" if name == "labels" else "float"
    return f"got {array.dtype}: .astype({to}), where every value is a number"


def _of_frame(name: str, values: pd.DataFrame | pd.Series) -> NDArray[Any]:
    if isinstance(values, pd.Series):
        of = [(name, values.dtype)]
    else:
        of = [(f"{name}: column {column}", dtype) for column, dtype in values.dtypes.items()]
    types = pd.api.types
    for where, dtype in of:
        if isinstance(dtype, pd.CategoricalDtype):
            raise StudyError(f"{where}: categories, not numbers: .cat.codes numbers them 0, 1, ...")
        if types.is_complex_dtype(dtype) or not (types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)):
            raise StudyError(
                f"{where}: {dtype}, not numbers: .astype(float) where they are, else {CODES}; or leave the column out"
            )
    missing = int(np.asarray(values.isna()).sum())
    if missing:
        raise StudyError(
            f"{name} must be finite; found {missing} missing values (NaN or NA): leave these rows out of inputs, "
            "targets and labels alike, or fill them, .fillna(0)"
        )
    kind: type = float
    if all(types.is_bool_dtype(dtype) for _, dtype in of):
        kind = bool
    elif all(types.is_integer_dtype(dtype) for _, dtype in of):
        kind = np.int64
    return np.array(values.to_numpy(dtype=kind))
