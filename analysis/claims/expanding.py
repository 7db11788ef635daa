"""The parts of one entry of the register: one a value of `each`, population and split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from analysis.claims.amendments import RegisterError
from analysis.claims.entries import Part
from analysis.claims.operands import operand
from analysis.metrics import SEARCHED
from analysis.statistics import TEMPLATES

ROLES = ("decides", "beside", "sensitivity")
SPLITS = ("pruning", "held_out")
SEARCHES = ("none", "beam", "exhaustive")
SCALES = ("plain", "fisher_z")
SAME = ("test", "metric", "networks", "best_of", "scale", "compares", "search")
"""Fields that a part has as its entry says them, or as usual."""


def parts_of(claim: str, raw: dict[str, Any], terms: Mapping[str, Any] | None = None) -> Iterator[Part]:
    """Expand one entry of a claim over the values of `each`, its populations, those beside them, and splits.

    Args:
        claim: its id.
        raw: the entry.
        terms: what its terms are where they say nothing else (`operands.operand`).

    Raises:
        RegisterError: for an unknown word, and for a metric without the search that it needs.
    """
    if len(raw.get("each", {})) > 1:
        raise RegisterError(f"{claim}, {raw['part']}: each is of one word, not of {', '.join(raw['each'])}")
    usual = {"role": "decides", "search": "none", "scale": "plain"}
    entry = usual | {name: value for name, value in raw.items() if name not in ("each", "published")}
    published = raw.get("published", {})
    if "each" not in raw:
        _check(claim, entry)
        yield from _parts(claim, entry, published, terms)
        return
    ((word, values),) = raw["each"].items()
    for value in values:
        filled = _filled(entry, {word: value})
        _check(claim, filled)
        yield from _parts(claim, filled, published.get(value, {}), terms)


def _check(claim: str, entry: dict[str, Any]) -> None:
    """Raise RegisterError for an unknown word, and for a metric without its search."""
    for name, known in (("test", TEMPLATES), ("role", ROLES), ("search", SEARCHES), ("scale", SCALES)):
        if entry.get(name) not in known:
            raise RegisterError(f"{claim}, {entry['part']}: {name}={entry.get(name)!r}; known: {', '.join(known)}")
    if (entry["metric"] in SEARCHED) != (entry["search"] != "none"):
        takes = ", ".join(SEARCHED)
        raise RegisterError(f"{claim}, {entry['part']}: a search goes with the metrics {takes}, and with no other")
    if unknown := set(entry.get("splits", ())) - set(SPLITS):
        raise RegisterError(f"{claim}, {entry['part']}: splits {sorted(unknown)}; known: {', '.join(SPLITS)}")


def _parts(
    claim: str, entry: dict[str, Any], published: dict[str, float], terms: Mapping[str, Any] | None
) -> Iterator[Part]:
    """Yield the parts of an entry: one a population and split.

    Args:
        claim: its id.
        entry: with every word of `each` filled in.
        published: values of the published curves, by population.
        terms: as in `parts_of`.
    """
    margin = entry.get("margin", 0.0)
    over = tuple((name, float(size)) for name, size in entry.get("over", {}).items())
    populations = entry["populations"] if not over else [f"{over[0][0]} to {over[-1][0]}"]
    roles = [(p, entry["role"]) for p in populations] + [(p, "beside") for p in entry.get("beside", [])]
    same = {name: entry[name] for name in SAME if name in entry} | _terms(claim, entry, terms)
    for (population, role), split in product(roles, entry.get("splits", ["pruning"])):
        value = published.get(population) if split == "pruning" else None  # the curves are on the pruning rows
        yield Part(
            label=entry["part"] + (", held out" if split == "held_out" else ""),
            role=role,
            population=population,
            margin=tuple(margin) if isinstance(margin, list) else float(margin),
            split=split,
            over=over,
            published=value,
            published_kind="" if value is None else entry["kind"],
            arms=tuple(entry.get("arms", [])),
            **same,
        )


def _terms(claim: str, entry: dict[str, Any], usual: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the terms of an entry's quantity, by the names of the part's fields."""
    try:
        found: dict[str, Any] = {name: operand(entry[name], usual) for name in ("of", "per") if name in entry}
        if "minus" in entry:
            number = isinstance(entry["minus"], int | float)
            found["minus"] = float(entry["minus"]) if number else operand(entry["minus"], usual)
        return found | {"beyond": tuple(operand(term, usual) for term in entry.get("beyond", []))}
    except RegisterError as error:
        raise RegisterError(f"{claim}, {entry['part']}: {error}") from error


def _filled(entry: Any, each: dict[str, Any]) -> Any:
    """Return an entry with a word's value in place of the word, in every text.

    >>> _filled({"part": "{samples:,} samples", "of": ["{samples}"], "margin": 0.5}, {"samples": 1000})
    {'part': '1,000 samples', 'of': ['1000'], 'margin': 0.5}
    """
    if isinstance(entry, dict):
        return {name: _filled(value, each) for name, value in entry.items()}
    if isinstance(entry, list):
        return [_filled(value, each) for value in entry]
    return entry.format(**each) if isinstance(entry, str) else entry
