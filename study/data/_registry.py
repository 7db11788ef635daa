"""Data sets by name: which there are, what they take, whether they can be had, and loading them."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import typing
from pathlib import Path
from types import ModuleType

from study.data import _sources
from study.data.base import Dataset
from study.errors import StudyError

#: Data sets kept in memory, those of a profile: its cells share them. All but full-size MNIST are small.
KEPT = 16


def names() -> list[str]:
    """Return the names of all data sets, in alphabetical order.

    >>> "digits" in names()
    True
    """
    folder = str(Path(__file__).parent)
    found = {module.name for module in pkgutil.iter_modules([folder]) if not module.name.startswith("_")}
    return sorted(found - {"base"})


def parameters(name: str) -> dict[str, tuple[type, object]]:
    """Return type and default of every parameter of a data set besides seed and folder.

    Raises:
        StudyError: if there is no such data set.

    >>> parameters("mnist_one_vs_all")
    {'digit': (<class 'int'>, 0)}
    """
    load = _module(name).load
    hints = typing.get_type_hints(load)
    own = {k: p for k, p in inspect.signature(load).parameters.items() if k not in ("seed", "folder")}
    return {key: (hints[key], parameter.default) for key, parameter in own.items()}


def load_dataset(name: str, *, seed: int = 0, folder: Path | str | None = None, **params: object) -> Dataset:
    """Return a data set; the last ones are kept in memory, so do not write into its tensors.

    Args:
        name: as in `names()`.
        seed: the data seed, 0, 1, 2, ...: for generated data and random splits; not the seed of a network.
        folder: the data folder; by default the environment's `STUDY_DATA`, else `data/` in the checkout.
        **params: the data set's own, as in `parameters(name)`.

    Raises:
        StudyError: if the name, a parameter or the seed is not one; lists those that exist.
        DataUnavailableError: if files that it needs are nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.

    >>> load_dataset("digits").training.inputs.shape
    torch.Size([1438, 64])
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise StudyError(f"data set {name!r}: the data seed is a whole number from 0 on, got {seed!r}")
    full = _complete(name, params)
    return _load(name, seed, _sources.data_folder(folder), tuple(sorted(full.items())))


def missing(name: str, *, folder: Path | str | None = None, **params: object) -> str | None:
    """Return None if a data set can be had from local files, else what is missing and how to get it.

    Nothing is opened, hashed or downloaded; a corrupt file is only found by `load_dataset`.

    Raises:
        StudyError: if the name or a parameter is not one; lists those that exist.

    >>> missing("digits") is None
    True
    """
    full = _complete(name, params)
    own = getattr(_module(name), "missing", None)
    if own is not None:
        reason: str | None = own(folder, **full)
        return reason
    collection = getattr(_module(name), "FILES", None)
    return None if collection is None else _sources.missing(collection, folder)


def _module(name: str) -> ModuleType:
    if name not in names():
        raise StudyError(f"there is no data set {name!r}; there are {', '.join(names())}")
    return importlib.import_module(f"study.data.{name}")


def _complete(name: str, params: dict[str, object]) -> dict[str, object]:
    """Return all parameters, defaults filled in, so that equal calls meet in the memory."""
    known = parameters(name)
    for key, value in params.items():
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise StudyError(f"data set {name!r} has no parameter {key!r}; {has} (and seed and folder)")
        kind = known[key][0]
        if type(value) is not kind:  # True is no digit
            raise StudyError(f"data set {name!r}: {key} is of type {kind.__name__}, got {value!r}")
    return {key: default for key, (_, default) in known.items()} | params


@functools.lru_cache(maxsize=KEPT)
def _load(name: str, seed: int, folder: Path, params: tuple[tuple[str, object], ...]) -> Dataset:
    dataset: Dataset = _module(name).load(seed=seed, folder=folder, **dict(params))
    return dataset
