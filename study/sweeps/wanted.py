"""The grids of a sweep command. A mistake in the command is refused here, before PyTorch and MLflow are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf

from study.common.errors import StudyError, whole
from study.sweeps.grid import Grid, unmatched
from study.sweeps.profile import grids
from study.sweeps.report import forget

PROFILE = "profile"
SHOWN = 12
"""Values of a profile that a message lists, at most."""


class Asked(Protocol):
    """The sweeper plugin `grids`: Hydra's three attributes and its settings, see `hydra_plugins.hydra_study`."""

    hydra_context: HydraContext
    config: DictConfig
    launcher: Launcher
    params: DictConfig | None
    grids: Any
    max_batch_size: int | None
    check: bool
    offline: bool


def profile_of(config: DictConfig) -> str | None:
    """Return the name of the profile that a sweep runs; None for a sweep of another kind."""
    chosen = config.hydra.runtime.choices.get(PROFILE)
    return None if chosen is None else str(chosen)


def wanted(plugin: Asked, arguments: Sequence[str]) -> list[Grid]:
    """Return the grids of a sweep, narrowed by the typed settings; a refused sweep has no report.

    Args:
        plugin: the sweeper.
        arguments: the typed settings, without Hydra's own.

    Raises:
        StudyError: when a setting of the sweeper has another type, or no cell has the typed values.
    """
    try:
        return _wanted(plugin, arguments)
    except StudyError:
        forget()
        raise


def _wanted(plugin: Asked, arguments: Sequence[str]) -> list[Grid]:
    _check_settings(plugin)
    typed = [text for text in arguments if text.lstrip("+").partition("=")[0] != PROFILE]
    if (name := profile_of(plugin.config)) is None:
        sweep = str(plugin.config.sweep.name)
        params = {str(key): str(value) for key, value in (plugin.params or {}).items()}
        return [Grid(sweep, sweep, (), params).narrowed(typed)]
    held = OmegaConf.to_container(plugin.grids) if plugin.grids is not None else None
    every = grids(name, held, f"conf/{PROFILE}/{name}.yaml")
    for text in typed:
        _check_value(name, every, text)
    chosen = [text for text in typed if any(text.partition("=")[0] in grid.params for grid in every)]
    narrowed = [left for grid in every if (left := grid.within(typed)) is not None]
    if not narrowed:
        raise StudyError(f"no cell of the profile {name} has all of {' '.join(chosen)}: leave one of them out")
    return narrowed


def _check_value(name: str, every: Sequence[Grid], text: str) -> None:
    """Refuse a value that no cell of a profile has, of a setting that the profile's cells differ in."""
    key = text.partition("=")[0]
    held = [value for grid in every for value in grid.values(key)]
    if not held or not (absent := unmatched(text, held)):
        return
    shown = [value.partition("=")[2] for value in dict.fromkeys(held)]
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    raise StudyError(
        f"no cell of the profile {name} has {' or '.join(absent)}; its values of {key} are "
        f"{', '.join(shown[:SHOWN])}{more}: choose among them, or run other cells without +profile, by "
        "python -m study -m key=value,..."
    )


def _check_settings(plugin: Asked) -> None:
    """Refuse settings of the sweeper that are of another type: Hydra takes any."""
    if plugin.max_batch_size is not None:
        whole("hydra.sweeper.max_batch_size", plugin.max_batch_size, least=1)
    for name in ("check", "offline"):
        if not isinstance(value := getattr(plugin, name), bool):
            raise StudyError(f"hydra.sweeper.{name}={value}: write true or false")
