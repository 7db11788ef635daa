"""A criterion against a frozen set: its rows beside those of the study's own methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from study.benchmark import builtin
from study.benchmark.criterion import Criterion, UserCriterion, untouched
from study.benchmark.frozen import NEWEST, FrozenNetwork, FrozenSet, frozen_set
from study.benchmark.scoring import COLUMNS, QUICK, rows
from study.benchmark.table import summed_up
from study.common.errors import StudyError
from study.data import Dataset
from study.methods import method
from study.methods.base import name_of

LIMIT = 5.0
"""Seconds that a re-ranked prune may take."""
Told = Callable[[str], None]


@dataclass(frozen=True)
class Scored:
    """What was measured.

    Attributes:
        name: of the criterion; None where only the study's own methods are shown.
        rows: of the criterion and of the study's methods, as `scoring.COLUMNS`.
        left_out: populations whose data cannot be had here, with the reason.
        unfinished: populations on which the re-ranked prune was not done within the limit.
        absent: methods of the study without kept rows.
        refusing: methods of the study that cannot score the filters of this set.
    """

    name: str | None
    rows: pd.DataFrame
    left_out: dict[str, str]
    unfinished: list[str]
    absent: list[str]
    refusing: list[str]


def score(
    criterion: Criterion | str,
    populations: Sequence[str] | None = None,
    *,
    quick: bool = False,
    version: str = NEWEST,
    limit: float = LIMIT,
    name: str | None = None,
) -> pd.DataFrame:
    """Return a criterion's row among those of the study's own methods, the smallest regret first.

    Args:
        criterion: `(network, data) -> scores`, the smallest goes first (see `criterion.Criterion`), or the name of a
            method of the study, which is then computed anew.
        populations: names; all where None.
        quick: the first network of each population, at 0 and 40 % removed, without the prunes: seconds.
        version: of the frozen set.
        limit: seconds that a re-ranked prune may take; then there is no number of units removable by it.
        name: of its row; the function's own where None.

    Returns:
        As `table.summed_up`. Populations whose data cannot be had are left out, for all rows alike.

    Raises:
        StudyError: for an unknown name, a criterion that fails, or an answer that does not fit.
    """
    return summed_up(measured(criterion, populations, quick=quick, version=version, limit=limit, name=name).rows)


def measured(
    criterion: Criterion | str | None,
    populations: Sequence[str] | None = None,
    *,
    quick: bool = False,
    version: str = NEWEST,
    limit: float = LIMIT,
    name: str | None = None,
    data_folder: Path | None = None,
    told: Told | None = None,
) -> Scored:
    """Return the rows that `score` sums up; arguments as there.

    Args:
        criterion: None for the study's own methods alone.
        populations: as in `score`.
        quick: as in `score`.
        version: as in `score`.
        limit: as in `score`.
        name: as in `score`.
        data_folder: where data files are; None leaves it to the loaders.
        told: called with what is done next.

    Raises:
        StudyError: as `score`.
    """
    there = frozen_set(version)
    wanted = chosen(there, populations)
    check(criterion, limit)
    own = kept_name(criterion, name)
    found, left_out, unfinished = list[dict[str, Any]](), dict[str, str](), list[str]()
    for population in wanted:
        try:
            data = there.data(population, data_folder)
        except StudyError as error:
            left_out[population] = str(error)
            continue
        if criterion is None or own is None:
            continue
        if told is not None:
            told(population)
        new = rows_of(criterion, own, data, there.networks(population), quick, limit)
        if new and not quick and pd.isna(new[0]["removable_again"]):
            unfinished.append(population)
        found += new
    table = own_methods(there, [p for p in wanted if p not in left_out], quick)
    if not len(table) and not found:
        reasons = "; ".join(f"{p}: {why}" for p, why in left_out.items()) or "no method has kept rows"
        raise StudyError(f"there is nothing to show: {reasons}")
    return Scored(own, above(found, table), left_out, unfinished, builtin.absent(there), builtin.refusing(there))


def check(criterion: Criterion | str | None, limit: float) -> None:
    """Raise StudyError for what is no criterion, and for a limit that nothing is done within."""
    if criterion is not None and not isinstance(criterion, str) and not callable(criterion):
        raise StudyError(f"a criterion is a function (network, data) -> scores, got {type(criterion).__name__}")
    if not limit > 0:
        raise StudyError(f"limit={limit}: seconds are needed, more than 0")


def rows_of(
    criterion: Criterion | str, own: str, data: Dataset, networks: Sequence[FrozenNetwork], quick: bool, limit: float
) -> list[dict[str, Any]]:
    """Return a criterion's rows on a population, network by network; the first alone is pruned.

    Raises:
        StudyError: for a criterion that fails, an answer that does not fit, or data that it has changed.
    """
    found: list[dict[str, Any]] = []
    for i, network in enumerate(networks[: 1 if quick else None]):
        scorer = method(criterion) if isinstance(criterion, str) else UserCriterion(criterion, data, own)
        at = scorer.version if isinstance(criterion, str) else 0
        new = rows(network, data, scorer, quick, i == 0, limit)
        found += [{"criterion": own, "version": at, **row} for row in new]
    untouched(data, own)
    return found


def above(found: Sequence[dict[str, Any]], table: pd.DataFrame) -> pd.DataFrame:
    """Return new rows, where there are any, and those of a table below them."""
    if not found:
        return table
    return pd.concat([pd.DataFrame(found, columns=list(COLUMNS)), table], ignore_index=True)


def own_methods(there: FrozenSet, populations: Sequence[str], quick: bool) -> pd.DataFrame:
    """Return the kept rows of the study's methods on some populations; quick: those that a quick look makes, too."""
    table = builtin.kept(there.folder)
    table = table[table["population"].isin(populations)]
    if not quick:
        return table
    firsts = table["seed"] == table.groupby("population")["seed"].transform("min")
    place = table.groupby(["criterion", "population", "seed"])["removed"].rank().astype(int) - 1
    return table[firsts & place.isin(QUICK)].assign(removable_again=float("nan"), removable_once=float("nan"))


def chosen(there: FrozenSet, populations: Sequence[str] | None) -> list[str]:
    """Return the populations that were asked for, in the order of the set.

    Raises:
        StudyError: for one that the set lacks.
    """
    if isinstance(populations, str):
        populations = [populations]
    wanted = list(there.populations if populations is None else populations)
    if unknown := [p for p in wanted if p not in there.populations]:
        raise StudyError(
            f"{there.version} has no population {', '.join(unknown)}; it has {', '.join(there.populations)}"
        )
    return [p for p in there.populations if p in wanted]


def kept_name(criterion: Criterion | str | None, name: str | None) -> str | None:
    """Return the name of a criterion's row; one that a method of the study has is marked.

    >>> kept_name("taylor2", None)
    'taylor2 (anew)'
    """
    if criterion is None:
        return None
    if isinstance(criterion, str):
        return name or f"{name_of(method(criterion))} (anew)"
    from study.methods import names

    own = name or getattr(criterion, "__name__", type(criterion).__name__)
    return f"{own} (yours)" if own in names() else own
