"""Judges the register on the metrics of a store: every claim, arm and part, corrected over its family."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.claims.amended import COLUMNS, once, side_by_side
from analysis.claims.headline import Sentence, headline
from analysis.claims.quantities import Source
from analysis.claims.register import RELATED, Register, load
from analysis.claims.sanity import sanity
from analysis.claims.tested import VALUES, tested, values
from analysis.claims.verdicts import verdicts
from analysis.doubles import SAME, versions
from analysis.frames import Frames
from analysis.metrics import SETTINGS, curves, per_network


@dataclass(frozen=True)
class Evaluation:
    """The verdicts of the register on a store, and what they rest on.

    Attributes:
        verdicts: one row a claim, arm and part, an `overall` row first (columns: `verdicts.COLUMNS`).
        amended: the verdicts of the frozen plan beside them (columns: `amended.COLUMNS`); empty for another register
            than the project's own.
        values: the tested values, one row a network of every part, those of the frozen plan included (columns:
            `tested.VALUES`).
        digest: of the register (`Register.digest`).
        headline: the findings in plain sentences with numbers.
        sanity: population, metric, worst_first, random, brute_force (means over networks, re-ranking), n, ok.
        excluded: population, seed, value: networks that missed their acceptance band.
        with_excluded: the verdicts with these networks; empty if there are none.
        confirmatory: whether only seeds from 100 on entered, and at least one did.
        register: the one that was judged.
    """

    verdicts: pd.DataFrame
    amended: pd.DataFrame
    values: pd.DataFrame
    digest: str
    headline: list[Sentence]
    sanity: pd.DataFrame
    excluded: pd.DataFrame
    with_excluded: pd.DataFrame
    confirmatory: bool
    register: Register = field(repr=False)


def evaluate(frames: Frames, table: pd.DataFrame, register: Register | None = None) -> Evaluation:
    """Evaluate the register on a store.

    If a store has networks with confirmatory seeds (from 100 on), only those enter. In a store of development seeds
    alone these are used, and `confirmatory` is false. For networks and numbers that changed see `newest_cells`.

    Args:
        frames: the store, one cell a trajectory (`doubles.merged`).
        table: `metrics.table(frames)`.
        register: another register than the project's own.
    """
    own, register = register is None, register or load()
    entering = entering_cells(frames, table, register)
    missed = entering["band"] == "missed"
    absent = dict(zip(frames.not_run["population"], frames.not_run["reason"], strict=True))
    trajectories = curves(frames)
    absent |= _development_only(table, entering)
    source = _source(entering[~missed], trajectories, absent | _all_missed(entering))
    test = once(lambda register: tested(register, source))
    judged = verdicts(register, test(register))
    frozen = load(amended=False) if own else register
    again = judged.iloc[:0]
    if missed.any():
        again = verdicts(register, tested(register, _source(entering, trajectories, absent)))
    seeds = entering.loc[~missed & ~entering["population"].isin(_single(register)), "seed"]
    return Evaluation(
        verdicts=judged,
        amended=side_by_side(register, frozen, test) if own else pd.DataFrame(columns=COLUMNS),
        values=pd.concat([values(plan, test(plan)) for plan in (register, frozen)]).drop_duplicates(
            VALUES[:-1], ignore_index=True
        ),
        digest=register.digest,
        headline=headline(judged, source.networks),
        sanity=sanity(source.networks),
        excluded=_excluded(frames, entering[missed]),
        with_excluded=again,
        confirmatory=bool(len(seeds)) and bool((seeds >= register.plan["confirmatory_from"]).all()),
        register=register,
    )


def evaluate_related(frames: Frames, table: pd.DataFrame) -> Evaluation | None:
    """Evaluate the register of related systems on the cells of its populations; None where a store has none of them.

    Args:
        frames, table: as in `evaluate`.
    """
    register = load(RELATED)
    mine = table[table["population"].isin(register.populations)]
    return None if mine.empty else evaluate(frames.of(mine["key"].tolist()), mine, register)


def _source(cells: pd.DataFrame, trajectories: pd.DataFrame, absent: dict[str, str]) -> Source:
    return Source(cells=cells, networks=per_network(cells), curves=trajectories, absent=absent)


def entering_cells(frames: Frames, table: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Return the cells that verdicts may rest on: the newest, one network a seed, confirmatory seeds.

    Networks that are single ones (the authors') enter whatever seed their cells carry.
    """
    cells = newest_cells(frames, table)
    single = cells["population"].isin(_single(register))
    confirmatory = (cells["seed"] >= register.plan["confirmatory_from"]) & ~single
    return cells[confirmatory | single] if confirmatory.any() else cells


def _single(register: Register) -> set[str]:
    """Return the populations of one network each."""
    return {p for arm in register.arms.values() if arm.single for p in arm.populations.values()}


def newest_cells(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return the newest cell of every trajectory, of every population's seeds those of one network.

    The newest is the last in the order of `frames.cells`, in which the store got them: clocks of machines differ. Of
    cells whose numbers were computed by several versions only those of the highest count.
    """
    raised = [sum(versions(tag).values()) for tag in frames.cells["numerics_version"]]  # no version is ever lowered
    facts = frames.cells[["key"]].assign(place=range(len(frames.cells)), raised=raised)
    cells = table.merge(facts, on="key").sort_values("place", kind="stable")
    # A recipe that changed leaves two networks of one seed: the one that was pruned last counts, in every method.
    newest = cells.groupby(["population", "seed"])["network_key"].transform("last")
    cells = cells[cells["network_key"] == newest].sort_values("raised", kind="stable")
    return cells.drop_duplicates(SAME, keep="last")[list(table)].sort_values(SETTINGS)


def _development_only(table: pd.DataFrame, entering: pd.DataFrame) -> dict[str, str]:
    """Reasons for the populations that have cells, but none that verdicts may rest on."""
    left_out = set(table["population"]) - set(entering["population"])
    return dict.fromkeys(left_out, "development seeds only")


def _all_missed(entering: pd.DataFrame) -> dict[str, str]:
    """Reasons for the populations of which no network met its band."""
    reasons = {}
    for population, part in entering.groupby("population"):
        if (part["band"] == "missed").all():
            reasons[str(population)] = f"none of the {part['network_key'].nunique()} networks met its acceptance band"
    return reasons


def _excluded(frames: Frames, missed: pd.DataFrame) -> pd.DataFrame:
    networks = missed[["key", "population", "network_key", "seed"]].drop_duplicates("network_key")
    text = frames.cells.set_index("key")["band_text"]
    return networks.assign(value=networks["key"].map(text))[["population", "seed", "value"]].reset_index(drop=True)
