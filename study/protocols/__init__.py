"""Protocols, one file each: the order of score, remove, train and evaluate. The file's name is the protocol's name.

No file here needs torch: the command line reads the names and fields of all protocols.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields

from study.errors import StudyError, choice
from study.protocols.base import Protocol

__all__ = ["Protocol", "names", "protocol", "protocol_class"]


def names() -> tuple[str, ...]:
    """Return the names of all protocols, sorted.

    >>> names()
    ('no_retrain', 'retrain', 'rounds')
    """
    found = (m.name for m in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name != "base" and not name.startswith("_")))


def protocol_class(name: str) -> type[Protocol]:
    """Return the class of the protocol of that name: the one `Protocol` that the module of that name defines.

    Raises:
        StudyError: when there is none, listing those that there are.
    """
    choice("protocol", name, names())
    module = importlib.import_module(f"study.protocols.{name}")
    (found,) = [
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Protocol) and c.__module__ == module.__name__
    ]
    return found


def protocol(name: str, **params: object) -> Protocol:
    """Return a protocol by name.

    Raises:
        StudyError: for an unknown name, parameter or value.

    >>> protocol("retrain", epochs=20).label
    'retrain[epochs=20]'
    """
    cls = protocol_class(name)
    known = [f.name for f in fields(cls)]
    if unknown := sorted(set(params) - set(known)):
        raise StudyError(
            f"protocol {name!r} has no parameter {', '.join(unknown)}; it takes: {', '.join(known) or 'none'}"
        )
    return cls(**params)
