"""Verdicts of the frozen and of the amended plan side by side, and the amendments that changed them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from analysis.claims.register import Register
from analysis.claims.tested import Judged
from analysis.claims.verdicts import OVERALL, verdicts
from analysis.statistics import NOT_RUN

NOW = ["n", "p_corrected", "p_refute_corrected", "verdict"]
COLUMNS = ["claim", "tier", "arm", "statement", "frozen_n", "frozen_p", "frozen", *NOW, "by"]
"""`frozen...`: of the frozen plan; `by`: the amendments that changed the verdict, "" for the same verdict."""


def side_by_side(register: Register, frozen: Register, test: Callable[[Register], Judged]) -> pd.DataFrame:
    """Return the verdict of every claim and arm by the frozen and by the amended plan (columns: `COLUMNS`).

    Amendments of rules are applied one after another, then those of single claims: a verdict that changed several
    times names them all.

    Args:
        register: as amended.
        frozen: the same, without amendments.
        test: tests the parts of a register: on a store, or on recorded values.
    """
    rules = [amendment for amendment in register.amendments if amendment.rule]
    steps = [replace(frozen, amendments=tuple(rules[:k])) for k in range(len(rules) + 1)]
    found = [_overall(step, test(step)) for step in (*steps, register)]
    last, first = found[-1], found[0]
    changed: dict[object, list[str]] = {place: [] for place in last.index}
    own = {amendment.claim: amendment.id for amendment in register.amendments if amendment.claim}
    for before, after, amendment in zip(found, found[1:], [*rules, None], strict=False):
        for place in last.index[after["verdict"] != before["verdict"]]:
            # At the last step it is the claim's own; without one, another claim's that moved the family.
            changed[place].append(amendment.id if amendment else own.get(place[0], "family"))
    rows = last[["tier", "statement", *NOW]]
    names = {"n": "frozen_n", "p_corrected": "frozen_p", "verdict": "frozen"}
    rows = rows.join(first[list(names)].rename(columns=names)).reset_index()
    ran = (rows["verdict"] != NOT_RUN) | (rows["frozen"] != NOT_RUN)
    return rows.assign(by=[", ".join(ids) for ids in changed.values()])[COLUMNS][ran].reset_index(drop=True)


def once(test: Callable[[Register], Judged]) -> Callable[[Register], Judged]:
    """Return a test that keeps its result for registers of the same claims and templates."""
    made: dict[object, Judged] = {}

    def tested(register: Register) -> Judged:
        kind = (register.claims, "medians" in register.rules)
        if kind not in made:
            made[kind] = test(register)
        return made[kind]

    return tested


def _overall(register: Register, judged: Judged) -> pd.DataFrame:
    rows = verdicts(register, judged)
    return rows[rows["part"] == OVERALL].set_index(["claim", "arm"])
