"""The digest of what the register says, however its files are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any


def digest(said: object) -> str:
    """Return the SHA-256 over data: dataclasses, mappings, sequences, texts and numbers.

    Comments, line breaks and the order of a mapping change nothing, nor does a field whose value is as usual: a field
    that is new changes no digest of what does without it.

    >>> digest({"a": 1, "b": [2, 3]}) == digest({"b": (2, 3), "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(_plain(said), sort_keys=True).encode()).hexdigest()


def _plain(said: Any) -> Any:
    """Return data as JSON holds it."""
    if is_dataclass(said):
        given = {f.name: getattr(said, f.name) for f in fields(said) if getattr(said, f.name) != _usual(f)}
        return {name: _plain(value) for name, value in given.items()}
    if isinstance(said, Mapping):
        return {str(name): _plain(value) for name, value in said.items()}
    return [_plain(value) for value in said] if isinstance(said, list | tuple) else said


def _usual(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
