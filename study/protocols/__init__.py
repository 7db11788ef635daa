"""Protocols, one file each: the order of score, remove, train and evaluate. The file's name is the protocol's name.

No file here needs torch: the command line reads the names and fields of all protocols.
"""

from __future__ import annotations

from dataclasses import fields

from study.common import by_name
from study.protocols.base import Protocol

__all__ = ["Protocol", "names", "protocol", "protocol_class"]


def names() -> tuple[str, ...]:
    """Return the names of all protocols, sorted.

    >>> names()[-3:]
    ('retrain', 'rounds', 'transfer')
    """
    return by_name.names(__path__)


def protocol_class(name: str) -> type[Protocol]:
    """Return the class of the protocol of that name: the one `Protocol` that the module of that name defines.

    Raises:
        StudyError: when there is none, listing those that there are.
    """
    found: type[Protocol] = by_name.chosen("protocol", name, __name__, __path__)
    return found


def protocol(name: str, **params: object) -> Protocol:
    """Return a protocol by name.

    Raises:
        StudyError: for an unknown name, parameter or value.

    >>> protocol("retrain", epochs=20).label
    'retrain[epochs=20]'
    """
    cls = protocol_class(name)
    by_name.check_parameters(f"protocol {name!r}", params, [f.name for f in fields(cls)])
    return cls(**params)
