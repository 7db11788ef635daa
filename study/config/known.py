"""Groups and their choices, settings and their types, and the message for an unknown key."""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing
from pathlib import Path
from typing import Any

from study.common.paths import CONF
from study.config.derived import populations
from study.config.schema import CellConfig
from study.protocols import names, protocol_class

NOT_CHOSEN = ("hydra", "profile", "variant")
"""Folders of `conf/` that are no groups of a cell."""
WORDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
"""Types of settings, for people."""


def groups(own: Path | None = None) -> dict[str, list[str]]:
    """Return the groups of a cell and the choices of each, all in alphabetical order.

    Args:
        own: a folder of one's own configurations, whose choices are there, too.

    >>> "one_vs_all_0_sigmoid_outputs" in groups()["population"]
    True
    """
    found = {}
    for folder in sorted(p for p in CONF.iterdir() if p.is_dir() and p.name not in NOT_CHOSEN):
        places = [folder, *([own / folder.name] if own is not None else [])]
        found[folder.name] = {str(p.relative_to(f).with_suffix("")) for f in places for p in f.rglob("*.yaml")}
    found["population"] |= set(populations())
    return {group: sorted(choices) for group, choices in found.items()}


def unknown_key(key: str, value: str = "VALUE") -> str:
    """Return the message for an unknown key, with the nearest settings first.

    >>> unknown_key("sead", "3").partition(";")[0]
    'unknown key sead'
    >>> unknown_key("epochs", "3").partition("?")[0]
    'unknown key epochs; did you mean protocol.epochs=3 or training.epochs=3'
    """
    every = [*groups(), *sorted(settings())]
    last = key.rpartition(".")[2]
    same = [name for name in every if name.rpartition(".")[2] == last]
    by_last = {name.rpartition(".")[2]: name for name in reversed(every)}
    near = same or difflib.get_close_matches(key, every, n=3, cutoff=0.75)
    near = near or [by_last[name] for name in difflib.get_close_matches(last, by_last, n=2, cutoff=0.75)]
    meant = f"did you mean {' or '.join(f'{name}={value}' for name in near[:3])}? " if near else ""
    above = key.rpartition(".")[0]
    level = [name for name in every if name.rpartition(".")[0] == above]
    return f"unknown key {key}; {meant}there are {', '.join(dict.fromkeys(level or groups()))}"


def settings() -> list[str]:
    """Return the keys of all settings of a cell, as in "training.epochs"."""

    def of(kind: Any, above: str) -> list[str]:
        found = []
        for name, inner in typing.get_type_hints(kind).items():
            part = next((k for k in (inner, *typing.get_args(inner)) if dataclasses.is_dataclass(k)), None)
            found += of(part, f"{above}{name}.") if part is not None else [f"{above}{name}"]
        return found

    protocols = [f"protocol.{name}" for name in of_protocols()]

    return [name for name in of(CellConfig, "") if not name.startswith("population.")] + protocols


def wanted(key: str) -> str | None:
    """Return the type of a setting in words; None for a key that the schema lacks.

    >>> wanted("seed"), wanted("network.hidden"), wanted("training.target_accuracy"), wanted("sead")
    ('a whole number', 'a list of whole numbers', 'a number or null', None)
    """
    kind = type_of(key)
    return None if kind is None else _words(kind)


def type_of(key: str) -> Any:
    """Return the type that the schema declares for a setting; None where it has no such key."""
    kind: Any = CellConfig
    for part in re.sub(r"\[\d+\]$", "", key).split("."):
        kind = next((k for k in typing.get_args(kind) if dataclasses.is_dataclass(k)), kind)
        if part in (known := of_protocols()) and key.startswith("protocol."):
            return known[part]
        if typing.get_origin(kind) is dict:
            return Any
        if not dataclasses.is_dataclass(kind):
            return None
        kind = typing.get_type_hints(kind).get(part)
    return kind


def of_protocols() -> dict[str, Any]:
    """Return the types of the parameters of all protocols of the study, by name.

    >>> of_protocols()["every"]
    <class 'float'>
    """
    return {name: kind for each in names() for name, kind in _hints(protocol_class(each)).items()}


def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _words(kind: Any) -> str:
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is dict:
        return "a mapping of names to values, as in {digit: 3},"
    if typing.get_origin(kind) is list:
        return f"a list of {WORDS[arguments[0]].removeprefix('a ')}s"
    if arguments:
        return " or ".join("null" if a is type(None) else _words(a) for a in arguments)
    if dataclasses.is_dataclass(kind):
        return f"a mapping of {', '.join(f.name for f in dataclasses.fields(kind))}"
    return WORDS.get(kind, "another value")
