"""Checks the overrides of `python -m study` before Hydra composes them, and suggests a correction for a mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import OmegaConf

from study.common import targets
from study.common.errors import StudyError, among
from study.common.paths import CONF
from study.config.known import groups, type_of, unknown_key

_TAKES = re.compile(r"^# @takes (\S+)$", re.MULTILINE)
"""In the file of a choice, the parameters that it takes and does not state: they are added, with a plus. Where
`dataset._target_` is somebody's own, nothing of the usual data set's is left over then."""
PLUS = ("measure",)
"""Groups of which nothing is chosen unless it is added, with a plus."""
OTHERS = {"method": "taylor2", "protocol": "retrain"}
"""Groups that no population chooses and whose usual choice has no parameters, with one that has some."""


def check_overrides(typed: Sequence[str], own: Path | None = None) -> None:
    """Refuse overrides that make no cell.

    Args:
        typed: as in "seed=3", "method=taylor1,taylor2" or "experiment=smoke".
        own: a folder of one's own configurations (`--config-dir`).

    Raises:
        StudyError: naming the first that is wrong, and what to write instead.

    >>> check_overrides(["seed=3", "method=taylor1,taylor2", "experiment=smoke"])
    """
    parsed = [_parsed(text) for text in typed]
    if sum(override.key_or_group == "profile" for override in parsed) > 1:
        raise StudyError("one profile goes at a time: give the command once for each +profile=NAME")
    for text, override in zip(typed, parsed, strict=True):
        _check(text, override, own)
        _check_parameter(text, override, parsed, own)


def _parsed(text: str) -> Override:
    try:
        found = OverridesParser.create().parse_override(text)
        if not found.key_or_group:
            raise ValueError("no key")
        return found
    except (HydraException, ValueError, TypeError) as error:
        raise StudyError(
            f"{text!r} cannot be read: write key=value, as in seed=3, network.hidden=[20,10] or, with -m, "
            "seed='range(0,5)'; a text with blanks or signs goes in quotes, as in 'paths.outputs=\"my folder\"'"
        ) from error


def _check(text: str, override: Override, own: Path | None) -> None:
    key = str(override.key_or_group)
    if key == "hydra" or key.startswith(("hydra.", "hydra/")):
        _check_of_hydra(text, key, override)
        return
    _check_form(text, key, override)
    if key == "profile":
        _check_profile(text, override)
        return
    known = groups(own)
    if key in known and key != "sweep":
        _check_choice(text, key, override, known[key])
    else:
        _check_no_choice(text, key, known)
        _check_key(text, key, override, known)


def _check_of_hydra(text: str, key: str, override: Override) -> None:
    """Refuse a launcher or sweeper without a name; all else is Hydra's to check."""
    if override.value() is None and key in ("hydra", "hydra/launcher", "hydra/sweeper"):
        raise StudyError(f"{text}: a name is needed, as in hydra/launcher=joblib")


def _check_form(text: str, key: str, override: Override) -> None:
    """Refuse forms that Hydra's grammar allows and that make no cell."""
    value = text.partition("=")[2]
    if isinstance(override.value(), RangeSweep) and not any(True for _ in override.sweep_iterator()):
        raise StudyError(
            f"{text}: {value} holds no value, so that there is no cell to run; range(0,3) holds 0, 1 and 2"
        )
    if override.is_delete():
        raise StudyError(f"{text}: nothing can be taken out of a cell's configuration; write {key}=VALUE to change it")
    if override.package is not None:
        raise StudyError(f"{text}: a group has one place here; write {key}={value}, without the @")


def _check_profile(text: str, override: Override) -> None:
    """Refuse several profiles, and one that is not added with a plus, by its name."""
    if override.is_sweep_override():
        raise StudyError(f"{text}: one profile goes at a time; give the command once for each of them")
    if override.is_add() and not override.is_force_add() and isinstance(override.value(), str):
        return
    name = text.partition("=")[2] or "NAME"
    raise StudyError(f"{text}: write -m +profile={name}, or make reproduce PROFILE={name}, for one profile's cells")


def _check_no_choice(text: str, key: str, known: Mapping[str, list[str]]) -> None:
    """Refuse what looks like a group and is none: a sweep, a variant, a part of a population."""
    if key == "sweep":
        value, named = text.partition("=")[2], known["experiment"]
        way = f"experiment={value}" if value in named else f"experiment=NAME ({among(value, named)})"
        raise StudyError(f"{text}: named sweeps are experiments; write {way}, or +profile=NAME")
    if key.startswith("population."):
        raise StudyError(
            f"{text}: a population is what its file says; give yours a name and a file in conf/population/, or leave "
            "population out for a free combination, which has no band"
        )
    if key == "variant":
        raise StudyError(
            f"{text}: a variant is a part of a population's name, as in population=mnist_1x100_relu; "
            "`python -m study --help` lists the populations"
        )


