"""Removals, one file each: what takes a removed unit's place. The file's name is the removal's name."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from study.errors import choice

if TYPE_CHECKING:  # names are asked for by the command line, which waits for no torch
    from study.removals.base import Removal

__all__ = ["names", "removal"]


def names() -> tuple[str, ...]:
    """Return the names of all removals, sorted; nothing of theirs is loaded.

    >>> names()
    ('compensate', 'mean', 'zero')
    """
    found = (m.name for m in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name != "base" and not name.startswith("_")))


def removal(name: str) -> Removal:
    """Return a removal by name.

    Raises:
        StudyError: when there is none of that name, listing those that there are.

    >>> removal("mean").independent, removal("compensate").independent
    (True, False)
    """
    choice("removal", name, names())
    import importlib

    from study.removals.base import Removal

    module = importlib.import_module(f"study.removals.{name}")
    (found,) = [c for c in vars(module).values() if _defined_in(c, module.__name__, Removal)]
    made: Removal = found()
    return made


def _defined_in(what: object, module: str, kind: type) -> bool:
    return isinstance(what, type) and issubclass(what, kind) and what.__module__ == module
