"""Data sets: which there are, what they take, whether they can be had, and loading them.

One of the study has the name of its module; somebody's own, that of its loader: `my_module.load`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import numbers
import pkgutil
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from omegaconf import MISSING

from study.common import targets
from study.common.device import on_cpu
from study.common.errors import StudyError, among, shown
from study.data import _sources
from study.data._random import data_seed
from study.data.base import Dataset

#: Data sets kept in memory, those of a profile: its cells share them. All but the large sets of images are small.
KEPT = 16

GIVEN = ("seed", "folder")
"""Parameters of a loader that the study gives."""
_given: set[tuple[str, str]] = set()
"""Names and digests of the data sets that were loaded."""


def names() -> list[str]:
    """Return the names of all data sets, in alphabetical order.

    >>> "digits" in names()
    True
    """
    folder = str(Path(__file__).parent)
    found = {module.name for module in pkgutil.iter_modules([folder]) if not module.name.startswith("_")}
    return sorted(found - {"base", "split"})


def parameters(name: str) -> targets.Parameters:
    """Return type and default of every parameter of a data set besides seed and folder.

    Raises:
        StudyError: if there is no such data set.

    >>> parameters("mnist_one_vs_all")
    {'digit': (<class 'int'>, 0)}
    """
    return targets.parameters(_loader(name), but=GIVEN)


def load_dataset(name: str, *, seed: int = 0, folder: Path | str | None = None, **params: object) -> Dataset:
    """Return a data set; the last ones are kept in memory, so do not write into its tensors.

    Args:
        name: as in `names()`, or `MODULE.FUNCTION`, a loader of one's own (see `study.data`).
        seed: the data seed, any whole number from 0 to 2^62: for generated data and random splits; not the seed of a
            network.
        folder: the data folder; by default the environment's `STUDY_DATA`, else `data/` in the checkout.
        **params: the data set's own, as in `parameters(name)`.

    Raises:
        StudyError: if the name, a parameter or the seed is not one; lists those that exist.
        DataUnavailableError: if files that it needs are nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.

    >>> load_dataset("digits").training.inputs.shape
    torch.Size([1438, 64])
    """
    name = targets.short(name) if isinstance(name, str) else name
    seed = data_seed(name, seed)
    full = _complete(name, params)
    with on_cpu():
        try:
            return _load(name, seed, _sources.data_folder(folder), tuple(sorted(full.items())))
        except TypeError as error:
            if "unhashable" not in str(error):
                raise
            raise StudyError(f"data set {name!r}: parameters are numbers, texts and truths, got {params}") from error


def missing(name: str, *, folder: Path | str | None = None, **params: object) -> str | None:
    """Return None if a data set can be had from local files, else what is missing and how to get it.

    Nothing is opened, hashed or downloaded; a corrupt file is only found by `load_dataset`.

    Raises:
        StudyError: if the name or a parameter is not one; lists those that exist.

    >>> missing("digits") is None
    True
    """
    name = targets.short(name)
    full = _complete(name, params)
    own = getattr(_home(name), "missing", None)
    if own is not None:
        reason: str | None = own(folder, **full)
        return reason
    files = collection(name)
    return None if files is None else _sources.missing(files, folder)


def collection(name: str) -> _sources.Collection | None:
    """Return the files that a data set needs and that can be downloaded; None where it has none of that kind."""
    files: _sources.Collection | None = getattr(_home(targets.short(name)), "FILES", None)
    return files


def _home(name: str) -> ModuleType | None:
    """Return the module of a data set of the study; None for a loader of one's own."""
    if isinstance(name, str) and "." in name:
        targets.found(name, "data set")
        return None
    if not isinstance(name, str) or name not in names():
        shown = repr(name) if isinstance(name, str | None) else f"of a {type(name).__name__}"
        raise StudyError(f"there is no data set {shown}; {among(name, names())}")
    return importlib.import_module(f"study.data.{name}")


def _loader(name: str) -> Callable[..., Any]:
    module = _home(name)
    return targets.found(name, "data set") if module is None else module.load


def _complete(name: str, params: dict[str, object]) -> dict[str, object]:
    """Return all parameters, defaults filled in, so that equal calls meet in the memory."""
    known = parameters(name)
    for key in params:
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise StudyError(f"data set {name!r} has no parameter {key!r}; {has} (and seed and folder)")
    given = {key: _of_type(f"data set {name!r}: {key}", known[key][0], value) for key, value in params.items()}
    full = {key: default for key, (_, default) in known.items()} | given
    if needed := [key for key, value in full.items() if value is MISSING]:
        raise StudyError(f"data set {name!r} needs a value of {', '.join(needed)}")
    return full


def _of_type(what: str, kind: Any, value: object) -> object:
    """Return a parameter in the type that it is declared with: NumPy's 3 becomes Python's, and both meet in the memory.

    A list becomes a tuple.

    Raises:
        StudyError: when it is of another.
    """
    if type(None) in (options := typing.get_args(kind)):
        return None if value is None else _of_type(what, next(k for k in options if k is not type(None)), value)
    if typing.get_origin(kind) is list:
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise StudyError(f"{what} is a list, got {shown(value)}")
        return tuple(_of_type(what, (*options, Any)[0], each) for each in value)
    if kind is int and isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if kind is bool and isinstance(value, np.bool_):
        return bool(value)
    if isinstance(kind, type) and type(value) is not kind:
        raise StudyError(f"{what} is of type {kind.__name__}, got {value!r}")
    return value


def is_ours(data: Dataset) -> bool:
    """Tell whether `load_dataset` gave data of this name and content in this process; others may bear the name, too.

    >>> is_ours(load_dataset("digits"))
    True
    """
    return (data.name, data.digest) in _given


@functools.lru_cache(maxsize=KEPT)
def _load(name: str, seed: int, folder: Path, params: tuple[tuple[str, object], ...]) -> Dataset:
    load = _loader(name)
    known = inspect.signature(load).parameters
    given = {key: value for key, value in (("seed", seed), ("folder", folder)) if key in known}
    if "." in name:
        dataset = targets.made(name, given | dict(params), "data set")
        if not isinstance(dataset, Dataset):
            raise StudyError(f"{name} returned a {type(dataset).__name__}: a study.data.Dataset is needed")
        return dataset
    study_own: Dataset = load(**given, **dict(params))
    _given.add((study_own.name, study_own.digest))
    return study_own
