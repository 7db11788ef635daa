"""A reader's criterion: found by its name, called on a network and data, its answer checked, seen as a method."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from study.common.errors import SWITCH, StudyError, said
from study.common.targets import imported
from study.data import Dataset
from study.data.base import digest
from study.methods import Method, method, names
from study.methods.base import Scores, View
from study.networks import Network

Criterion = Callable[[Network, Dataset], object]
"""Scores of all hidden units, the smallest goes first: one flat array over the layers, or a list of one array a layer.
A tuple adds estimates of the impacts, in the error's units: (scores, estimates)."""


@dataclass(frozen=True)
class UserCriterion(Method):
    """A criterion as a method: what can be done with a method of the study can be done with it.

    Attributes:
        function: the criterion.
        data: handed to it.
        name: for messages.
    """

    function: Criterion
    data: Dataset
    name: str

    def scores(self, view: View) -> Scores:
        """Return the criterion's scores of the remaining units, and its estimates where it gives them.

        Raises:
            StudyError: where the criterion fails, or its answer does not fit the network.
        """
        network = view.stages.network
        given = network.resized([w.clone() for w in network.weights], [b.clone() for b in network.biases])
        where = f"{self.name} on the {network.name} network of {self.data.name}"
        filters = f"; {FILTERS}" if network.front else ""
        try:
            answer = self.function(given, self.data)
        except Exception as error:
            way = f"{SWITCH}=1 in the environment shows where it comes from"
            raise StudyError(f"{where} failed: {said(error)}. {way}{filters}") from error
        scores, estimates = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
        if isinstance(answer, tuple) and len(answer) != 2:
            raise StudyError(
                f"{where} returned a tuple of {len(answer)}: (scores, estimates) is what a tuple means; {LIST}"
            )
        hint = (f" (a tuple means (scores, estimates); {LIST})" if isinstance(answer, tuple) else "") + filters
        score = view.of_units(per_layer(scores, network.hidden, f"{where}: scores", hint))
        if estimates is None:
            return Scores(score)
        return Scores(score, view.of_units(per_layer(estimates, network.hidden, f"{where}: estimates", hint)))


LIST = "one array a layer goes into a list"
FILTERS = (
    "the network has filters, each one unit (docs/benchmark.md says how to score them): a criterion for dense layers "
    "only is compared with --version v1, which has no others, or --population NAME"
)
"""The way out of what a criterion for dense layers runs into."""


def per_layer(values: object, hidden: Sequence[int], what: str, hint: str = "") -> list[Tensor]:
    """Return numbers of all hidden units as one float64 vector a layer.

    Args:
        values: a flat array over the layers, or a list of one array a layer.
        hidden: units of every hidden layer.
        what: for the message.
        hint: appended to the message on a wrong length.

    Raises:
        StudyError: for another length, what is no number, and what is not finite.

    >>> [len(v) for v in per_layer([1, 2, 3], (2, 1), "scores")]
    [2, 1]
    """
    expected = f"{sum(hidden)} numbers ({' + '.join(map(str, hidden))} units)"
    is_list = isinstance(values, list) and any(np.ndim(_array(v, what)) for v in values)
    if is_list:
        parts = [_array(v, what) for v in values]  # type: ignore[attr-defined]
        shapes = [p.shape for p in parts]
        if shapes != [(n,) for n in hidden]:
            raise StudyError(f"{what}: arrays of the shapes {shapes}; needed are {expected}, one array a layer{hint}")
        flat = np.concatenate(parts)
    else:
        flat = _array(values, what)
        if flat.shape != (sum(hidden),):
            raise StudyError(f"{what} have the shape {flat.shape}; needed are {expected}, flat or a list{hint}")
    if not np.isfinite(flat).all():
        bad = int(np.flatnonzero(~np.isfinite(flat))[0])
        raise StudyError(f"{what}: number {bad} is {flat[bad]}; every unit needs a finite number, a large one to stay")
    return list(torch.from_numpy(flat.copy()).split(list(hidden)))


def _array(values: object, what: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        if isinstance(values, torch.Tensor):
            values = values.detach().cpu().numpy()
        if values is None or np.iscomplexobj(np.asarray(values)):
            raise TypeError("not real numbers")
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise StudyError(f"{what}: numbers are needed, got {type(values).__name__} ({said(error)})") from error


def untouched(data: Dataset, name: str) -> None:
    """Refuse to go on where a criterion has written into the data that all share.

    Raises:
        StudyError: saying so.
    """
    if digest(data.splits) != data.digest:
        raise StudyError(f"{name} has changed the data of {data.name} in place: work on a copy, inputs.clone()")


def found(text: str) -> Criterion | str:
    """Return the criterion that `module:name` or `path/to/file.py:name` names, or the name of a method of the study.

    Raises:
        StudyError: where there is none, saying what there is.

    >>> found("taylor2")
    'taylor2'
    """
    place, colon, name = text.rpartition(":")
    if not colon:
        if text in names():
            method(text)
            return text
        raise StudyError(
            f"{text!r}: a criterion is named as module:function, as in my_module:my_criterion; "
            f"the study's own are {', '.join(names())}"
        )
    module = _file(Path(place)) if place.endswith(".py") else imported(place)
    if not hasattr(module, name):
        own = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise StudyError(f"{place} has no {name!r}; it has {', '.join(own) or 'nothing that can be called'}")
    function = getattr(module, name)
    if not callable(function):
        raise StudyError(f"{text} is a {type(function).__name__}: a function (network, data) -> scores is needed")
    called: Criterion = function
    return called


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise StudyError(f"there is no file {str(path)!r}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise StudyError(f"{path} cannot be imported: {said(error)}") from error
    return module
