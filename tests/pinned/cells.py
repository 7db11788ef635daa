"""The pinned cells: what was asked for, what was recorded, and what the code of today makes of it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from hydra import compose
from omegaconf import DictConfig

from study.cells.cell import Cell, prepare
from study.cells.provenance import environment
from study.config.plan import data_folder, plan
from study.config.population import composer

HERE = Path(__file__).parent
ASKED: dict[str, Any] = yaml.safe_load((HERE / "asked.yaml").read_text())
STORE = HERE / "store.tar.gz"
PINNED = HERE / "pinned.json"
LATER = ["scope", "removed", "round", "phase"]
"""Columns of the table of events that came with version 2 of the records."""


def of_profile(name: str) -> DictConfig:
    """Return the configuration of a cell of which the key alone is pinned."""
    return _composed(ASKED["keys"][name])


def recorded(name: str, outputs: Path) -> DictConfig:
    """Return the configuration of a cell that is recorded, with its folder of outputs."""
    return _composed(ASKED["common"], ASKED["cells"][name], f"paths.outputs={outputs}")


def _composed(*typed: str) -> DictConfig:
    with composer():
        return compose("config", overrides=" ".join(typed).split())


def cell(cfg: DictConfig) -> Cell:
    """Return the cell of a configuration, with its keys."""
    return prepare(plan(cfg), data_folder(cfg))


def pinned() -> dict[str, Any]:
    """Return what was written when the cells were pinned."""
    return json.loads(PINNED.read_text())


def of_version_1(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables without the columns that version 1 of the records had not: what the pinned digests are of."""
    return {name: frame.drop(columns=LATER, errors="ignore") for name, frame in tables.items()}


def machine() -> dict[str, str]:
    """Return what the last bits of a number depend on."""
    found = environment("cpu")
    return {name: found[name] for name in ("processor", "torch", "numpy", "blas", "oracle")}


def unpacked(folder: Path) -> None:
    """Lay the recorded store into a folder of outputs, as `mlflow/`, and its trained networks, as `networks/`."""
    with tarfile.open(STORE) as packed:
        packed.extractall(folder, filter="data")
