"""Many decisions at once: families of claims, claims of many parts, and families of which some were not run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from analysis.claims.combined import all_hold
from analysis.selftest.nominal import AT_MOST, Nominal
from analysis.statistics import ALPHA, PValues, Result, holm

FAMILY = "any claim of the family"
"""Name of the rows over whole families instead of one template."""

NOT_RUN = "any claim of the family, a sixth of it not run"
CONJUNCTION = "one claim of 20 parts"
PARTS = 20
"""Parts of the claim with the most of them (C31)."""

FEWEST = 20
"""Draws, at least, that make up one whole family of claims and one claim of many parts."""

Told = tuple[list[bool], list[bool], Nominal, dict[str, Any]]
"""Whether anything was supported and refuted, the nominal rate of either, and the words of the row."""


def together(
    at_margin: list[Result], at_edge: list[Result], n: int, size: int, rng: np.random.Generator
) -> Iterator[Told]:
    """Yield what was decided of families and of claims mixed of all templates, all at the boundary of an error.

    Args:
        at_margin: results at the boundary at which a support is an error.
        at_edge: results at the boundary at which a refutation is.
        n: networks.
        size: claims of a family.
        rng: of the mixture.
    """
    level = Nominal(ALPHA, AT_MOST)
    absent = [PValues()] * (size // 6)
    for name, missing in ((FAMILY, []), (NOT_RUN, absent)):
        ran = size - len(missing)
        supported = [_any(part + missing, "p") for part in _parts(at_margin, ran, rng)]
        refuted = [_any(part + missing, "refute") for part in _parts(at_edge, ran, rng)]
        yield supported, refuted, level, _words(name, n, size)
    supported = [all_hold(part).p < ALPHA for part in _parts(at_margin, PARTS, rng)]
    refuted = [all_hold(part).refute < ALPHA for part in _parts(at_edge, PARTS, rng)]
    yield supported, refuted, level, _words(CONJUNCTION, n, 1)


def _any(claims: Sequence[PValues], name: str) -> bool:
    """Whether any claim of a family is decided; those not run stay in it."""
    corrected = holm({str(i): getattr(claim, name) for i, claim in enumerate(claims)})
    return any(value < ALPHA for value in corrected.values())


def _parts(results: list[Result], size: int, rng: np.random.Generator) -> Iterator[list[PValues]]:
    """Groups of `size` results each, every result in one group at most."""
    order = rng.permutation(len(results))
    for start in range(0, len(order) - size + 1, size):
        yield [results[i].p_values for i in order[start : start + size]]


def _words(name: str, n: int, size: int) -> dict[str, Any]:
    return {"template": name, "margin": "", "effect": "at the margin", "n": n, "family": size, "quoted_ok": True}