def _check_key(text: str, key: str, override: Override, known: Mapping[str, list[str]]) -> None:
    """Refuse a key that the configuration lacks, one that is added to it again, and what no address can be."""
    value = text.partition("=")[2]
    if key.endswith("._target_") and not override.is_sweep_override():
        targets.check_address(override.value(), key)
    kind = type_of(key)
    if kind is None and key.removesuffix(".name") in known:  # a choice as it was once written
        raise StudyError(f"{text}: write {key.removesuffix('.name')}={value}")
    if kind is None:
        raise StudyError(f"{text}: {unknown_key(key, value)}")
    if override.is_add() and not override.is_force_add() and kind is not Any:
        raise StudyError(f"{text}: {key} is there already; write {key}={value}, without the plus")


def _check_choice(text: str, group: str, override: Override, known: list[str]) -> None:
    example = f"{'+' if group in PLUS else ''}{group}={known[0]}"
    if (override.is_add() or override.is_force_add()) != (group in PLUS) or override.is_force_add():
        plus = "+" if group in PLUS else ""
        raise StudyError(f"{text}: write {plus}{group}={text.partition('=')[2]}")
    for name in _choices(override):
        if not isinstance(name, str) or not name:
            raise StudyError(f"{text}: a choice is named, as in {example}; `python -m study --help` lists them")
        if name.startswith("/") or ".." in name.split("/"):
            raise StudyError(f"{text}: a choice is a file in conf/{group}/, named without a path, as in {example}")


def _check_parameter(text: str, override: Override, every: Sequence[Override], own: Path | None) -> None:
    """Refuse a parameter that the choice lacks; what a population or an experiment chooses is left to composition."""
    key = str(override.key_or_group)
    group, _, name = key.partition("." if key.startswith("protocol.") else ".params.")
    if not name or name == "_target_":
        return
    if target := next((o.value() for o in every if o.key_or_group == f"{group}._target_"), None):
        if override.is_add():
            return
        raise StudyError(f"{text}: write +{text}, with a plus, for {target} has parameters of its own")
    typed = [o for o in every if str(o.key_or_group) == group]
    elsewhere = ("experiment", "profile", *(() if group in OTHERS else ("population",)))
    if not typed and any(str(o.key_or_group) in elsewhere for o in every):
        return
    for choice in _choices(typed[-1]) if typed else [_default(group)]:
        known, added = _parameters(group, choice, own), _added(group, choice)
        if known is None or name.partition(".")[0] in known:
            continue
        if name in added:
            if override.is_add() or override.is_force_add():
                continue
            raise StudyError(f"{text}: write +{text}, with a plus")
        known += added
        if override.is_add() and not _is_ours(group, choice):
            continue
        has = among(name, known) if known else "it has none"
        other = "" if typed or group not in OTHERS else OTHERS[group]
        way = f", and is the default: choose another, as in {group}={other}" if other else ""
        raise StudyError(f"{text}: {group}={choice} has no parameter {name}; {has}{way}")


def _choices(override: Override) -> list[Any]:
    """Return what is chosen of a group, several in a sweep; nothing that depends on what there is, as `*`."""
    if not override.is_sweep_override():
        return [override.value()]
    return [] if isinstance(override.value(), Glob) else list(override.sweep_string_iterator())


def _is_ours(group: str, choice: object) -> bool:
    """Tell whether a choice is a class or function of the study, whose file states all of its parameters."""
    file = CONF / group / f"{choice}.yaml"
    return file.is_file() and "/" not in str(choice)


def _parameters(group: str, choice: object, own: Path | None) -> list[str] | None:
    """Return the parameters in the file of a choice; None where it has no file."""
    for folder in (CONF, *([] if own is None else [own])):
        if (file := folder / group / f"{choice}.yaml").is_file():
            content: Any = OmegaConf.load(file)
            given = content if group == "protocol" else content.get("params") or {}
            return [str(key) for key in given if key not in ("_target_", "defaults")]
    return None


def _added(group: str, choice: object) -> list[str]:
    """Return the parameters that a choice of the study takes and its file does not state."""
    file = CONF / group / f"{choice}.yaml"
    found = _TAKES.search(file.read_text(encoding="utf-8")) if _is_ours(group, choice) else None
    return found[1].split(",") if found else []


def _default(group: str) -> str | None:
    """Return the choice of a group that `conf/config.yaml` makes."""
    listed = OmegaConf.load(CONF / "config.yaml").defaults
    return next((str(entry[group]) for entry in listed if not isinstance(entry, str) and group in entry), None)
