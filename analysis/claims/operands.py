"""The terms of a quantity: which cells each is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from analysis.claims.amendments import RegisterError
from study.common.errors import StudyError
from study.protocols import protocol
from study.records.condition import DIMENSIONS, Condition, joined, parted

POPULATION, METRIC = "population", "metric"


@dataclass(frozen=True)
class Operand:
    """A term of a quantity: the cells whose metric it is.

    Attributes:
        conditions: one a method, alike in all else. Several stand for the range over the methods: the largest value
            less the smallest.
        population: in place of the part's; "" for the part's.
        metric: in place of the part's, of the same split; "" for the part's.
    """

    conditions: tuple[Condition, ...]
    population: str = ""
    metric: str = ""


def operand(said: object, usual: Mapping[str, Any] | None = None) -> Operand:
    """Return the term that a mapping of the register names, by the names of the dimensions.

    A value with parameters is a mapping itself. What is not said is as usual.

    Args:
        said: the mapping.
        usual: of a register whose terms are usually something else than the paper's, by dimension.

    Raises:
        RegisterError: for anything but such a mapping, and for a protocol that no cell's tag says so; names the key or
            value.

    >>> found = operand({"method": ["taylor1", "taylor2"], "selection": {"name": "subset", "samples": 50}})
    >>> [(one.method, one.ranking, one.selection) for one in found.conditions]
    [('taylor1', 'iterative', 'subset[samples=50]'), ('taylor2', 'iterative', 'subset[samples=50]')]
    """
    if not isinstance(said, Mapping) or "method" not in said:
        raise RegisterError(f"{said!r} names no cells: write a mapping with a method, as {{method: brute_force}}")
    said = {**(usual or {}), **said}
    known = (*DIMENSIONS, POPULATION, METRIC)
    if unknown := [str(name) for name in said if name not in known]:
        raise RegisterError(f"a condition has no {', '.join(unknown)}; known: {', '.join(known)}")
    values = {name: value for name, value in said.items() if name not in ("method", POPULATION, METRIC)}
    shared = {name: _value(name, value) for name, value in values.items()}
    methods = said["method"] if isinstance(said["method"], list) else [said["method"]]
    conditions = tuple(Condition(_value("method", method), **shared) for method in methods)
    return Operand(conditions, str(said.get(POPULATION, "")), str(said.get(METRIC, "")))


def _value(dimension: str, said: Any) -> str:
    """Return a value as a run's tag says it."""
    if isinstance(said, Mapping) and "name" in said:
        params = {str(name): value for name, value in said.items() if name != "name"}
        return _protocol(str(said["name"]), params) if dimension == "protocol" else joined(str(said["name"]), params)
    if not isinstance(said, str) or "[" in said:
        raise RegisterError(f"{dimension}: {said!r} is no name; parameters are written {{name: ..., samples: 50}}")
    return said


def _protocol(name: str, params: Mapping[str, Any]) -> str:
    """Return a protocol as its label says it, from which a cell's tag is.

    Raises:
        RegisterError: for a protocol, parameter or value that there is not, and for a parameter that has its default
            value: no tag says it, so that no cell would be found.
    """
    # The value of a word of `each` comes as text.
    given = {key: yaml.safe_load(value) if isinstance(value, str) else value for key, value in params.items()}
    try:
        label = protocol(name, **given).label
    except StudyError as error:
        raise RegisterError(f"protocol: {error}") from error
    if usual := [f"{key}: {value}" for key, value in params.items() if key not in parted(label)[1]]:
        raise RegisterError(
            f"protocol {name}: {', '.join(usual)} is the default, which the tags of cells leave out; leave it out, too "
            f"(the tag is {label})"
        )
    return label
