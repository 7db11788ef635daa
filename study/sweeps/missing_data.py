"""Downloads the data that a profile lacks, and excludes the populations whose data cannot be downloaded."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache
from pathlib import Path

from hydra import compose
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape

from study.authors.networks import missing as network_missing
from study.config.plan import data_folder, dataset_name, plain
from study.config.population import composer
from study.data import DataUnavailableError, collection, missing
from study.data._fetch import fetch
from study.data._sources import Collection as Files
from study.data._sources import DownloadFailedError
from study.sweeps.grid import Grid
from study.sweeps.plan import tracked
from study.tracking.stores import located

AUTHORS = "files of the authors' repository are not at hand; `make authors` says which, and how to get them"
"""Why a population of theirs is left out."""
SWITCH = "STUDY_OFFLINE"
"""Environment variable: `1` keeps downloads off."""


def unavailable(grids: list[Grid]) -> dict[str, str]:
    """Return the populations whose data are missing here, each with the cause and the way to get them.

    Reports on other machines repeat the cause, so it names no path of this one.
    """
    reasons = {}
    for name, cfg in populations(grids).items():
        if missing(dataset_name(cfg), folder=data_folder(cfg), **plain(cfg.dataset.params)) is not None:
            files = collection(dataset_name(cfg))
            reasons[name] = AUTHORS if files is None else _absent(files)
        elif cfg.network.stored is not None and network_missing(cfg.network.stored, data_folder(cfg)) is not None:
            reasons[name] = AUTHORS
    return reasons


def _absent(files: Files) -> str:
    """Return that a collection is not at hand, and how to get it."""
    way = "`make data` downloads it" if files.mirrors else "it cannot be downloaded"
    return f"{files.title} is not at hand; {way}"


def downloadable(grids: list[Grid], absent: Collection[str]) -> list[Files]:
    """Return the collections of files that absent populations lack and that `make data` downloads."""
    of = {name: collection(dataset_name(cfg)) for name, cfg in populations(grids).items() if name in absent}
    return list(dict.fromkeys(files for files in of.values() if files is not None and files.mirrors))


def populations(grids: list[Grid]) -> dict[str, DictConfig]:
    """Return the configuration of every population of some grids."""
    names = dict.fromkeys(p for grid in grids for p in grid.populations)
    return {name: located(_population(name), Path.cwd()) for name in names}


@cache  # composing takes long; where its places are is asked every time, since environment and folder may change
def _population(name: str) -> DictConfig:
    with composer():
        return compose("config", overrides=[f"population={name}"])


def runnable(grids: list[Grid], absent: Collection[str]) -> list[Grid]:
    """Return the grids without the absent populations, and without grids that have no other."""
    return [left for grid in grids if (left := grid.without(absent)) is not None]


def fetched(grids: list[Grid], console: Console, offline: bool = False) -> dict[str, str]:
    """Download the data that grids lack, where possible, and return the excluded populations with the cause.

    Args:
        grids: of a profile.
        console: prints each download.
        offline: fetch nothing, as with `STUDY_OFFLINE=1`.
    """
    absent = unavailable(grids)
    if offline or os.environ.get(SWITCH, "0") not in ("", "0"):
        return absent
    folder = data_folder(tracked(grids[0])[0])
    for files in downloadable(grids, absent):
        console.print(
            f"{files.title} is not at hand: it is downloaded and verified (hydra.sweeper.offline=true goes on without)."
        )
        try:
            fetch(files, folder, console)
        except DownloadFailedError as error:
            console.print(f"[yellow]{files.title} cannot be had: {escape(error.why)}[/yellow]", highlight=False)
        except DataUnavailableError as error:
            console.print(f"[yellow]{escape(str(error))}[/yellow]", highlight=False)
        else:
            console.print(f"{files.title} is there.")
    return unavailable(grids) if absent else absent
