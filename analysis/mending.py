"""The commands that make damaged cells again."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import yaml

from analysis.stored import DIGEST
from study.places import CONF, ROOT
from study.tracking.database import SQLITE, sqlite_file

EXPERIMENT = "incredible_shrinking_network"
UNKNOWN = "the command that asked for them, given again: they are cells of no named sweep"


def commands(lost: pd.DataFrame, store: str, experiment: str = EXPERIMENT) -> list[str]:
    """Return the commands that make the damaged cells and networks of a store again, none where none is damaged.

    A profile that holds all their sweeps is named before several, a sweep of no profile by itself, a cell of no sweep
    by what was typed for it.

    Args:
        lost: `Frames.damaged`.
        store: its address.
        experiment: its name.
    """
    named = {path.stem for path in (CONF / "sweep").glob("*.yaml")}
    in_sweeps = lost["sweep"].isin(named)
    left = list(dict.fromkeys(lost.loc[in_sweeps, "sweep"]))
    found = []
    if experiment == EXPERIMENT and (outputs := _outputs(store)) is not None:
        for profile in _profiles(set(left)):
            check = bool((lost.loc[lost["sweep"].isin(profile[1]), "seen"] == DIGEST).any())
            found.append(_reproduce(profile[0], outputs, check))
            left = [sweep for sweep in left if sweep not in profile[1]]
    found += [_typed(["-m", f"+sweep={sweep}"], store, experiment) for sweep in left]
    typed = dict.fromkeys(lost.loc[~in_sweeps, "command"])
    return found + [command or UNKNOWN for command in typed]


def _profiles(sweeps: set[str]) -> list[tuple[str, set[str]]]:
    """Return profiles and their sweeps which together hold all of `sweeps` that are in any; the smallest that do."""
    there = {path.stem: _sweeps_of(path) for path in sorted((CONF / "profile").glob("*.yaml"))}
    left, chosen = {sweep for sweep in sweeps if any(sweep in of for of in there.values())}, []
    while left:
        name = min(there, key=lambda name: (-len(left & there[name]), len(there[name]), name))
        chosen.append((name, there[name]))
        left -= there[name]
    return chosen


def _sweeps_of(path: Path) -> set[str]:
    try:
        return {str(name) for name in yaml.safe_load(path.read_text())["sweeps"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError):  # a profile that cannot be read can mend nothing
        return set()


def _outputs(store: str) -> Path | None:
    """Return the folder of outputs that a store is the usual store of; None for another."""
    file = sqlite_file(store)
    return file.parents[1] if file is not None and file.parts[-2:] == ("mlflow", "mlflow.db") else None


def _reproduce(profile: str, outputs: Path, check: bool) -> str:
    if outputs == ROOT / "outputs" and (ROOT / "Makefile").is_file():
        return f"make reproduce PROFILE={profile}{' CHECK=1' if check else ''}"
    command = ["python", "-m", "study.reproduce", profile, "--outputs", str(outputs)]
    return shlex.join([*command, *(["--check"] if check else [])])


def _typed(words: list[str], store: str, experiment: str) -> str:
    """Return a call of `python -m study` that records in the store."""
    if (outputs := _outputs(store)) is not None:
        place = [] if outputs == ROOT / "outputs" else [_set("paths.outputs", outputs)]
    elif (file := sqlite_file(store)) is not None:
        place = [_set("tracking.uri", f"{SQLITE}{file}"), _set("tracking.artifacts", file.parent / "artifacts")]
    else:
        place = ["tracking=server", _set("tracking.uri", store)]
    other = [] if experiment == EXPERIMENT else [_set("tracking.experiment", experiment)]
    return shlex.join(["python", "-m", "study", *words, *place, *other])


def _set(key: str, value: object) -> str:
    """Return an override as Hydra reads it."""
    text = str(value)
    return f"{key}={text}" if re.fullmatch(r"[\w./:-]+", text) else f'{key}="{text}"'
