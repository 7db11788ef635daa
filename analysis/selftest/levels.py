"""The two levels held together: whole stores through metrics, claims and verdicts, and templates on the same values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims import Claim, Part, Register, evaluate, load
from analysis.claims.register import Arm, operand
from analysis.claims.tested import Family
from analysis.metrics import table
from analysis.selftest.designs import LEVELS, MIDDLE, Design, designs, plan
from analysis.selftest.trajectories import Trajectory, frames
from analysis.statistics import ALPHA, REFUTED, SUPPORTED, decide, holm
from analysis.statistics import evaluate as evaluate_template

OF, OTHER = "taylor1", "taylor2"
WIN = 0.1
"""Difference in AUC_E by which a method wins or loses every step."""

COLUMNS = ["template", "effect", "n", "repetitions", "supported", "refuted", "differing", "largest_gap"]
"""`supported`, `refuted`: rates over whole stores, corrected by Holm over the templates of a repetition; `differing`:
verdicts that differ from those on the drawn values; `largest_gap`: largest difference of an estimate or p-value."""

Drawn = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""Values by repetition ("none 3") and template."""


def agreement(repetitions: int = 10, n: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Return what whole stores say and how far that is from the templates on the values drawn (`COLUMNS`).

    Every repetition is an arm of one register, so that each has a family of its own: one claim a template.

    Args:
        repetitions: families for every effect.
        n: networks; by default the smallest size of the self-test.
        seed: of the draws.
    """
    n = n or min(plan()["sizes"])
    drawn = {
        f"{effect} {r}": {
            d.template: d.draw(effect, n, 1, np.random.default_rng([seed, i, k, r]))[0] for i, d in enumerate(designs())
        }
        for k, effect in enumerate(plan()["effects"])
        for r in range(repetitions)
    }
    both = _on_values(drawn).merge(_on_stores(drawn), on=["arm", "template"], suffixes=("", "_store"), how="left")
    both["effect"] = both["arm"].str.rpartition(" ")[0]
    both["differing"] = both["verdict"] != both["verdict_store"]
    gaps = [(both[name] - both[f"{name}_store"]).abs() for name in ("estimate", "p_corrected")]
    # A value that is missing in the store is a gap, too.
    both["largest_gap"] = pd.concat(gaps, axis=1).fillna(np.inf).max(axis=1)
    summary = both.groupby(["template", "effect"], sort=False).agg(
        repetitions=("arm", "size"),
        supported=("verdict_store", lambda v: (v == SUPPORTED).mean()),
        refuted=("verdict_store", lambda v: (v == REFUTED).mean()),
        differing=("differing", "sum"),
        largest_gap=("largest_gap", "max"),
    )
    return summary.reset_index().assign(n=n)[COLUMNS]


def _on_values(drawn: Drawn) -> pd.DataFrame:
    """Verdicts by the templates on the values themselves: columns arm, template, estimate, p_corrected, verdict."""
    rows = []
    for arm, values in drawn.items():
        results = {d.template: evaluate_template(d.template, values[d.template], d.margin) for d in designs()}
        raw = {name: result.p_values for name, result in results.items()}
        family = Family({}, raw, holm, ALPHA)
        for name, result in results.items():
            corrected = family.corrected(name, raw[name])
            rows.append((arm, name, result.estimate, corrected.p, decide(result, corrected)))
    return pd.DataFrame(rows, columns=["arm", "template", "estimate", "p_corrected", "verdict"])


def _on_stores(drawn: Drawn) -> pd.DataFrame:
    """The same by metrics and claims, on a store whose metrics are the values."""
    register = _register(list(drawn))
    first = register.plan["confirmatory_from"]
    cells = [c for arm, values in drawn.items() for d in designs() for c in _cells(d, arm, values[d.template], first)]
    store = frames(cells)
    rows = evaluate(store, table(store), register).verdicts
    return rows.loc[rows["role"] == "decides", ["arm", "template", "estimate", "p_corrected", "verdict"]]


def _cells(design: Design, arm: str, values: NDArray[np.float64], first: int) -> Iterator[Trajectory]:
    """Cells in which the design's metric takes these values, one network a value, of the seeds from `first` on."""
    name = design.template
    for seed, value in enumerate(values, start=first):
        match design.kind:
            case "difference":
                yield Trajectory(f"{name} {arm}", OF, seed, area=MIDDLE + value / 2)
                yield Trajectory(f"{name} {arm}", OTHER, seed, area=MIDDLE - value / 2)
            case "chance":  # of two methods the one with the lower error wins a step
                yield Trajectory(f"{name} {arm}", OF, seed, area=MIDDLE + WIN * (0.5 - value))
                yield Trajectory(f"{name} {arm}", OTHER, seed, area=MIDDLE - WIN * (0.5 - value))
            case "share":
                yield Trajectory(f"{name} {arm}", OF, seed, removable=value)
            case "correlation":
                yield Trajectory(f"{name} {arm}", OF, seed, rho=value)
            case "samples":
                for other, share in enumerate(value):
                    yield Trajectory(f"{name} {other} {arm}", OF, seed, removable=share)
            case "levels":
                for level, area in enumerate(value):
                    yield Trajectory(f"{name} {level} {arm}", OF, seed, area=area)


def _register(arms: list[str]) -> Register:
    """One claim a template, and an arm a repetition: its populations carry the arm's name."""
    claims = [Claim(d.template, "A", "known truth", arms=tuple(arms), parts=(_part(d),)) for d in designs()]
    return Register(
        claims=tuple(claims),
        arms={name: Arm(name, "one repetition", suffix=f" {name}") for name in arms},
        bands={},
        plan=load().plan,
        digest="",
        amendments=load().amendments,
    )


def _part(design: Design) -> Part:
    name, of, other = design.template, operand({"method": OF}), operand({"method": OTHER})
    samples = [replace(of, population=f"{name} {sample}") for sample in range(2)]
    fields: dict[str, dict[str, Any]] = {
        "difference": {"metric": "auc_e", "of": of, "minus": other},
        "chance": {"metric": "wins_most_steps", "of": of, "minus": other},
        "share": {"metric": "r_1", "of": of},
        "correlation": {"metric": "rho_0", "of": of},
        "samples": {"metric": "r_1", "of": samples[0], "minus": samples[1]},
        "levels": {
            "metric": "auc_e",
            "of": of,
            "over": tuple((f"{name} {level}", level + 1.0) for level in range(LEVELS)),
        },
    }
    what = fields[design.kind]
    return Part(what["metric"], "decides", population=name, test=name, margin=design.margin, **what)
