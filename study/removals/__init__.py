"""Removals, one file each: what takes a removed unit's place. The file's name is the removal's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.common import by_name

if TYPE_CHECKING:  # names are asked for by the command line, which waits for no torch
    from study.removals.base import Removal

__all__ = ["names", "removal"]


def names() -> tuple[str, ...]:
    """Return the names of all removals, sorted; nothing of theirs is loaded.

    >>> names()
    ('compensate', 'mean', 'zero')
    """
    return by_name.names(__path__)


def removal(name: str) -> Removal:
    """Return a removal by name.

    Raises:
        StudyError: when there is none of that name, listing those that there are.

    >>> removal("mean").independent, removal("compensate").independent
    (True, False)
    """
    made: Removal = by_name.chosen("removal", name, __name__, __path__)()
    return made
