"""Reads profiles and experiments from `conf/`: the grids of cells of each.

A profile is `conf/profile/NAME.yaml`: what it is about, and a list of grids. A grid is the name of an experiment, or
has

* `name`: the grid's name, shown with its cells;
* `about`: the question that it asks, for readers of the file;
* `recorded_as`: the sweep that its runs are recorded under (default: the profile's name);
* `sweep`: the values of each setting, a list or a text in Hydra's grammar; the last varies fastest;
* any setting that all its cells share, as in `record: {truth_every: 5}`;

or takes all grids of another profile, `profile: NAME`, with other values, as in `sweep: {seed: range(100,130)}`.

An experiment is `conf/experiment/NAME.yaml`, as in Hydra's pattern of that name: the settings of one grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from study.common.errors import StudyError, among, said
from study.common.paths import CONF
from study.config.population import composer
from study.sweeps.grid import Grid, quoted

WORDS = ("name", "about", "recorded_as", "sweep")
"""Keys of a grid that are no settings."""


def profile(name: str) -> list[Grid]:
    """Return the grids of a profile.

    Raises:
        StudyError: when there is no profile of that name (the message lists all), or its file cannot be read.
    """
    path = _file("profile", name)
    try:
        content: Any = OmegaConf.to_container(OmegaConf.load(path))
    except (OmegaConfBaseException, YAMLError, OSError) as error:
        raise StudyError(f"{path} cannot be read: {said(error)}") from error
    return grids(name, content.get("grids") if isinstance(content, dict) else None, path)


def grids(name: str, listed: object, where: object) -> list[Grid]:
    """Return the grids that a profile lists.

    Args:
        name: of the profile.
        listed: its `grids`.
        where: the file, for messages.

    Raises:
        StudyError: when it is no list of grids.
    """
    if not isinstance(listed, list) or not listed:
        raise StudyError(f"{where} must list its grids under `grids:`; conf/profile/smoke.yaml shows some")
    found: list[Grid] = []
    for one in listed:
        if isinstance(one, str):
            found.append(_experiment_of(one, where))
        elif isinstance(one, Mapping) and "profile" in one:
            changed = {str(key): _text(value) for key, value in (one.get("sweep") or {}).items()}
            found += [grid.having(changed) for grid in profile(str(one["profile"]))]
        else:
            found.append(_grid(name, one, where))
    return found


def _experiment_of(name: str, where: object) -> Grid:
    try:
        return experiment(name)
    except StudyError as error:
        raise StudyError(f"{where}: {error}") from error


def _grid(profile_name: str, given: object, where: object) -> Grid:
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise StudyError(f"{where}: a grid is the name of an experiment or has a `name`, got {given!r}")
    sweep = given.get("sweep")
    if not isinstance(sweep, Mapping) or not sweep:
        raise StudyError(f"{where}: the grid {given['name']} must list the values of its cells under `sweep:`")
    recorded_as = str(given.get("recorded_as", profile_name))
    shared = [f"sweep.name={recorded_as}"]
    for key, value in given.items():
        if key not in WORDS:
            shared += _overrides(str(key), value)
    params = {str(key): _text(value) for key, value in sweep.items()}
    return Grid(given["name"], recorded_as, tuple(shared), params)


def _overrides(key: str, value: object) -> Iterator[str]:
    """Yield a setting, or a mapping of settings, as overrides."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _overrides(f"{key}.{name}", inner)
    else:
        yield f"{key}={_literal(value)}"


def _literal(value: object) -> str:
    """Return a value of YAML as Hydra's grammar has it.

    >>> [_literal(value) for value in (None, True, 5, "a b", [1, 2])]
    ['null', 'true', '5', '"a b"', '[1,2]']
    """
    if isinstance(value, list):
        return f"[{','.join(map(_literal, value))}]"
    if isinstance(value, str):
        return value if value.isidentifier() else quoted(value)
    return "null" if value is None else str(value).lower()  # true, false; numbers are the same in both


def _text(value: object) -> str:
    """Return the values of one setting in Hydra's grammar."""
    return ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else _literal(value)


def experiment(name: str) -> Grid:
    """Return the grid of `conf/experiment/<name>.yaml`.

    Raises:
        StudyError: when there is no experiment of that name, or it cannot be composed.
    """
    recorded_as, params = _composed(_file("experiment", name))
    return Grid(name, recorded_as, (f"experiment={name}",), dict(params))


@cache  # profiles have experiments in common, and composing one takes a tenth of a second
def _composed(path: Path) -> tuple[str, dict[str, str]]:
    try:
        with composer():
            cfg = compose("config", overrides=[f"experiment={path.stem}"], return_hydra_config=True)
        return str(cfg.sweep.name), {str(key): str(value) for key, value in cfg.hydra.sweeper.params.items()}
    except (HydraException, OmegaConfBaseException, YAMLError, AttributeError) as error:
        raise StudyError(f"{path} is no experiment that can be composed: {said(error)}") from error


def experiments() -> list[str]:
    """Return the names of all experiments."""
    return sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))


def _file(folder: str, name: str) -> Path:
    """Return the file of a profile or an experiment; only names of files in that folder are taken."""
    there = {p.stem: p for p in sorted((CONF / folder).glob("*.yaml"))}
    if name not in there:
        raise StudyError(f"unknown {folder} {name!r}; {among(name, there)}; they are files in {CONF / folder}")
    return there[name]
