"""Rejects a named population whose data set, network or training was overridden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from study.common.errors import StudyError, among
from study.common.paths import CONF
from study.config.schema import register
from study.records import FREE

PARTS = ("dataset", "network", "training", "population")


def check_population(cfg: DictConfig) -> None:
    """Refuse a named population whose data set, network, training or band was overridden.

    What the population states is composed once a process, and not at all where nothing typed can have changed it.

    Raises:
        StudyError: naming what was changed and what it was.
    """
    name = cfg.population.name
    if name == FREE or _is_untouched(name):
        return
    for part, stated in _stated(name).items():
        found: Any = OmegaConf.to_container(cfg[part], resolve=True)
        if found != stated:
            changed = [f"{part}.{k}={found.get(k)} (it is {v})" for k, v in stated.items() if found.get(k) != v]
            raise StudyError(
                f"population={name} fixes its {part}; changed: {'; '.join(changed)}. Leave population out for a free "
                f"combination, or give the new one a name and a file in conf/population/"
            )


def _is_untouched(name: str) -> bool:
    """Tell whether this is a job of Hydra's that chose the population and nothing that could change its parts."""
    if not (HydraConfig.initialized() and GlobalHydra.instance().is_initialized()):
        return False
    job = HydraConfig.get()
    keys = [str(o.key_or_group) for o in OverridesParser.create().parse_overrides(list(job.overrides.task))]
    roots = {re.split(r"[./@]", key)[0] for key in keys if key != "population"}
    chosen = job.runtime.choices
    return chosen.get("population") == name and chosen.get("experiment") is None and not roots.intersection(PARTS)


@cache
def _stated(name: str) -> dict[str, Any]:
    with composer():
        there = GlobalHydra.instance().config_loader().get_group_options("population")
        if name not in there:
            raise StudyError(f"unknown population {name!r}; {among(name, there)}")
        cfg = compose("config", overrides=[f"population={name}"])
    return {part: OmegaConf.to_container(cfg[part], resolve=True) for part in PARTS}


@contextmanager
def composer() -> Iterator[None]:
    """Let `hydra.compose` work inside and outside of a running Hydra job."""
    if GlobalHydra.instance().is_initialized():
        yield
        return
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield
