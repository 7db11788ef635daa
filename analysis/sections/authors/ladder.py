"""The ladder of deviations: the steps from the published to the implemented criteria, one switch at a time."""

from __future__ import annotations

import math

import pandas as pd

from analysis.named import AS_IMPLEMENTED, is_rung
from analysis.numbers import number
from study.records.words import label

RUNGS = {
    "V1": "passed_back=weight_gradient",
    "V3a": "slope_of=input",
    "V3b": "output_curvature=truncated",
    "V4a": "order=descending",
    "V4b": "cap=median",
}
"""The switches of the ladder in its order, as in a method's label."""

FIELDS = ["passed_back", "slope_of", "order", "cap", "output_curvature"]
"""Order in which a method's label names its switches."""

COLUMNS = ["population", "base", "rung", "alone", "networks", "removable", "auc_e", "share"]


def rungs(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a rung: each switch added to those before it, and alone (`alone`).

    Medians over networks of one population of units removable (R_1; in a regression R_1%) and AUC_E; `share` is the
    part of the whole difference in AUC_E between the two ends that a step makes, which may exceed 1 or be negative.

    Args:
        table: `metrics.table` of all cells.
    """
    iterative = table[table["ranking"] == "iterative"]
    # The ends of the ladder are those of the very networks that its rungs pruned.
    iterative = iterative[iterative["network_key"].isin(set(iterative.loc[is_rung(iterative), "network_key"]))]
    rows: list[dict[str, object]] = []
    for population, of in iterative.groupby("population"):
        methods = of.groupby("method")
        found = methods[["r_1", "r_1pct", "auc_e"]].median().assign(networks=methods["network_key"].nunique())
        # A regression has no accuracy: the rule of its error stands in.
        found["removable"] = found["r_1"].fillna(found["r_1pct"])
        for base in ("taylor1", "taylor2"):
            rows += _climb(str(population), base, found)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"alone": bool})


def _climb(population: str, base: str, found: pd.DataFrame) -> list[dict[str, object]]:
    names = [name for name in RUNGS if base == "taylor2" or name != "V3b"]
    first, last = base, f"{base}{AS_IMPLEMENTED}"
    if not {first, last} <= set(found.index):
        return []
    added = [f"{base}[{','.join(_settings(names[: n + 1]))}]" for n in range(len(names) - 1)] + [last]
    steps: list[tuple[str, str, str | None]] = [("published", first, None)]
    for rung, method in zip(names, added, strict=True):
        if method in found.index:
            steps.append((rung, method, steps[-1][1]))
    alone = [(name, f"{base}[{RUNGS[name]}]", first) for name in names[1:]]
    area = found["auc_e"].to_dict()
    whole = area[last] - area[first]
    rows = []
    for n, (rung, method, before) in enumerate([*steps, *(step for step in alone if step[1] in found.index)]):
        here = found.loc[method]
        share = math.nan if before is None or not whole else (area[method] - area[before]) / whole
        row = {"population": population, "base": base, "rung": rung, "alone": n >= len(steps), "share": share}
        rows.append(row | {name: here[name] for name in ("networks", "removable", "auc_e")})
    return rows


def _settings(names: list[str]) -> list[str]:
    return sorted((RUNGS[name] for name in names), key=lambda text: FIELDS.index(text.split("=")[0]))


def in_words(ladder: pd.DataFrame) -> pd.DataFrame:
    """Return the rungs as a table to read.

    Args:
        ladder: of `rungs`.
    """
    last = ladder[~ladder["alone"]].groupby(["population", "base"])["rung"].transform("last").reindex(ladder.index)
    steps = []
    for row, end in zip(ladder.itertuples(), last, strict=True):
        added = "as published" if row.rung == "published" else f"+ {row.rung}"
        steps.append(f"{row.rung} alone" if row.alone else added + (" = as implemented" if row.rung == end else ""))
    return pd.DataFrame(
        {
            "population": ladder["population"],
            "criterion": ladder["base"].map(label),
            "step": steps,
            "networks": ladder["networks"],
            "removable (R_1)": ladder["removable"].map(number),
            "AUC_E": ladder["auc_e"].map(number),
            "share of the difference in AUC_E": ladder["share"].map(lambda share: number(share, 2)),
        }
    )
