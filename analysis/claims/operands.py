"""The terms of a quantity: which cells each is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.claims.amendments import RegisterError
from study.records.condition import DIMENSIONS, Condition, joined

POPULATION = "population"


@dataclass(frozen=True)
class Operand:
    """A term of a quantity: the cells whose metric it is.

    Attributes:
        conditions: one a method, alike in all else. Several stand for the range over the methods: the largest value
            less the smallest.
        population: in place of the part's; "" for the part's.
    """

    conditions: tuple[Condition, ...]
    population: str = ""


def operand(said: object) -> Operand:
    """Return the term that a mapping of the register names, by the names of the dimensions.

    A value with parameters is a mapping itself. What is not said is as usual.

    Raises:
        RegisterError: for anything but such a mapping; names the key or value.

    >>> found = operand({"method": ["taylor1", "taylor2"], "selection": {"name": "subset", "samples": 50}})
    >>> [(one.method, one.ranking, one.selection) for one in found.conditions]
    [('taylor1', 'iterative', 'subset[samples=50]'), ('taylor2', 'iterative', 'subset[samples=50]')]
    """
    if not isinstance(said, Mapping) or "method" not in said:
        raise RegisterError(f"{said!r} names no cells: write a mapping with a method, as {{method: brute_force}}")
    known = (*DIMENSIONS, POPULATION)
    if unknown := [str(name) for name in said if name not in known]:
        raise RegisterError(f"a condition has no {', '.join(unknown)}; known: {', '.join(known)}")
    values = {name: value for name, value in said.items() if name not in ("method", POPULATION)}
    shared = {name: _value(name, value) for name, value in values.items()}
    methods = said["method"] if isinstance(said["method"], list) else [said["method"]]
    conditions = tuple(Condition(_value("method", method), **shared) for method in methods)
    return Operand(conditions, str(said.get(POPULATION, "")))


def _value(dimension: str, said: Any) -> str:
    """Return a value as a run's tag says it."""
    if isinstance(said, Mapping) and "name" in said:
        return joined(str(said["name"]), {name: value for name, value in said.items() if name != "name"})
    if not isinstance(said, str) or "[" in said:
        raise RegisterError(f"{dimension}: {said!r} is no name; parameters are written {{name: ..., samples: 50}}")
    return said
