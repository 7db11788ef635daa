"""Measures, one file each: tables beside the path. The file's name is the measure's name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields
from typing import TYPE_CHECKING

from study.errors import StudyError, choice

if TYPE_CHECKING:
    from study.measures.base import Measure
    from study.settings import Settings

__all__ = ["asked", "measure", "names"]


def names() -> tuple[str, ...]:
    """Return the names of all measures, sorted; nothing of theirs is loaded.

    >>> "hessian" in names()
    True
    """
    found = (m.name for m in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name != "base" and not name.startswith("_")))


def measure(name: str, **params: object) -> Measure:
    """Return a measure by name.

    Raises:
        StudyError: for an unknown name, parameter or value.

    >>> measure("surfaces", every=5).every
    5
    """
    choice("measure", name, names())
    from study.measures.base import Measure

    module = importlib.import_module(f"study.measures.{name}")
    (found,) = [
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Measure) and c.__module__ == module.__name__
    ]
    known = [f.name for f in fields(found)]
    if unknown := sorted(set(params) - set(known)):
        raise StudyError(
            f"measure {name!r} has no parameter {', '.join(unknown)}; it takes: {', '.join(known) or 'none'}"
        )
    made: Measure = found(**params)
    return made


def asked(of: Settings) -> list[Measure]:
    """Return the measures that settings ask for, in the order of their tables."""
    found = [measure("impacts", every=of.truth_every), measure("agreement", every=of.truth_every)]
    if of.surfaces_every:
        found.append(measure("surfaces", every=of.surfaces_every, gain=of.surface_gain, step=of.surface_step))
    found += [measure(name) for name in ("pairs", "hessian") if getattr(of, name)]
    if of.reinsertion:
        found.append(measure("reinserted"))
    if of.search != "none":
        found.append(measure("searched", search=of.search, width=of.search_width))
    return found + [measure(name, **params) for name, params in of.measures.items()]
