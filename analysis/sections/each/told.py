"""The account of a claim: its arms, their parts, and every network's value of each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.claims import Evaluation
from analysis.claims.headline import weakest
from analysis.claims.register import Claim
from analysis.metrics.names import HELD_OUT_SUFFIX
from analysis.sections.each.strip import span, strip
from analysis.statistics import NOT_RUN

BY = ["claim", "arm", "part", "population"]
"""The columns that identify a tested part."""
Values = dict[tuple[Hashable, ...], pd.DataFrame]


@dataclass(frozen=True)
class ShownPart:
    """A part as it is shown: its row of the verdicts, its networks' values, and the ends of the axis that it shares."""

    row: pd.Series
    values: list[float]
    ends: tuple[float, float]

    @property
    def strip(self) -> str:
        """Its strip."""
        return strip(self.row, self.values, self.ends)


@dataclass(frozen=True, eq=False)
class Condition:
    """A claim under one arm.

    Attributes:
        name, meaning: of the arm.
        row: the overall row of the verdicts.
        told: the row that speaks in the table of claims: the weakest deciding part, or the overall row.
        deciding, others: the parts that were run.
        absent: in words, the parts that were not.
    """

    name: str
    meaning: str
    row: pd.Series
    told: pd.Series
    deciding: list[ShownPart]
    others: list[ShownPart]
    absent: list[str]


@dataclass(frozen=True)
class Told:
    """A claim with its arms, those that were run first; `populations`: whose cells it rests on."""

    claim: Claim
    arms: list[Condition]
    populations: list[str]

    @property
    def ran(self) -> list[Condition]:
        """The arms with values."""
        return [arm for arm in self.arms if arm.row["verdict"] != NOT_RUN or arm.deciding or arm.others]


def told(judged: Evaluation) -> list[Told]:
    """Return the account of every claim, in the order of tiers and ids."""
    values: Values = dict(iter(judged.values.groupby(BY)))
    order = {name: place for place, name in enumerate(judged.register.arms)}
    rows = judged.verdicts.assign(place=judged.verdicts["arm"].map(order)).sort_values("place", kind="stable")
    of_claim = dict(iter(rows.groupby("claim")))
    found = [_told(claim, of_claim[claim.id], judged, values) for claim in judged.register.claims]
    return sorted(found, key=lambda of: (of.claim.tier, of.claim.id))


def _told(claim: Claim, rows: pd.DataFrame, judged: Evaluation, values: Values) -> Told:
    arms = list(_arms(rows, judged, values))
    arms.sort(key=lambda arm: arm.row["verdict"] == NOT_RUN)
    parts = rows[(rows["role"] != "overall") & (rows["n"] > 0)]
    return Told(claim, arms, sorted(set(parts["population"]) - {""}))


def _arms(rows: pd.DataFrame, judged: Evaluation, values: Values) -> Iterator[Condition]:
    for name, of in rows.groupby("arm", sort=False):
        overall = of[of["role"] == "overall"].iloc[0]
        parts = of[of["role"] != "overall"]
        ran = parts[parts["n"] > 0]
        deciding = ran[ran["role"] == "decides"]
        told = weakest(deciding, overall["verdict"])
        shown = _shown(ran, values)
        absent = parts[parts["n"] == 0]
        yield Condition(
            name=str(name),
            meaning=judged.register.arms[str(name)].meaning,
            row=overall,
            told=overall if told is None else told,
            deciding=[shown[i] for i in deciding.index],
            others=[shown[i] for i in ran.index[ran["role"] != "decides"]],
            absent=[f"{row['part']}: {row['reason']}" for _, row in absent.iterrows()],
        )


def _shown(ran: pd.DataFrame, values: Values) -> dict[object, ShownPart]:
    """Return every part by its place in the verdicts; parts of one metric and test share an axis."""
    found: dict[object, ShownPart] = {}
    for _, of in ran.groupby([ran["metric"].str.removesuffix(HELD_OUT_SUFFIX), "template"]):
        mine = {i: values[tuple(row[BY])]["value"].tolist() for i, row in of.iterrows()}
        ends = span(of, [value for those in mine.values() for value in those])
        found |= {i: ShownPart(row, mine[i], ends) for i, row in of.iterrows()}
    return found
