"""The folders and the tracking store that a configuration names; PyTorch is not imported for this."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from omegaconf import DictConfig

from study.common.errors import StudyError
from study.common.paths import CHECKOUT, expanded
from study.tracking import Store
from study.tracking.database import SQLITE


def located(cfg: DictConfig, base: Path) -> DictConfig:
    """Return a configuration whose places mean one folder each, whatever the working folder of a job is.

    Args:
        cfg: as composed.
        base: where the command was typed: what relative places are relative to.

    Raises:
        StudyError: for a place without a name, or in a home that is not known.

    >>> from study.config.population import composer
    >>> from hydra import compose
    >>> with composer():
    ...     cfg = compose("config", overrides=["paths.outputs=out", "tracking.uri=sqlite:///runs.db"])
    >>> cfg = located(cfg, Path("/work"))
    >>> cfg.paths.outputs, cfg.tracking.uri, cfg.tracking.artifacts
    ('/work/out', 'sqlite:////work/runs.db', '/work/out/mlflow/artifacts')
    """
    found = cfg.copy()

    def place(key: str, text: str | None) -> str:
        if not text:
            raise StudyError(f"{key} is empty: name a folder")
        return str(base / expanded(text))

    found.paths.outputs = place("paths.outputs", cfg.paths.outputs)
    data = os.environ.get("STUDY_DATA") if cfg.paths.data is None else cfg.paths.data
    if data is not None or CHECKOUT is None:
        found.paths.data = place("paths.data", "data" if data is None else data)
    uri, artifacts = found.tracking.uri, found.tracking.artifacts
    if uri is not None and not uri.strip():
        raise StudyError("tracking.uri is empty: tracking=none records nothing, tracking=local an SQLite file")
    if uri is not None and uri.startswith(SQLITE) and uri != SQLITE:
        found.tracking.uri = SQLITE + place("tracking.uri", uri.removeprefix(SQLITE))
    if artifacts is not None and "://" not in artifacts:
        found.tracking.artifacts = place("tracking.artifacts", artifacts)
    return found


def store_of(cfg: DictConfig) -> Store | None:
    """Return the tracking store that a configuration names; None for tracking=none."""
    if cfg.tracking.uri is None:
        return None
    return _open_store(cfg.tracking.uri, cfg.tracking.experiment, cfg.tracking.artifacts)


def store_of_profile(name: str, cfg: DictConfig) -> Store:
    """Return the store of a profile.

    Raises:
        StudyError: with `tracking=none`, as when `conf/config.yaml` was changed.
    """
    store = store_of(cfg)
    if store is None:
        raise StudyError(f"{name} is run with tracking=none, which records nothing: choose tracking=local")
    return store


@cache
def _open_store(uri: str, experiment: str, artifacts: str | None) -> Store:
    store = Store(uri, experiment, Path(artifacts) if artifacts else None)
    store.create()
    store.close_killed()
    return store
