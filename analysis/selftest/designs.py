"""What the self-test draws: for every template a margin, known truths and the spread over networks (`designs.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.stats import gamma

FILE = Path(__file__).with_name("designs.yaml")
UNITS = 100
"""Units of the synthetic networks: shares of units lie on a grid of 1 / UNITS."""

LEVELS = 4
"""Depths that a trend is taken over (claim C11: 1 to 4 layers)."""

COARSE = 20
"""Units of the smallest networks of the study: the coarsest grid."""

MIDDLE = 0.5
"""Value about which pairs, samples and levels lie."""


@dataclass(frozen=True)
class Design:
    """One template with its known truths.

    Attributes:
        template, margin: as registered.
        claim: id of the claim that has this test.
        kind: what is drawn: difference | samples | share | chance | correlation | levels.
        spread: standard deviation over networks (of Fisher's z for correlations).
        truths: true value by effect, in the order of the effects.
        edge: the effect beyond which a refutation is an error.
    """

    template: str
    margin: float | tuple[float, float]
    claim: str
    kind: str
    spread: float
    truths: dict[str, float]
    edge: str

    def holds(self, effect: str) -> bool:
        """Whether the truth lies inside the alternative: supporting the claim is right."""
        names = list(self.truths)
        return names.index(effect) > names.index("none")

    def refutable(self, effect: str) -> bool:
        """Whether refuting the claim is right.

        >>> sup = designs()[0]
        >>> sup.template, [sup.refutable(effect) for effect in sup.truths]
        ('SUP', [True, True, False, False])
        """
        names = list(self.truths)
        return names.index(effect) < names.index(self.edge)

    def draw(self, effect: str, n: int, repetitions: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return one value a network, shape (repetitions, n); a third axis holds both samples, or the levels."""
        truth, shape = self.truths[effect], (repetitions, n)
        if self.kind == "difference":
            return rng.normal(truth, self.spread, shape)
        if self.kind == "samples":
            return _gridded(rng.normal([MIDDLE + truth, MIDDLE], self.spread, (*shape, 2)))
        if self.kind == "share":
            return _gridded(rng.normal(truth, self.spread, shape))
        if self.kind == "chance":
            return (rng.random(shape) < truth).astype(float)
        if self.kind == "correlation":
            return np.tanh(rng.normal(np.arctanh(truth), self.spread, shape))
        return rng.normal(MIDDLE + truth * np.arange(LEVELS), self.spread, (*shape, LEVELS))

    def awkward(self, n: int, repetitions: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Return draws at the boundary that are not normal, each of shape (repetitions, n): skewed either way, coarse.

        Skewed: an exponential distribution with its median at the truth, of differences its pseudomedian, since that is
        what the tests of differences are about. Coarse: shares of `COARSE` units, many of them at the margin itself.
        None of a kind that is neither a difference nor a share.
        """
        if self.kind not in ("difference", "share"):
            return {}
        truth, shape = self.truths["none"], (repetitions, n)
        centre = np.log(2) if self.kind == "share" else gamma.median(2) / 2
        skewed = self.spread * (rng.exponential(1.0, shape) - centre)
        drawn = {"skewed right": truth + skewed, "skewed left": truth - skewed}
        if self.kind == "difference":
            return drawn
        coarse = _gridded(rng.normal(truth, self.spread, shape), COARSE)
        return {name: _gridded(values) for name, values in drawn.items()} | {"coarse": coarse}


def _gridded(shares: NDArray[np.float64], units: int = UNITS) -> NDArray[np.float64]:
    """Shares of units. Rounding about a point of the grid leaves a median that lies there where it was."""
    return np.clip(np.rint(shares * units), 0, units) / units


@cache
def designs() -> tuple[Design, ...]:
    """Return all designs, in the file's order."""
    effects = plan()["effects"]
    return tuple(
        Design(
            template=entry["template"],
            margin=tuple(entry["margin"]) if isinstance(entry["margin"], list) else entry["margin"],
            claim=entry["as"],
            kind=entry["kind"],
            spread=entry["spread"],
            truths=dict(zip(effects, entry["truths"], strict=True)),
            edge=entry["edge"],
        )
        for entry in plan()["designs"]
    )


@cache
def plan() -> dict[str, Any]:
    """Return the file as it is: effects, sizes, designs and the quoted power."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded
