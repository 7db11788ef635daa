"""From one entry of the register to its parts: one a method, population and split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from analysis.claims.amendments import RegisterError
from analysis.claims.entries import Part
from analysis.metrics import SEARCHED
from analysis.statistics import TEMPLATES

ROLES = ("decides", "beside", "sensitivity")
SPLITS = ("pruning", "held_out")
SEARCHES = ("none", "beam", "exhaustive")
SCALES = ("plain", "fisher_z")


def parts_of(claim: str, raw: dict[str, Any]) -> Iterator[Part]:
    """Expand one entry of a claim over `each`, populations, populations beside it, and splits.

    Raises:
        RegisterError: for an unknown word, and for a metric without the search that it needs.
    """
    raw = {"role": "decides", "search": "none", "scale": "plain"} | raw
    for name, known in (("test", TEMPLATES), ("role", ROLES), ("search", SEARCHES), ("scale", SCALES)):
        if raw.get(name) not in known:
            raise RegisterError(f"{claim}, {raw['part']}: {name}={raw.get(name)!r}; known: {', '.join(known)}")
    if (raw["metric"] in SEARCHED) != (raw["search"] != "none"):
        takes = ", ".join(SEARCHED)
        raise RegisterError(f"{claim}, {raw['part']}: a search goes with the metrics {takes}, and with no other")
    role, margin = raw["role"], raw.get("margin", 0.0)
    methods = raw.get("each", {}).get("method", [None])
    over = tuple((name, float(size)) for name, size in raw.get("over", {}).items())
    populations = raw["populations"] if not over else [f"{over[0][0]} to {over[-1][0]}"]
    places = [(p, role) for p in populations] + [(p, "beside") for p in raw.get("beside", [])]
    splits = raw.get("splits", ["pruning"])
    if unknown := set(splits) - set(SPLITS):
        raise RegisterError(f"{claim}, {raw['part']}: splits {sorted(unknown)}; known: {', '.join(SPLITS)}")
    for method, (population, place), split in product(methods, places, splits):
        published = raw.get("published", {})
        value = (published.get(method, {}) if method else published).get(population)
        if split != "pruning":
            value = None  # the published curves are on the pruning rows
        yield Part(
            label=_fill(raw["part"], method) + (", held out" if split == "held_out" else ""),
            role=place,
            population=population,
            test=raw["test"],
            margin=tuple(margin) if isinstance(margin, list) else float(margin),
            metric=raw["metric"],
            of=_fill(raw["of"], method),
            minus=_fill(raw["minus"], method) if isinstance(raw.get("minus"), str) else raw.get("minus"),
            split=split,
            error=raw.get("error", "half_squared"),
            removal=raw.get("removal", "zero"),
            per=_fill(raw.get("per", ""), method),
            beyond=tuple(_fill(spec, method) for spec in raw.get("beyond", [])),
            over=over,
            published=value,
            published_kind="" if value is None else raw["kind"],
            networks=raw.get("networks", 0),
            arms=tuple(raw.get("arms", [])),
            best_of=raw.get("best_of", 1),
            scale=raw["scale"],
            compares=raw.get("compares", ""),
            search=raw["search"],
        )


def _fill(text: str, method: str | None) -> str:
    return text.format(method=method) if method else text
