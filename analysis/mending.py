"""The commands that make damaged cells again."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import pandas as pd

from analysis.stored import DIGEST
from study.common.errors import StudyError
from study.common.paths import CONF, ROOT
from study.sweeps.profile import experiments, profile
from study.tracking.database import SQLITE, sqlite_file

EXPERIMENT = "incredible_shrinking_network"
UNKNOWN = "the command that asked for them, given again: they are cells of no named sweep"


def commands(lost: pd.DataFrame, store: str, experiment: str = EXPERIMENT) -> list[str]:
    """Return the commands that make the damaged cells and networks of a store again, none where none is damaged.

    A profile that holds all their sweeps is named before several, an experiment of no profile by itself, a cell of no
    sweep by what was typed for it.

    Args:
        lost: `Frames.damaged`.
        store: its address.
        experiment: its name.
    """
    profiles = _profiles()
    named = set.union(set(experiments()), *profiles.values())
    in_sweeps = lost["sweep"].isin(named)
    left = set(lost.loc[in_sweeps, "sweep"])
    found = []
    ours = experiment == EXPERIMENT and _outputs(store) is not None
    for name, sweeps in _smallest(left, profiles):
        check = bool((lost.loc[lost["sweep"].isin(sweeps), "seen"] == DIGEST).any())
        found.append(_reproduce(name, store, check) if ours else _typed(["-m", f"+profile={name}"], store, experiment))
        left -= sweeps
    found += [_typed(["-m", f"experiment={sweep}"], store, experiment) for sweep in sorted(left)]
    typed = dict.fromkeys(lost.loc[~in_sweeps, "command"])
    return found + [command or UNKNOWN for command in typed]


def _profiles() -> dict[str, set[str]]:
    """Return the profiles, each with the sweeps that its cells are recorded under."""
    found = {}
    for path in sorted((CONF / "profile").glob("*.yaml")):
        with contextlib.suppress(StudyError):  # a profile that cannot be read can mend nothing
            found[path.stem] = {grid.recorded_as for grid in profile(path.stem)}
    return found


def _smallest(sweeps: set[str], there: dict[str, set[str]]) -> list[tuple[str, set[str]]]:
    """Return profiles and their sweeps which together hold all of `sweeps` that are in any; the smallest that do."""
    left, chosen = {sweep for sweep in sweeps if any(sweep in of for of in there.values())}, []
    while left:
        name = min(there, key=lambda name: (-len(left & there[name]), len(there[name]), name))
        chosen.append((name, there[name]))
        left -= there[name]
    return chosen


def _outputs(store: str) -> Path | None:
    """Return the folder of outputs that a store is the usual store of; None for another."""
    file = sqlite_file(store)
    return file.parents[1] if file is not None and file.parts[-2:] == ("mlflow", "mlflow.db") else None


def _reproduce(profile: str, store: str, check: bool) -> str:
    outputs = _outputs(store)
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
