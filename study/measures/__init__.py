"""Measures, one file each: tables beside the path. The file's name is the measure's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from study.common import by_name
from study.common.errors import StudyError

if TYPE_CHECKING:
    from study.measures.base import Measure
    from study.pruning.settings import Settings

__all__ = ["asked", "measure", "names"]


def names() -> tuple[str, ...]:
    """Return the names of all measures, sorted; nothing of theirs is loaded.

    >>> "hessian" in names()
    True
    """
    return by_name.names(__path__)


def measure(name: str, **params: object) -> Measure:
    """Return a measure by name.

    Raises:
        StudyError: for an unknown name, parameter or value.

    >>> measure("surfaces", every=5).every
    5
    """
    found = by_name.chosen("measure", name, __name__, __path__)
    by_name.check_parameters(f"measure {name!r}", params, [f.name for f in fields(found)])
    made: Measure = found(**params)
    return made


def stated(of: Iterable[Measure]) -> dict[str, dict[str, object]]:
    """Return measures as plain values: their parameters by name.

    >>> stated([measure("impacts", every=5), measure("pairs")])
    {'impacts': {'every': 5}, 'pairs': {}}
    """
    return {each.name: asdict(each) for each in of}


def lacking(wanted: Iterable[Measure], there: Mapping[str, Mapping[str, object]]) -> list[Measure] | None:
    """Return what is still to be measured for a trajectory to have what is wanted; it covers what it replaces.

    Args:
        wanted: what is asked for.
        there: what has been measured, as `stated`.

    Returns:
        Measures; None where one cannot stand beside what is there, as another search.

    >>> here = {"impacts": {"every": 10}}
    >>> stated(lacking([measure("impacts", every=20), measure("pairs")], here))
    {'pairs': {}}
    >>> stated(lacking([measure("impacts", every=15)], here))
    {'impacts': {'every': 5}}
    """
    found: list[Measure] = []
    for each in wanted:
        if each.name not in there:
            found.append(each)
            continue
        known = measure(each.name, **there[each.name])
        if known.covers(each):
            continue
        if (both := known.joined(each)) is None:
            return None
        found.append(both)
    return found


def asked(of: Settings) -> list[Measure]:
    """Return the measures that settings ask for, in the order of their tables.

    Raises:
        StudyError: for an unknown name, parameter or value, or a measure that is not for the scope.
    """
    usual = ("bridge",) if of.scope == "weight" else ("impacts", "agreement")
    found = [measure(name, every=of.truth_every) for name in usual if name not in of.measures]
    if of.surfaces_every:
        found.append(measure("surfaces", every=of.surfaces_every, gain=of.surface_gain, step=of.surface_step))
    found += [measure(name) for name in ("pairs", "hessian") if getattr(of, name)]
    if of.reinsertion:
        found.append(measure("reinserted"))
    if of.search != "none":
        found.append(measure("searched", search=of.search, width=of.search_width))
    found += [measure(name, **params) for name, params in of.measures.items()]
    for each in found:
        if not (each.of_weights if of.scope == "weight" else each.of_units):
            raise StudyError(f"measure {each.name} is not for scope={of.scope}: it goes with {_scopes(each)}")
    return found


def _scopes(of: Measure) -> str:
    return "scope=weight" if of.of_weights else "units"
