"""Classes that are found by the name of their module: criteria, removals, protocols, measures, one file each."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable
from typing import Any

from study.common.errors import StudyError, choice


def names(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a package's modules, sorted: its `base` and private ones apart; nothing is loaded.

    Args:
        folders: `__path__` of the package.
    """
    found = (module.name for module in pkgutil.iter_modules(folders))
    return tuple(sorted(name for name in found if name != "base" and not name.startswith("_")))


def class_of(module: str, kind: type) -> Any:
    """Return the one class of a kind that a module defines itself."""
    here = vars(importlib.import_module(module)).values()
    (found,) = (c for c in here if isinstance(c, type) and issubclass(c, kind) and c.__module__ == module)
    return found


def chosen(what: str, name: object, package: str, folders: Iterable[str]) -> Any:
    """Return the class that a package's module of that name defines: of the kind that its `base` calls as the package.

    Args:
        what: the kind, as in "removal", whose class is `base.Removal`.
        name: asked for.
        package: as in "study.removals".
        folders: its `__path__`.

    Raises:
        StudyError: when there is none of that name, listing those that there are; nothing is loaded then.
    """
    module = choice(what, name, names(folders))
    kind = getattr(importlib.import_module(f"{package}.base"), what.capitalize())
    return class_of(f"{package}.{module}", kind)


def check_parameters(what: str, given: Collection[str], known: Collection[str]) -> None:
    """Refuse unknown parameters.

    Args:
        what: has the parameters, in words.
        given, known: names.

    Raises:
        StudyError: naming them, and those that there are.

    >>> check_parameters("method 'random'", ["drow"], ["draw"])
    Traceback (most recent call last):
    study.common.errors.StudyError: method 'random' has no parameter drow; it takes: draw
    """
    if unknown := sorted(set(given) - set(known)):
        raise StudyError(f"{what} has no parameter {', '.join(unknown)}; it takes: {', '.join(known) or 'none'}")
