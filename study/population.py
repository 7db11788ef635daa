"""A population is what its file says: a named one with a changed part is refused, not quietly renamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from study.errors import StudyError, among
from study.places import CONF
from study.records import FREE
from study.schema import register

PARTS = ("dataset", "network", "training", "population")


def check_population(cfg: DictConfig) -> None:
    """Refuse a named population whose data set, network, training or band was changed by hand.

    Raises:
        StudyError: naming what was changed and what it was.
    """
    name = cfg.population.name
    if name == FREE:
        return
    from study.config import plain  # imports torch, for which nobody waits who composes alone

    for part, stated in _stated(name).items():
        found = plain(cfg[part])
        if found != stated:
            changed = [f"{part}.{k}={found.get(k)} (it is {v})" for k, v in stated.items() if found.get(k) != v]
            raise StudyError(
                f"population={name} fixes its {part}; changed: {'; '.join(changed)}. Leave population out for a free "
                f"combination, or give the new one a name and a file in conf/population/"
            )


@cache
def _stated(name: str) -> dict[str, Any]:
    if name not in (there := sorted(p.stem for p in (CONF / "population").glob("*.yaml"))):
        raise StudyError(f"unknown population {name!r}; {among(name, there)}")
    with composer():
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
